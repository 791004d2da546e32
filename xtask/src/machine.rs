//! What the tests need on this machine. Everything is installed by package name only.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::print;
use crate::shell::{self, Done};

const PYTHON_SDK: &str = "openai==3.52.0";
const DESCRIPTION: [&str; 2] = ["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"];
const NODE_SDK: &str = "openai@7.55.0";
const BROWSER: [&str; 2] = ["playwright-core@1.65.1", "axe-core@4.14.1"];

/// Lists what is missing on this machine, a line for each way of installing it.
pub(crate) fn missing() -> Vec<String> {
    let packages = absent();
    let mut lines = Vec::new();
    if !packages.is_empty() {
        lines.push(format!("apt-get: {}", packages.join(" ")));
    }
    for (folder, wanted) in [("sdk-python", PYTHON_SDK.to_owned()), ("schemathesis", DESCRIPTION.join(" "))] {
        if !is_installed(folder, &wanted) {
            lines.push(format!("pip, into target/{folder}: {wanted}"));
        }
    }
    for (folder, wanted) in [("sdk-node", NODE_SDK.to_owned()), ("browser", BROWSER.join(" "))] {
        if !is_installed(folder, &wanted) {
            lines.push(format!("npm, into target/{folder}: {wanted}"));
        }
    }
    lines
}

/// Lists the system's packages with missing programs.
fn absent() -> Vec<&'static str> {
    let wanted = [
        ("postgres", "postgresql", "/usr/lib/postgresql"),
        ("nginx", "nginx-light", "/usr/sbin/nginx"),
        ("caddy", "caddy", "/usr/bin/caddy"),
        ("systemd-analyze", "systemd", "/usr/bin/systemd-analyze"),
        ("openssl", "openssl", "/usr/bin/openssl"),
        ("python3", "python3-venv", "/usr/bin/python3"),
        ("node", "nodejs", "/usr/bin/node"),
        ("npm", "npm", "/usr/bin/npm"),
        ("chromium", "chromium", "/usr/bin/chromium"),
        ("curl", "curl", "/usr/bin/curl"),
        // For pictures of Japanese pages.
        ("fonts-noto-cjk", "fonts-noto-cjk", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    ];
    let absent = |(program, _, place): &(&str, &str, &str)| !shell::has(program) && !Path::new(place).exists();
    wanted.into_iter().filter(absent).map(|(_, package, _)| package).collect()
}

/// Installs the system's packages if a program is missing.
pub(crate) fn system() -> Done {
    let packages = absent();
    if packages.is_empty() {
        return Ok(());
    }
    if !shell::has("apt-get") {
        return Err(format!("install these first, under the names they have on this system: {}", packages.join(" ")));
    }
    print::step(&format!("installing with apt-get: {}", packages.join(" ")));
    shell::run(apt_get()?.args(["update", "-qq"]))?;
    shell::run(apt_get()?.args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// Builds `apt-get` as root, with `sudo` for other users.
fn apt_get() -> Done<Command> {
    let root = shell::read(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = Command::new(if root { "env" } else { "sudo" });
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(command)
}

/// Prepares a Python with the official SDK, under `target/`.
pub(crate) fn python() -> Done<PathBuf> {
    python_with("sdk-python", &[PYTHON_SDK])
}

/// Prepares a Python with what checks and plays the API's description, under `target/`.
pub(crate) fn schemathesis() -> Done<PathBuf> {
    python_with("schemathesis", &DESCRIPTION)
}

fn python_with(name: &str, wanted: &[&str]) -> Done<PathBuf> {
    let (folder, text) = (shell::root().join("target").join(name), wanted.join(" "));
    let python = folder.join("bin/python");
    if is_installed(name, &text) {
        return Ok(python);
    }
    print::step(&format!("installing with pip into target/{name}: {text}"));
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    shell::run(install.args(wanted))?;
    write(&folder.join(STAMP), &text)?;
    Ok(python)
}

/// A file in a folder below `target` that says what was installed there.
const STAMP: &str = ".installed";

fn is_installed(folder: &str, wanted: &str) -> bool {
    let stamp = shell::root().join("target").join(folder).join(STAMP);
    std::fs::read_to_string(stamp).is_ok_and(|known| known == wanted)
}

/// Prepares a folder with the official SDK in `node_modules`, under `target/`.
pub(crate) fn node() -> Done<PathBuf> {
    packages("sdk-node", &[NODE_SDK])
}

/// Prepares a folder with the browser driver and the accessibility checker in `node_modules`, under `target/`.
pub(crate) fn browser() -> Done<PathBuf> {
    packages("browser", &BROWSER)
}

fn packages(name: &str, wanted: &[&str]) -> Done<PathBuf> {
    let (folder, text) = (shell::root().join("target").join(name), wanted.join(" "));
    if is_installed(name, &text) {
        return Ok(folder);
    }
    print::step(&format!("installing with npm into target/{name}: {text}"));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    write(&folder.join("package.json"), "{\"private\":true,\"type\":\"module\"}\n")?;
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"]);
    shell::run(install.args(wanted).current_dir(&folder))?;
    write(&folder.join(STAMP), &text)?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Done {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
