//! Pictures of cases, apart from the database and its backups: files in a folder of the data directory, each sealed
//! under the key of its case. That key is kept sealed in the database; without it the pictures are noise.
//!
//! Calls block on the disk, so they need a thread that may block. One process owns the folder.

mod disk;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use keystead_core::id::ReviewCaseId;
use keystead_core::secret::Secret;

/// The first byte of a file, so that the method of sealing can change later.
const FIRST_WAY: u8 = 1;
/// Bytes of a nonce.
pub(super) const NONCE: usize = 12;

/// The key of one case.
pub(super) type CaseKey = Secret<[u8; 32]>;

/// Why evidence cannot be stored, read or erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// There is none, or it was erased.
    #[error("no such evidence")]
    Missing,
    /// Changed, moved, of another kind, or sealed under another key.
    #[error("the evidence does not open")]
    Sealed,
    /// The disk reports an error.
    #[error("the disk refuses to {what}: {kind}")]
    Disk {
        /// The operation.
        what: &'static str,
        /// The error.
        kind: io::ErrorKind,
    },
}

impl EvidenceError {
    fn disk(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Disk { what, kind: error.kind() }
    }
}

impl From<EvidenceError> for crate::Error {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Missing => Self::not_found("picture", ""),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// The size of a case on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StoredSize {
    /// Number of files.
    pub(super) blobs: u64,
    /// Bytes in them.
    pub(super) bytes: u64,
}

/// The folder of evidence. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EvidenceStore {
    folder: Arc<PathBuf>,
}

impl EvidenceStore {
    /// Opens or creates the folder, for this user only.
    ///
    /// # Errors
    /// When the folder cannot be created or made private.
    pub fn open(folder: &Path) -> Result<Self, EvidenceError> {
        disk::folder(folder).map_err(EvidenceError::disk("open the folder"))?;
        Ok(Self { folder: Arc::new(folder.to_path_buf()) })
    }

    /// Seals a picture and stores it in its case; a former picture with the same number is wiped.
    pub(super) fn put(
        &self,
        place: &Place,
        key: &CaseKey,
        nonce: [u8; NONCE],
        plain: &[u8],
    ) -> Result<(), EvidenceError> {
        disk::folder(&self.case(&place.case)).map_err(EvidenceError::disk("make a folder"))?;
        let context = place.context();
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let sealed = Aes256Gcm::new(key.expose().into()).encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| EvidenceError::Sealed)?;
        let file = [&[FIRST_WAY][..], &nonce, &sealed].concat();
        let path = self.path(place);
        let written = match path.try_exists() {
            Ok(true) => disk::replace(&path, &file),
            Ok(false) => disk::create(&path, &file),
            Err(error) => Err(error),
        };
        written.map_err(EvidenceError::disk("write"))
    }

    /// Opens a picture.
    pub(super) fn get(&self, place: &Place, key: &CaseKey) -> Result<Secret<Vec<u8>>, EvidenceError> {
        let file = match fs::read(self.path(place)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(EvidenceError::Missing),
            Err(error) => return Err(EvidenceError::disk("read")(error)),
        };
        let (head, sealed) = file.split_at_checked(1 + NONCE).ok_or(EvidenceError::Sealed)?;
        let nonce: [u8; NONCE] = head[1..].try_into().map_err(|_| EvidenceError::Sealed)?;
        if head[0] != FIRST_WAY {
            return Err(EvidenceError::Sealed);
        }
        let context = place.context();
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        let opened = Aes256Gcm::new(key.expose().into()).decrypt(&Nonce::from(nonce), payload);
        opened.map(Secret::new).map_err(|_| EvidenceError::Sealed)
    }

    /// Wipes one picture; a missing one is no error.
    pub(super) fn remove(&self, place: &Place) -> Result<(), EvidenceError> {
        disk::destroy(&self.path(place)).map_err(EvidenceError::disk("erase"))
    }

    /// Measures the files of a case.
    pub(super) fn measure(&self, case: &ReviewCaseId) -> Result<StoredSize, EvidenceError> {
        let folder = self.case(case);
        let mut size = StoredSize::default();
        for name in disk::names(&folder).map_err(EvidenceError::disk("list"))? {
            size.blobs += 1;
            size.bytes += fs::symlink_metadata(folder.join(name)).map_or(0, |found| found.len());
        }
        Ok(size)
    }

    /// Wipes every picture of a case. An erasure that was interrupted is finished by the next.
    pub(super) fn erase(&self, case: &ReviewCaseId) -> Result<(), EvidenceError> {
        let folder = self.case(case);
        for name in disk::names(&folder).map_err(EvidenceError::disk("list"))? {
            disk::destroy(&folder.join(name)).map_err(EvidenceError::disk("erase"))?;
        }
        disk::remove_folder(&folder).map_err(EvidenceError::disk("erase"))
    }

    /// Lists every case with remaining files.
    pub(super) fn cases(&self) -> Result<BTreeSet<ReviewCaseId>, EvidenceError> {
        let names = disk::names(&self.folder).map_err(EvidenceError::disk("list"))?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    // Ids hold letters, digits, `-` and `_` only, so no path leads out of the folder.
    fn case(&self, case: &ReviewCaseId) -> PathBuf {
        self.folder.join(case.as_str())
    }

    fn path(&self, place: &Place) -> PathBuf {
        self.case(&place.case).join(format!("{}.bin", place.number))
    }
}

/// The place of a picture and its kind. Its seal is bound to both, so that a selfie cannot pass for a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The case.
    pub(super) case: ReviewCaseId,
    /// The picture's number in it.
    pub(super) number: i64,
    /// What it shows.
    pub(super) kind: &'static str,
}

impl Place {
    fn context(&self) -> String {
        format!("keystead evidence 1\n{}\n{}\n{}", self.case, self.kind, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(case: &str, number: i64, kind: &'static str) -> Place {
        Place { case: case.parse().unwrap(), number, kind }
    }

    // S3-30 S3-31: sealed per case and bound to its place; erased means gone.
    #[test]
    fn sealed_bound_and_erased() {
        let folder = tempfile::tempdir().unwrap();
        let evidence = EvidenceStore::open(&folder.path().join("evidence")).unwrap();
        let (key, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let one = place("case_1", 1, "front");
        evidence.put(&one, &key, [3; NONCE], b"canary in a picture").unwrap();
        evidence.put(&one, &key, [4; NONCE], b"canary taken again").unwrap();
        assert_eq!(evidence.get(&one, &key).unwrap().expose(), b"canary taken again");
        assert_eq!(evidence.get(&one, &other).err(), Some(EvidenceError::Sealed));
        assert_eq!(evidence.get(&place("case_1", 1, "selfie"), &key).err(), Some(EvidenceError::Sealed));
        assert_eq!(evidence.get(&place("case_1", 2, "front"), &key).err(), Some(EvidenceError::Missing));
        let file = folder.path().join("evidence/case_1/1.bin");
        let moved = folder.path().join("evidence/case_1/2.bin");
        assert!(!fs::read(&file).unwrap().windows(6).any(|part| part == b"canary"));
        fs::copy(&file, &moved).unwrap();
        assert_eq!(evidence.get(&place("case_1", 2, "front"), &key).err(), Some(EvidenceError::Sealed), "moved");
        evidence.remove(&place("case_1", 2, "front")).unwrap();
        assert_eq!(evidence.cases().unwrap().len(), 1);
        assert_eq!(evidence.measure(&one.case).unwrap().blobs, 1);
        for _ in 0..2 {
            evidence.erase(&one.case).unwrap();
            assert_eq!(evidence.measure(&one.case).unwrap(), StoredSize::default());
        }
        assert!(!file.exists() && evidence.cases().unwrap().is_empty());
    }
}
