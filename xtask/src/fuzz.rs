//! `cargo xtask fuzz`: runs the fuzz targets for a time. The stable toolchain is enough: libFuzzer is part of the crate
//! `libfuzzer-sys`, and flags switch on the compiler's coverage pass.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::print;
use crate::shell::{self, Done};

/// What to fuzz.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// The targets; all of them when none is named.
    targets: Vec<String>,
}

/// Flags that make the compiler count which edges of the program an input reaches.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";

pub(crate) fn run(arguments: &Arguments) -> Done {
    let folder = shell::root().join("fuzz");
    let all = targets(&folder)?;
    if let Some(unknown) = arguments.targets.iter().find(|target| !all.contains(target)) {
        return Err(format!("there is no target {unknown}; there are {}", all.join(", ")));
    }
    let chosen = if arguments.targets.is_empty() { &all } else { &arguments.targets };
    let host = host()?;
    print::step("building the fuzz targets");
    let mut build = Command::new("cargo");
    // With a target, the flags apply to the program alone and not to build scripts.
    build.current_dir(&folder).args(["build", "--release", "--locked", "--target", &host]).env("RUSTFLAGS", COVERAGE);
    shell::run(&mut build)?;
    let mut failed = Vec::new();
    for target in chosen {
        print::step(&format!("fuzzing {target} for {} seconds", arguments.seconds));
        if fuzz(&folder, &host, target, arguments.seconds).is_err() {
            failed.push(target.as_str());
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("{}: the inputs that failed are in fuzz/artifacts; keep them as seeds", failed.join(", ")))
}

fn fuzz(folder: &Path, host: &str, target: &str, seconds: u32) -> Done {
    let (corpus, artifacts) = (folder.join("corpus").join(target), folder.join("artifacts").join(target));
    for folder in [&corpus, &artifacts] {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut command = Command::new(folder.join("target").join(host).join("release").join(target));
    // New inputs are written to the first folder; the seeds are only read.
    command.args([&corpus, &folder.join("seeds").join(target)]);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", artifacts.display()));
    shell::run(command.args(["-print_final_stats=1", "-verbosity=0", "-timeout=10"]))
}

/// Returns the targets, by the files that define them.
fn targets(folder: &Path) -> Done<Vec<String>> {
    let folder = folder.join("fuzz_targets");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        found.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    found.sort();
    Ok(found)
}

/// Returns the triple of this machine.
fn host() -> Done<String> {
    let version = shell::read(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not name its host".to_owned())
}
