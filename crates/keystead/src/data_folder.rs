//! The data folder and its content belong to the user that runs Keystead, and only that user may read them. They are
//! created so, restricted if other users had access, and refused if they belong to another user or are links.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use rustix::fs::Mode;

use crate::config::Validated;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error(
        "the data folder {path} cannot be made: {source}. Choose one that can be written: \
         KEYSTEAD_SERVER__DATA_DIR=/var/lib/keystead"
    )]
    NotMade { path: PathBuf, source: io::Error },
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is a link, and its target could be anything: put what it leads to in its place")]
    Link { path: PathBuf },
    #[error(
        "{path} belongs to user {owner}, and Keystead runs as user {us}: run it as that user, or run: chown -R {us} {path}"
    )]
    Foreign { path: PathBuf, owner: u32, us: u32 },
    #[error("{path} belongs to root, and everybody may write there (mode {mode:o}); run: chmod o-w {path}")]
    Shared { path: PathBuf, mode: u32 },
    #[error("{path} can be read by others (mode {mode:o})")]
    Wide { path: PathBuf, mode: u32 },
}

/// What to do with a mode that gives others access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wide {
    Tighten,
    Tell,
}

/// Makes every file created from now on private to this user, by any code.
pub(crate) fn keep_new_files_private() {
    rustix::process::umask(Mode::from_raw_mode(0o077));
}

/// Creates the folder, or makes it private, before anything in it is opened.
pub(crate) fn prepare(config: &Validated) -> Result<(), FolderError> {
    let path = &config.server.data_dir;
    let not_made = |source| FolderError::NotMade { path: path.clone(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(not_made)?;
    Guard { wide: Wide::Tighten, us: us() }.all(path, database_file(config.database_url.expose()))
}

/// Checks the folder without changing anything.
pub(crate) fn check(config: &Validated) -> Result<(), FolderError> {
    let guard = Guard { wide: Wide::Tell, us: us() };
    guard.all(&config.server.data_dir, database_file(config.database_url.expose()))
}

fn us() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Returns the file of an SQLite address.
fn database_file(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split('?').next().unwrap_or(rest);
    let path = percent_decode_str(path).decode_utf8_lossy();
    (!path.is_empty() && !path.starts_with(':')).then(|| PathBuf::from(path.as_ref()))
}

struct Guard {
    wide: Wide,
    us: u32,
}

impl Guard {
    fn all(&self, folder: &Path, database: Option<PathBuf>) -> Result<(), FolderError> {
        self.folder(folder)?;
        // Its readers refuse it when others could read it, because they may have done so.
        self.entry(&folder.join("secrets.toml"), None)?;
        let database = database.unwrap_or_else(|| folder.join("keystead.db"));
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut file = database.clone().into_os_string();
            file.push(suffix);
            self.entry(Path::new(&file), Some(0o600))?;
        }
        self.tree(&folder.join("spool"))?;
        self.tree(&folder.join("evidence"))
    }

    /// Checks the folder itself, which may be a link, as service managers create one.
    fn folder(&self, path: &Path) -> Result<(), FolderError> {
        let metadata = fs::metadata(path).map_err(io_at(path))?;
        let mode = metadata.permissions().mode() & 0o7777;
        // A mounted volume may belong to root, shared with the group of this user. Root could do anything anyway.
        if metadata.uid() == 0 && self.us != 0 {
            let shared = mode & 0o002 != 0;
            return if shared { Err(FolderError::Shared { path: path.to_owned(), mode }) } else { Ok(()) };
        }
        self.owned(path, &metadata)?;
        self.narrow(path, &metadata, 0o700)
    }

    /// Checks a folder of ours with everything in it.
    fn tree(&self, path: &Path) -> Result<(), FolderError> {
        let Some(metadata) = self.entry(path, None)? else { return Ok(()) };
        if !metadata.is_dir() {
            return self.narrow(path, &metadata, 0o600);
        }
        self.narrow(path, &metadata, 0o700)?;
        for entry in fs::read_dir(path).map_err(io_at(path))? {
            self.tree(&entry.map_err(io_at(path))?.path())?;
        }
        Ok(())
    }

    /// Checks a file or folder of ours, if it exists, and its mode.
    fn entry(&self, path: &Path, mode: Option<u32>) -> Result<Option<Metadata>, FolderError> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(io_at(path)(source)),
        };
        if metadata.is_symlink() {
            return Err(FolderError::Link { path: path.to_owned() });
        }
        self.owned(path, &metadata)?;
        if let Some(mode) = mode {
            self.narrow(path, &metadata, mode)?;
        }
        Ok(Some(metadata))
    }

    fn owned(&self, path: &Path, metadata: &Metadata) -> Result<(), FolderError> {
        let (owner, us) = (metadata.uid(), self.us);
        if owner == us { Ok(()) } else { Err(FolderError::Foreign { path: path.to_owned(), owner, us }) }
    }

    fn narrow(&self, path: &Path, metadata: &Metadata, wanted: u32) -> Result<(), FolderError> {
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 == 0 {
            return Ok(());
        }
        if self.wide == Wide::Tell {
            return Err(FolderError::Wide { path: path.to_owned(), mode });
        }
        tracing::info!(path = %path.display(), from = format!("{mode:o}"), to = format!("{wanted:o}"), "the permissions of a file or folder were restricted to this user");
        fs::set_permissions(path, Permissions::from_mode(wanted)).map_err(io_at(path))
    }
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
