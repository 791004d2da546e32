//! The secrets of this installation: created once, kept beside the database and never inside it.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use keystead_core::hex;
use keystead_core::secret::Secret;
use rand::{RngCore, TryRngCore};
use rustix::fs::OFlags;
use serde::Deserialize;
use zeroize::Zeroize;

const FILE: &str = "secrets.toml";

/// Why the secrets cannot be read or created.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretsError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: {reason}. Restore the file from a backup; with other secrets every key stops working")]
    Invalid { path: PathBuf, reason: String },
    #[error("{path} can be read by others (mode {mode:o}); run: chmod 600 {path}")]
    Open { path: PathBuf, mode: u32 },
}

/// The secrets.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    /// Tags API keys.
    pub(crate) tag: Secret<[u8; 32]>,
    /// Earlier tag secrets; keys tagged with them are still valid.
    pub(crate) previous_tags: Vec<Secret<[u8; 32]>>,
    /// Digests API keys.
    pub(crate) pepper: Secret<[u8; 32]>,
    /// Chains audit rows.
    pub(crate) audit: Secret<[u8; 32]>,
    /// Seals personal data.
    pub(crate) sealing: Secret<[u8; 32]>,
    /// Matches numbers and documents.
    pub(crate) matching: Secret<[u8; 32]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tag_key: String,
    #[serde(default)]
    previous_tag_keys: Vec<String>,
    pepper: String,
    audit_key: String,
    sealing_key: String,
    matching_key: String,
}

/// Reads the secrets, or creates them on the first start.
pub(crate) fn open(data_dir: &Path) -> Result<Secrets, SecretsError> {
    let path = data_dir.join(FILE);
    let io = |source| SecretsError::Io { path: path.clone(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(io)?;
    if fs::symlink_metadata(&path).is_err() {
        create(data_dir, &path).map_err(io)?;
    }
    // Opened once, without following a link.
    let unfollowed = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let mut file = OpenOptions::new().read(true).custom_flags(unfollowed).open(&path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretsError::Open { path, mode });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(io)?;
    let result = read(&text).map_err(|reason| SecretsError::Invalid { path, reason });
    text.zeroize();
    result
}

fn read(text: &str) -> Result<Secrets, String> {
    let written: Written = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    Ok(Secrets {
        tag: decode("tag_key", written.tag_key)?,
        previous_tags: written
            .previous_tag_keys
            .into_iter()
            .map(|key| decode("previous_tag_keys", key))
            .collect::<Result<_, _>>()?,
        pepper: decode("pepper", written.pepper)?,
        audit: decode("audit_key", written.audit_key)?,
        sealing: decode("sealing_key", written.sealing_key)?,
        matching: decode("matching_key", written.matching_key)?,
    })
}

fn decode(name: &str, mut text: String) -> Result<Secret<[u8; 32]>, String> {
    let bytes = hex::decode_array(&text).map(Secret::new);
    text.zeroize();
    bytes.ok_or_else(|| format!("{name} must be 64 hexadecimal digits (32 bytes)"))
}

/// Writes a temporary file and links it into place, so that two first starts at once agree on one file.
fn create(data_dir: &Path, path: &Path) -> io::Result<()> {
    let mut text = String::from("# Made on the first start. Keep it with your backups: without it no key works.\n");
    for name in ["tag_key", "pepper", "audit_key", "sealing_key", "matching_key"] {
        let mut bytes = [0; 32];
        rand::rngs::OsRng.unwrap_err().fill_bytes(&mut bytes);
        text.push_str(&format!("{name} = \"{}\"\n", hex::encode(&bytes)));
        bytes.zeroize();
    }
    let temporary = data_dir.join(format!(".{FILE}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    text.zeroize();
    let linked = match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&temporary)?;
    linked?;
    fs::File::open(data_dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let first = open(&data).unwrap();
        let second = open(&data).unwrap();
        assert_eq!(first.pepper.expose(), second.pepper.expose());
        assert_ne!(first.pepper.expose(), first.tag.expose());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join(FILE))), (0o700, 0o600));
        fs::set_permissions(data.join(FILE), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(open(&data).unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder.path().join("other")).unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(folder.path().join("other").join(FILE), data.join(FILE)).unwrap();
        assert!(matches!(open(&data), Err(SecretsError::Io { .. })));
        fs::remove_file(data.join(FILE)).unwrap();
        std::os::unix::fs::symlink(folder.path().join("planted"), data.join(FILE)).unwrap();
        assert!(matches!(open(&data), Err(SecretsError::Io { .. })), "nor written through");
        assert!(!folder.path().join("planted").exists());
    }

    #[test]
    fn short_and_strange_secrets_are_refused() {
        let good = "0".repeat(64);
        for bad in ["", "abc", &"0".repeat(62), &"g".repeat(64), &"é".repeat(32)] {
            let mut text = format!("tag_key = \"{good}\"\npepper = \"{bad}\"\n");
            for name in ["audit_key", "sealing_key", "matching_key"] {
                text.push_str(&format!("{name} = \"{good}\"\n"));
            }
            let reason = read(&text).unwrap_err();
            assert!(reason.contains("pepper"), "{reason}");
        }
    }
}
