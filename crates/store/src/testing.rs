//! Support for tests of a store: a private PostgreSQL server (its own folder, its own socket, stopped with the process
//! that started it), and a [`Script`] of events between and inside transactions.

mod dump;
mod kept;
pub(crate) mod script;

pub use script::Script;

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::engine::Db;

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The programs are not installed.
    #[error("PostgreSQL's programs were not found: install the Debian package `postgresql` ({0})")]
    NotInstalled(String),
    /// A program could not be run, or failed.
    #[error("{program} failed: {reason}")]
    Program {
        /// The program.
        program: String,
        /// Its output.
        reason: String,
    },
    /// The folder could not be prepared.
    #[error("the server's folder cannot be used: {0}")]
    Folder(#[from] io::Error),
    /// The template could not be migrated.
    #[error(transparent)]
    Store(#[from] crate::Error),
}

/// The database from which every new one is copied.
const TEMPLATE: &str = "keystead_template";

/// A script that waits on a pipe, which closes when its owner ends in any way; it then stops the server at once and
/// removes the folder.
const WATCHER: &str = "folder=$1; shift; \"$@\" </dev/null & server=$!; cat >/dev/null; \
                       kill -QUIT $server; wait $server; cd /; rm -rf \"$folder\"";

/// A running server, stopped when dropped or when the process ends.
///
/// It does not survive a crash of its machine (`fsync=off`) and trusts every client that reaches its socket.
#[derive(Debug)]
pub struct PostgresServer {
    watcher: Child,
    programs: PathBuf,
    folder: TempDir,
    made: AtomicU32,
}

impl PostgresServer {
    /// Creates a server, starts it, and migrates the template. This takes about two seconds: start one per process.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> Result<Self, Error> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("keystead-pg-").tempdir()?;
        let lent = folder.path().metadata()?.uid() == 0;
        if lent {
            // The server refuses to run as root, so root lends the folder to the user that Debian made for it.
            finish(Command::new("chown").arg("postgres:").arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        let mut initdb = as_user(lent, &programs.join("initdb"), folder.path());
        let options = ["-U", "keystead", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"];
        finish(initdb.args(options).arg(&data))?;

        let mut server = as_user(lent, &programs.join("postgres"), folder.path());
        server.arg("-D").arg(&data).arg("-k").arg(folder.path());
        // A short deadlock timeout, so that tests that provoke a deadlock do not wait for it.
        for setting in ["listen_addresses=", "fsync=off", "max_connections=200", "deadlock_timeout=50ms"] {
            server.arg("-c").arg(setting);
        }
        let log = folder.path().join("log");
        let output = File::create(&log)?;
        let watcher = Command::new("sh")
            .args(["-c", WATCHER, "sh"])
            .arg(folder.path())
            .arg(server.get_program())
            .args(server.get_args())
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            // A Ctrl-C meant for the tests must not reach the server before the tests have ended.
            .process_group(0)
            .spawn()
            .map_err(|error| failed("sh", error))?;
        let server = Self { watcher, programs, folder, made: AtomicU32::new(0) };
        server.wait_until_ready(&log).await?;
        server.create("template0", TEMPLATE)?;
        let db = Db::open(&server.url(TEMPLATE)).await?;
        let store = crate::Store::over(db);
        let migrated = store.migrate().await;
        // A database with connections cannot be copied.
        store.close().await;
        migrated?;
        Ok(server)
    }

    /// Creates a new, empty, migrated database and returns its address. This takes about 50 ms.
    ///
    /// # Errors
    /// When the server refuses to create it.
    pub fn fresh_database(&self) -> Result<String, Error> {
        self.next(TEMPLATE)
    }

    /// Creates a new database without any table and returns its address.
    ///
    /// # Errors
    /// When the server refuses to create it.
    pub fn bare_database(&self) -> Result<String, Error> {
        self.next("template0")
    }

    /// Runs SQL as an administrator would, outside the store: to tamper with rows or to lock a database.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn administer(&self, url: &str, sql: &str) -> Result<(), Error> {
        finish(Command::new(self.programs.join("psql")).args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, url]))
    }

    /// The address of the server's own database, for [`PostgresServer::administer`].
    #[must_use]
    pub fn administration_url(&self) -> String {
        self.url("postgres")
    }

    fn next(&self, template: &str) -> Result<String, Error> {
        let name = format!("test_{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.create(template, &name)?;
        Ok(self.url(&name))
    }

    fn create(&self, template: &str, name: &str) -> Result<(), Error> {
        let mut createdb = Command::new(self.programs.join("createdb"));
        finish(createdb.arg("-h").arg(self.folder.path()).args(["-U", "keystead", "-T", template, name]))
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://keystead@localhost/{database}?host={}", self.folder.path().display())
    }

    async fn wait_until_ready(&self, log: &Path) -> Result<(), Error> {
        for _ in 0..600 {
            let mut ready = Command::new(self.programs.join("pg_isready"));
            if finish(ready.arg("-q").arg("-h").arg(self.folder.path())).is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let said = std::fs::read_to_string(log).unwrap_or_default();
        Err(Error::Program { program: "postgres".to_owned(), reason: said })
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Closing the pipe is the signal.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// Finds the programs of the newest installed version; on Debian they are not on the path.
fn programs() -> Result<PathBuf, Error> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists() && programs.join("postgres").exists())
        .max();
    if let Some((_, programs)) = newest {
        return Ok(programs);
    }
    let said = Command::new("pg_config").arg("--bindir").output();
    let said = said.map_err(|error| Error::NotInstalled(format!("pg_config: {error}")))?;
    let programs = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
    if programs.join("initdb").exists() {
        Ok(programs)
    } else {
        Err(Error::NotInstalled(format!("no initdb in {}", programs.display())))
    }
}

/// Builds a command that runs as the server's user.
fn as_user(lent: bool, program: &Path, folder: &Path) -> Command {
    let mut command = if lent {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder);
    command
}

fn finish(command: &mut Command) -> Result<(), Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output().map_err(|error| failed(&program, error))?;
    if done.status.success() {
        return Ok(());
    }
    let reason = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    Err(Error::Program { program, reason })
}

fn failed(program: &str, error: io::Error) -> Error {
    Error::Program { program: program.to_owned(), reason: error.to_string() }
}
