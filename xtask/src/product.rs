//! A running Keystead in a temporary folder, started as an operator would.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::shell::{self, Done};

/// Stopped, and its folder removed, when dropped.
pub(crate) struct Product {
    binary: PathBuf,
    folder: PathBuf,
    child: Child,
    variables: Vec<(String, String)>,
    /// `http://…` of the main listener.
    pub(crate) address: String,
    /// `http://…` of the sandbox; empty without one.
    pub(crate) sandbox: String,
}

/// What `admin bootstrap` made.
pub(crate) struct Bootstrapped {
    pub(crate) owner: String,
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) admin_key: String,
}

impl Product {
    /// Starts `binary` with this database (SQLite in the folder when `None`) and further variables.
    pub(crate) fn start(binary: &Path, name: &str, database: Option<String>, more: &[(&str, &str)]) -> Done<Self> {
        Self::run(Command::new(binary), binary, name, database, more)
    }

    /// Starts it for one core alone, as on a machine that has no other.
    pub(crate) fn start_on(core: &str, binary: &Path, name: &str, more: &[(&str, &str)]) -> Done<Self> {
        let mut command = Command::new("taskset");
        // It becomes the program: the process's id is the product's.
        command.args(["-c", core]).arg(binary);
        Self::run(command, binary, name, None, more)
    }

    fn run(
        mut command: Command,
        binary: &Path,
        name: &str,
        database: Option<String>,
        more: &[(&str, &str)],
    ) -> Done<Self> {
        let folder = std::env::temp_dir().join(format!("keystead-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let data = folder.join("data").display().to_string();
        let mut variables: Vec<(String, String)> = [
            ("KEYSTEAD_SERVER__LISTEN", "127.0.0.1:0"),
            ("KEYSTEAD_SERVER__METRICS_LISTEN", "off"),
            ("KEYSTEAD_SERVER__SHUTDOWN_GRACE_SECONDS", "2"),
            ("KEYSTEAD_SANDBOX__LISTEN", "127.0.0.1:0"),
            ("KEYSTEAD_SERVER__DATA_DIR", &data),
            ("KEYSTEAD_LOG__LEVEL", "warn"),
            // Whoever signs up under this address sees the operator's pages in the browser's journeys.
            ("KEYSTEAD_OPERATOR__EMAILS", "operator@example.com"),
        ]
        .into_iter()
        .chain(more.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        variables.extend(database.map(|url| ("KEYSTEAD_DATABASE__URL".to_owned(), url)));
        let ready = folder.join("ready.json");
        command.arg("serve").arg("--ready-file").arg(&ready).envs(variables.clone()).current_dir(&folder);
        let child = command.stdout(Stdio::null()).spawn().map_err(|error| format!("keystead cannot start: {error}"))?;
        let (address, sandbox) = (String::new(), String::new());
        let mut product = Self { binary: binary.to_path_buf(), folder, child, variables, address, sandbox };
        let text = product.wait_for(&ready)?;
        product.address = format!("http://{}", shell::member(&text, "listen")?);
        product.sandbox = shell::member(&text, "sandbox").unwrap_or_default();
        Ok(product)
    }

    fn wait_for(&mut self, ready: &Path) -> Done<String> {
        for _ in 0..600 {
            if let Ok(text) = std::fs::read_to_string(ready) {
                return Ok(text);
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("keystead ended with {status} before it listened"));
            }
            sleep(Duration::from_millis(50));
        }
        Err("keystead did not listen within 30 seconds".to_owned())
    }

    /// The SQLite file, for tests that let time pass in it.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("data").join("keystead.db")
    }

    /// The process's id, for measurements.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Makes an organization while the server runs.
    pub(crate) fn bootstrap(&self) -> Done<Bootstrapped> {
        self.bootstrap_as("owner@example.com")
    }

    /// The same for another owner.
    pub(crate) fn bootstrap_as(&self, email: &str) -> Done<Bootstrapped> {
        let mut command = Command::new(&self.binary);
        command.envs(self.variables.clone()).current_dir(&self.folder);
        let made = shell::read(command.args([
            "admin",
            "bootstrap",
            "--email",
            email,
            "--organization",
            "Test organization",
            "--json",
        ]))?;
        Ok(Bootstrapped {
            owner: shell::member(&made, "user_id")?,
            organization: shell::member(&made, "organization_id")?,
            project: shell::member(&made, "project_id")?,
            admin_key: shell::member(&made, "admin_key")?,
        })
    }

    /// An owner's key for a project, or a legacy user key.
    pub(crate) fn owner_key(&self, made: &Bootstrapped, owner: &str, user_key: bool) -> Done<String> {
        let mut command = Command::new(&self.binary);
        command.envs(self.variables.clone()).current_dir(&self.folder);
        command.args(["admin", "create-key", "--json", "--owner", owner, "--organization", &made.organization]);
        if user_key {
            command.args(["--kind", "user"]);
        } else {
            command.args(["--project", &made.project]);
        }
        shell::member(&shell::read(&mut command)?, "value")
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        shell::stop(&mut self.child);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
