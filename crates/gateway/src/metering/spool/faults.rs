//! A disk for tests that fills up, breaks and loses power.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::disk::{Disk, SpoolFile};

/// The present faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Faults {
    /// The number of bytes that can still be written.
    pub(crate) room: Option<usize>,
    /// No file can be created.
    pub(crate) no_files: bool,
    /// The number of writes or syncs that are interrupted first.
    pub(crate) interruptions: usize,
    /// The most that one write accepts.
    pub(crate) short: Option<usize>,
    /// Nothing can be synced, including everything written since the last sync.
    pub(crate) no_sync: bool,
}

/// How much of a file is on disk.
#[derive(Debug, Default)]
struct Books {
    faults: Faults,
    synced: HashMap<PathBuf, u64>,
}

/// Files of the real disk, with faults.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultyDisk(Arc<Mutex<Books>>);

struct FaultyFile {
    path: PathBuf,
    file: Arc<File>,
    disk: FaultyDisk,
}

impl FaultyDisk {
    fn lock(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    pub(crate) fn set(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// Loses a part of what was not synced, in each file.
    pub(crate) fn lose_power(&self, mut keep: impl FnMut(u64) -> u64) {
        for (path, synced) in &self.lock().synced {
            let Ok(file) = OpenOptions::new().write(true).open(path) else { continue };
            let length = file.metadata().unwrap().len();
            file.set_len(synced + keep(length - synced)).unwrap();
        }
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path, _: u64) -> io::Result<Arc<dyn SpoolFile>> {
        if self.lock().faults.no_files {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = Arc::new(OpenOptions::new().create_new(true).append(true).open(path)?);
        self.lock().synced.insert(path.to_owned(), 0);
        Ok(Arc::new(FaultyFile { path: path.to_owned(), file, disk: self.clone() }))
    }
}

impl SpoolFile for FaultyFile {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut books = self.disk.lock();
        let faults = &mut books.faults;
        if faults.interruptions > 0 {
            faults.interruptions -= 1;
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = bytes.len().min(faults.short.unwrap_or(usize::MAX)).min(faults.room.unwrap_or(usize::MAX));
        if count == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        faults.room = faults.room.map(|room| room - count);
        SpoolFile::write(&*self.file, &bytes[..count])
    }

    fn sync(&self) -> io::Result<()> {
        let mut books = self.disk.lock();
        if books.faults.no_sync {
            return Err(io::Error::from_raw_os_error(5));
        }
        // Of the open file: its folder may have been renamed.
        let length = self.file.metadata()?.len();
        books.synced.insert(self.path.clone(), length);
        Ok(())
    }
}
