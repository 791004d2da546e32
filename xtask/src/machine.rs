//! What the tests need on this machine. Everything is installed by package name only.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::print;
use crate::shell::{self, Done};

const PYTHON_SDK: &str = "openai==3.52.0";
const NODE_SDK: &str = "openai@7.55.0";
const BROWSER: [&str; 2] = ["playwright-core@1.65.1", "axe-core@4.14.1"];

/// The system's packages, only where a program is missing.
pub(crate) fn system() -> Done {
    let wanted = [
        ("postgres", "postgresql", "/usr/lib/postgresql"),
        ("nginx", "nginx-light", "/usr/sbin/nginx"),
        ("python3", "python3-venv", "/usr/bin/python3"),
        ("node", "nodejs", "/usr/bin/node"),
        ("npm", "npm", "/usr/bin/npm"),
        ("chromium", "chromium", "/usr/bin/chromium"),
        ("curl", "curl", "/usr/bin/curl"),
    ];
    let absent = |(program, _, place): &&(&str, &str, &str)| !shell::has(program) && !Path::new(place).exists();
    let packages: Vec<&str> = wanted.iter().filter(absent).map(|(_, package, _)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    print::step(&format!("installing with apt-get: {}", packages.join(" ")));
    shell::run(Command::new("apt-get").arg("update").arg("-qq"))?;
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "--no-install-recommends"]).args(packages);
    shell::run(&mut install)
}

/// A Python with the official SDK, under `target/`.
pub(crate) fn python() -> Done<PathBuf> {
    let folder = shell::root().join("target/sdk-python");
    let python = folder.join("bin/python");
    let stamp = folder.join(".installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == PYTHON_SDK) {
        return Ok(python);
    }
    print::step(&format!("installing with pip into target/sdk-python: {PYTHON_SDK}"));
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    shell::run(Command::new(&python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        PYTHON_SDK,
    ]))?;
    write(&stamp, PYTHON_SDK)?;
    Ok(python)
}

/// A folder whose `node_modules` holds the official SDK, under `target/`.
pub(crate) fn node() -> Done<PathBuf> {
    packages("sdk-node", &[NODE_SDK])
}

/// A folder whose `node_modules` holds what drives the browser and judges accessibility, under `target/`.
pub(crate) fn browser() -> Done<PathBuf> {
    packages("browser", &BROWSER)
}

fn packages(name: &str, wanted: &[&str]) -> Done<PathBuf> {
    let folder = shell::root().join("target").join(name);
    let (stamp, text) = (folder.join(".installed"), wanted.join(" "));
    if std::fs::read_to_string(&stamp).is_ok_and(|known| known == text) {
        return Ok(folder);
    }
    print::step(&format!("installing with npm into target/{name}: {text}"));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    write(&folder.join("package.json"), "{\"private\":true,\"type\":\"module\"}\n")?;
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"]);
    shell::run(install.args(wanted).current_dir(&folder))?;
    write(&stamp, &text)?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Done {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
