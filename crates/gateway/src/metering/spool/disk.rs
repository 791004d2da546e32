//! The files of the spool, as a trait, so that tests can fill the disk and break it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// Creates the files of the spool.
pub(crate) trait Disk: Send + Sync {
    /// Creates a file that did not exist, with this many reserved bytes and a name that survives a power cut.
    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn SpoolFile>>;
}

/// A file that grows.
pub(crate) trait SpoolFile: Send + Sync {
    /// Passes bytes to the operating system; possibly not all of them.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Waits until everything written is on disk. After an error none of it may be assumed to be.
    fn sync(&self) -> io::Result<()>;
}

/// The real disk.
#[derive(Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn SpoolFile>> {
        let open = || OpenOptions::new().create_new(true).append(true).mode(0o600).open(path);
        let file = open().or_else(|error| match error.kind() {
            // The name belongs to this run alone: an earlier failed attempt left it, and it would block every later
            // one.
            io::ErrorKind::AlreadyExists => fs::remove_file(path).and_then(|()| open()),
            _ => Err(error),
        })?;
        let made = owned(&file).and_then(|()| set_aside(&file, room)).and_then(|()| match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        });
        if let Err(error) = made {
            // It is empty; if it cannot be removed, the next start does it.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(Arc::new(file))
    }
}

impl SpoolFile for File {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self;
        Write::write(&mut file, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Makes the folder, for its owner alone.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Locks the file, which marks it as being written. The lock ends with the process, however that ends.
fn owned(file: &File) -> io::Result<()> {
    match file.try_lock() {
        // Not every file system has locks; on those, two processes must not share one folder.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
        Err(error @ TryLockError::WouldBlock) => Err(error.into()),
    }
}

/// Whether another process is writing the file.
pub(crate) fn is_owned(file: &File) -> bool {
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Reserves space on the disk without making the file longer, so that a full disk is noticed before an event must be
/// written.
fn set_aside(file: &File, room: u64) -> io::Result<()> {
    loop {
        match fallocate(file, FallocateFlags::KEEP_SIZE, 0, room) {
            Err(Errno::INTR) => {}
            // The file system cannot reserve space.
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_try_left_is_not_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.usage");
        fs::write(&path, "half").unwrap();
        RealDisk.create(&path, 4_096).unwrap().write(b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert!(RealDisk.create(&folder.path().join("nowhere/one.usage"), 0).is_err());
    }
}
