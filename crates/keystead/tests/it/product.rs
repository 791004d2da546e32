//! A running program with a separate data folder, and a plain HTTP client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A program, killed when dropped.
pub(crate) struct Product {
    folder: TempDir,
    child: Child,
    pub(crate) listen: String,
    pub(crate) sandbox: Option<String>,
    metrics: String,
    variables: Vec<(String, String)>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Returns a header that occurs once, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Returns variables that make a program independent of others on this machine.
pub(crate) fn variables(folder: &Path) -> Vec<(String, String)> {
    let data = folder.join("data").display().to_string();
    [
        ("KEYSTEAD_SERVER__LISTEN", "127.0.0.1:0"),
        ("KEYSTEAD_SERVER__METRICS_LISTEN", "127.0.0.1:0"),
        ("KEYSTEAD_SERVER__SHUTDOWN_GRACE_SECONDS", "10"),
        ("KEYSTEAD_SANDBOX__LISTEN", "127.0.0.1:0"),
        ("KEYSTEAD_SERVER__DATA_DIR", &data),
        ("KEYSTEAD_LOG__LEVEL", "trace"),
        ("KEYSTEAD_LOG__FORMAT", "json"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

pub(crate) fn command(folder: &Path, variables: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keystead"));
    command.current_dir(folder).envs(variables.iter().cloned());
    command
}

impl Product {
    pub(crate) fn start(more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut variables = variables(folder.path());
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::serve(folder, variables)
    }

    /// Starts the same installation again after killing it.
    pub(crate) fn again(mut self) -> Self {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let (folder, variables) =
            (std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap()), self.variables.clone());
        Self::serve(folder, variables)
    }

    /// Starts the same installation again with another value of a variable.
    pub(crate) fn again_with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self.again()
    }

    /// Starts it after these shell commands, which set what a process inherits.
    pub(crate) fn start_after(shell: &str, more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut variables = variables(folder.path());
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{shell}; exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_keystead"));
        command.current_dir(folder.path()).envs(variables.iter().cloned());
        Self::spawn(folder, variables, command)
    }

    fn serve(folder: tempfile::TempDir, variables: Vec<(String, String)>) -> Self {
        let command = command(folder.path(), &variables);
        Self::spawn(folder, variables, command)
    }

    fn spawn(folder: tempfile::TempDir, variables: Vec<(String, String)>, mut command: Command) -> Self {
        let ready = folder.path().join("ready.json");
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let _ = std::fs::remove_file(&ready);
        command.arg("serve").arg("--ready-file").arg(&ready).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        // The first line on the standard output appears once everything listens; an end without one is a failure.
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let logged = || std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(first.starts_with("Keystead runs at"), "{first}{}", logged());
        let mut text = None;
        for _ in 0..1000 {
            text = std::fs::read_to_string(&ready).ok();
            if text.is_some() {
                break;
            }
            pause(Duration::from_millis(5));
        }
        let addresses: Value = serde_json::from_str(&text.expect("a ready file")).unwrap();
        let listen = addresses["listen"].as_str().unwrap().to_owned();
        let sandbox = addresses["sandbox"].as_str().map(str::to_owned);
        let metrics = addresses["metrics"].as_str().unwrap_or_default().to_owned();
        Self { folder, child, listen, sandbox, metrics, variables }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        self.variables.clone()
    }

    /// Runs another command beside the server and parses its JSON.
    pub(crate) fn run(&self, arguments: &[&str]) -> Value {
        let output = command(self.folder.path(), &self.variables).args(arguments).output().unwrap();
        // 3: the change is saved, and the node of a busy machine confirms it late.
        let done = matches!(output.status.code(), Some(0 | 3));
        assert!(done, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn bootstrap(&self) -> Value {
        self.run(&["admin", "bootstrap", "--email", "owner@example.com", "--organization", "Acme", "--json"])
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.listen).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends one request on a separate connection.
    pub(crate) fn call(&self, method: &str, path: &str, key: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let raw = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n{kind}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.listen,
            body.len()
        );
        self.raw(raw.as_bytes())
    }

    /// Sends one request to the sandbox, as scripts do.
    pub(crate) fn sandbox(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = self.sandbox.clone().unwrap();
        let host = url.trim_start_matches("http://").to_owned();
        let path = path.strip_prefix(&url).unwrap_or(path);
        let body = body.map(Value::to_string).unwrap_or_default();
        let raw = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(raw.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        parse(&String::from_utf8_lossy(&answer))
    }

    /// Repeats a check until it succeeds, because another process works at its own speed.
    pub(crate) fn until(&self, what: &str, right: impl Fn() -> bool) {
        for _ in 0..400 {
            if right() {
                return;
            }
            pause(Duration::from_millis(25));
        }
        panic!("never happened: {what}\n{}", self.log());
    }

    /// Reads one of the metrics.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let mut stream = TcpStream::connect(&self.metrics).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let mut lines = answer.lines().filter_map(|line| line.split_once(' '));
        lines.find(|(known, _)| *known == name).and_then(|(_, value)| value.parse().ok())
    }

    /// Sends bytes unchanged; returns everything until the server closes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        // A server may reset after it has answered hostile bytes; what arrived before counts.
        let _ = stream.read_to_end(&mut answer);
        parse(&String::from_utf8_lossy(&answer))
    }
}

pub(crate) fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = if head.to_lowercase().contains("transfer-encoding: chunked") { unchunk(body) } else { body.to_owned() };
    Answer { status, head: head.to_owned(), body }
}

fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        body.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    body
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for another process, which a paused clock does not affect.
#[expect(clippy::disallowed_methods, reason = "the program under test is another process")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
