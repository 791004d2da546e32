//! A running Keystead in a temporary folder, started as an operator would start it.

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
    /// The program and arguments through which it is started.
    through: Vec<String>,
    /// `http://…` of the main listener.
    pub(crate) address: String,
    /// `http://…` of the sandbox; empty without one.
    pub(crate) sandbox: String,
}

/// The result of `admin bootstrap`.
pub(crate) struct Bootstrapped {
    pub(crate) owner: String,
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) admin_key: String,
}

impl Product {
    /// Starts `binary` with this database (SQLite in the folder when `None`) and further variables.
    pub(crate) fn start(binary: &Path, name: &str, database: Option<String>, more: &[(&str, &str)]) -> Done<Self> {
        Self::run(&[], binary, name, database, more)
    }

    /// Starts it on one core.
    pub(crate) fn start_on(core: &str, binary: &Path, name: &str, more: &[(&str, &str)]) -> Done<Self> {
        let through = ["taskset", "-c", core].map(str::to_owned);
        Self::run(&through, binary, name, None, more)
    }

    /// Starts it through another program, which replaces itself with it, so that the process id is that of the product.
    pub(crate) fn start_through(
        through: &[String],
        binary: &Path,
        name: &str,
        database: Option<String>,
        more: &[(&str, &str)],
    ) -> Done<Self> {
        Self::run(through, binary, name, database, more)
    }

    /// The folder of a product of this name.
    pub(crate) fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("keystead-{name}-{}", std::process::id()))
    }

    fn run(
        through: &[String],
        binary: &Path,
        name: &str,
        database: Option<String>,
        more: &[(&str, &str)],
    ) -> Done<Self> {
        let folder = Self::folder(name);
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let data = folder.join("data").display().to_string();
        let mut variables: Vec<(String, String)> = [
            ("KEYSTEAD_SERVER__LISTEN", "127.0.0.1:0"),
            ("KEYSTEAD_SERVER__METRICS_LISTEN", "off"),
            ("KEYSTEAD_SERVER__SHUTDOWN_GRACE_SECONDS", "2"),
            ("KEYSTEAD_SANDBOX__LISTEN", "127.0.0.1:0"),
            ("KEYSTEAD_SERVER__DATA_DIR", &data),
            ("KEYSTEAD_LOG__LEVEL", "warn"),
            // A person who signs up with this address sees the operator's pages in the browser's journeys.
            ("KEYSTEAD_OPERATOR__EMAILS", "operator@example.com"),
        ]
        .into_iter()
        .chain(more.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        variables.extend(database.map(|url| ("KEYSTEAD_DATABASE__URL".to_owned(), url)));
        let child = launch(through, binary, &folder, &variables)?;
        let (address, sandbox, through) = (String::new(), String::new(), through.to_vec());
        let mut product = Self { binary: binary.to_path_buf(), folder, child, variables, through, address, sandbox };
        product.listens()?;
        Ok(product)
    }

    /// Kills it without a warning, as the system does when memory runs out.
    pub(crate) fn kill(&mut self) {
        // The process may have ended already; waiting for it is enough.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on its folder.
    pub(crate) fn start_again(&mut self) -> Done {
        self.child = launch(&self.through, &self.binary, &self.folder, &self.variables)?;
        self.listens()
    }

    fn listens(&mut self) -> Done {
        let text = self.wait_for(&self.folder.join(READY))?;
        self.address = format!("http://{}", shell::member(&text, "listen")?);
        self.sandbox = shell::member(&text, "sandbox").unwrap_or_default();
        Ok(())
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

    /// The SQLite file, for tests that change times in it.
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

    /// Makes an organization for another owner.
    pub(crate) fn bootstrap_as(&self, email: &str) -> Done<Bootstrapped> {
        let organization = "Test organization";
        let made = self.command(&["admin", "bootstrap", "--email", email, "--organization", organization, "--json"])?;
        Ok(Bootstrapped {
            owner: shell::member(&made, "user_id")?,
            organization: shell::member(&made, "organization_id")?,
            project: shell::member(&made, "project_id")?,
            admin_key: shell::member(&made, "admin_key")?,
        })
    }

    /// Makes an owner's key for a project, or a legacy user key.
    pub(crate) fn owner_key(&self, made: &Bootstrapped, owner: &str, user_key: bool) -> Done<String> {
        let [option, value] = if user_key { ["--kind", "user"] } else { ["--project", &made.project] };
        let organization = ["--organization", &made.organization, option, value];
        let create = ["admin", "create-key", "--json", "--owner", owner].into_iter().chain(organization);
        shell::member(&self.command(&create.collect::<Vec<_>>())?, "value")
    }

    /// Runs a command of the program as the operator of this installation would, and returns what it prints.
    pub(crate) fn command(&self, arguments: &[&str]) -> Done<String> {
        let mut command = Command::new(&self.binary);
        command.envs(self.variables.clone()).current_dir(&self.folder);
        shell::read(command.args(arguments))
    }
}

/// The file that the program writes once it listens.
const READY: &str = "ready.json";

fn launch(through: &[String], binary: &Path, folder: &Path, variables: &[(String, String)]) -> Done<Child> {
    let ready = folder.join(READY);
    // A file of an earlier run.
    let _ = std::fs::remove_file(&ready);
    let mut command = match through {
        [] => Command::new(binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(binary);
            command
        }
    };
    command.arg("serve").arg("--ready-file").arg(&ready).envs(variables.to_vec()).current_dir(folder);
    command.stdout(Stdio::null()).spawn().map_err(|error| format!("keystead cannot start: {error}"))
}

impl Drop for Product {
    fn drop(&mut self) {
        shell::stop(&mut self.child);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
