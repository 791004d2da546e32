//! A small disk for the spool that can be filled: a file system in memory, in a mount namespace that a process of ours
//! keeps open, so that it survives the program that is killed on it. It needs no rights except user namespaces.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::postgres;
use crate::shell::Done;

/// Its size in bytes: two files of the spool and a little more.
const SIZE: u64 = 4 << 20;

pub(super) struct TinyDisk {
    holder: Child,
    rootless: bool,
    /// The mounted folder as this process sees it.
    seen: PathBuf,
}

impl TinyDisk {
    /// Mounts it at this folder, for processes that are started with [`Self::prefix`].
    pub(super) fn under(folder: &Path) -> Done<Self> {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let rootless = !postgres::is_root()?;
        let mut command = Command::new("unshare");
        if rootless {
            command.arg("--map-root-user");
        }
        let script =
            format!("mount -t tmpfs -o size={SIZE},mode=0700 spool \"$0\" && echo mounted && exec sleep 86400");
        command.args(["--mount", "sh", "-c", &script]).arg(folder).stdout(Stdio::piped());
        let mut holder = command.spawn().map_err(|error| format!("unshare cannot start: {error}"))?;
        let mut line = String::new();
        if let Some(output) = holder.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
        }
        if line.trim() != "mounted" {
            return Err("a small disk cannot be mounted; this needs root or user namespaces".to_owned());
        }
        let root = PathBuf::from(format!("/proc/{}/root", holder.id()));
        let seen = root.join(folder.strip_prefix("/").unwrap_or(folder));
        Ok(Self { holder, rootless, seen })
    }

    /// Returns the command prefix for processes that use it.
    pub(super) fn prefix(&self) -> Vec<String> {
        let mut prefix = vec!["nsenter".to_owned(), "--mount".to_owned(), format!("--target={}", self.holder.id())];
        if self.rootless {
            prefix.extend(["--user".to_owned(), "--preserve-credentials".to_owned()]);
        }
        prefix
    }

    /// Fills the free space.
    pub(super) fn fill(&self) -> Done {
        use std::io::Write;
        let filler = self.seen.join("filler");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(filler)
            .map_err(|error| format!("the small disk: {error}"))?;
        while file.write(&[0; 4096]).is_ok_and(|written| written > 0) {}
        Ok(())
    }

    /// Frees the space again.
    pub(super) fn empty(&self) -> Done {
        match std::fs::remove_file(self.seen.join("filler")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("the small disk: {error}")),
            _ => Ok(()),
        }
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        // The file system disappears with the last process that uses it.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
