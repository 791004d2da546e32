//! A private PostgreSQL server in a temporary folder. It refuses to run as root, so root lends it another user.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Done};

/// A server, stopped when dropped.
pub(crate) struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Creates and starts a server.
    pub(crate) fn start() -> Done<Self> {
        let port = free_port()?;
        let folder = std::env::temp_dir().join(format!("keystead-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let server = Self { folder, programs: programs()?, port };
        if is_root()? {
            shell::run(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        let data = server.folder.join("data");
        shell::read(server.command("initdb")?.arg("-D").arg(&data).args(["-U", "keystead", "-A", "trust", "-N"]))?;
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} -c fsync=off",
            server.folder.display()
        );
        let log = server.folder.join("log");
        shell::run(
            server
                .command("pg_ctl")?
                .arg("-D")
                .arg(&data)
                .arg("-l")
                .arg(&log)
                .args(["-s", "-w", "-o", &options, "start"]),
        )?;
        Ok(server)
    }

    /// Creates a new database and returns its address.
    pub(crate) fn database(&self, name: &str) -> Done<String> {
        let port = self.port.to_string();
        shell::run(self.command("createdb")?.args(["-h", "127.0.0.1", "-p", &port, "-U", "keystead", name]))?;
        Ok(format!("postgres://keystead@127.0.0.1:{port}/{name}"))
    }

    fn command(&self, program: &str) -> Done<Command> {
        let path = self.programs.join(program);
        let mut command = if is_root()? {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder);
        Ok(command)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Ok(mut stop) = self.command("pg_ctl") {
            let data = self.folder.join("data");
            // The server may have stopped already.
            let _ = shell::run(stop.arg("-D").arg(data).args(["-s", "-m", "immediate", "stop"]));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Finds the programs of the newest installed version; on Debian they are not on the path.
fn programs() -> Done<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").map(|entries| {
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path().join("bin")).collect();
        folders.retain(|folder| folder.join("initdb").exists());
        folders.sort();
        folders.pop()
    });
    if let Ok(Some(folder)) = installed {
        return Ok(folder);
    }
    let folder = shell::read(Command::new("pg_config").arg("--bindir"))?;
    Ok(Path::new(folder.trim()).to_path_buf())
}

pub(crate) fn is_root() -> Done<bool> {
    Ok(shell::read(Command::new("id").arg("-u"))?.trim() == "0")
}

/// Finds a port that was free a moment ago.
pub(crate) fn free_port() -> Done<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}
