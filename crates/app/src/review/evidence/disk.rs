//! Files that are there wholly or not at all, that only this user reads, and that are gone when they are erased.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A folder for this user only, also if it was there before with more rights.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if !fs::symlink_metadata(path)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Where a file is written before it has its name.
fn draft_of(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

/// Writes a new file so that a crash leaves either all of it or none.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.try_exists()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    settle(path, bytes)
}

/// Replaces a small file and wipes what stood in it, since its blocks live on under no name.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut old = OpenOptions::new().write(true).open(path)?;
    settle(path, bytes)?;
    wipe(&mut old)
}

fn settle(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft_of(path);
    destroy(&draft)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // What stays behind is sealed and goes with its case; the first error is the one to tell.
        drop(fs::remove_file(&draft));
    }
    written?;
    sync_folder_of(path)
}

/// Overwrites and removes a small file; no file is fine. File systems that copy on write may keep the old blocks: the
/// wrapping key outside makes them worthless once it is replaced.
pub(super) fn destroy(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => wipe(&mut OpenOptions::new().write(true).open(path)?)?,
        // A link is not ours to follow; removing the name is enough.
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

/// Names in a folder; none if there is no folder.
pub(super) fn names(path: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        // Names that are not text are not ours.
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}

/// Removes a folder and the files in it; no folder is fine. A link in its place is removed, not followed.
pub(super) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path)?,
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    sync_folder_of(path)
}

/// Makes the coming and going of names in the folder of `path` last.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
