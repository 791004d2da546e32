//! Files that exist completely or not at all, that only this user can read, and that are wiped when they are erased.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Makes a folder for this user only; an existing folder loses wider permissions.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if !fs::symlink_metadata(path)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// The path under which a file is written before it gets its name.
fn draft_of(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

/// Writes a new file so that a crash leaves either all of it or none.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.try_exists()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    write_and_sync(path, bytes)
}

/// Replaces a small file and wipes its former content, because its blocks would remain on the disk without a name.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut old = OpenOptions::new().write(true).open(path)?;
    write_and_sync(path, bytes)?;
    wipe(&mut old)
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft_of(path);
    destroy(&draft)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // The remaining draft is sealed and erased with its case; the first error is the one to report.
        drop(fs::remove_file(&draft));
    }
    written?;
    sync_folder_of(path)
}

/// Overwrites and removes a small file; a missing file is no error. File systems that copy on write may keep the old
/// blocks, which are worthless once the wrapping key outside is replaced.
pub(super) fn destroy(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => wipe(&mut OpenOptions::new().write(true).open(path)?)?,
        // A link is not followed; removing the name is enough.
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    fs::remove_file(path)?;
    sync_folder_of(path)
}

fn wipe(file: &mut File) -> io::Result<()> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut io::Read::take(io::repeat(0), length), file)?;
    file.sync_all()
}

/// Lists the names in a folder; empty if there is no folder.
pub(super) fn names(path: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        // Names that are not text were not made by Keystead.
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}

/// Removes a folder and the files in it; a missing folder is no error. A link in its place is removed, not followed.
pub(super) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path)?,
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    sync_folder_of(path)
}

/// Syncs the folder of `path`, so that new and removed names survive a crash.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
