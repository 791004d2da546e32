//! The file of variables that `environment_file` names, usually with the secrets: `NAME='value'` on each line, as shells and
//! systemd's `EnvironmentFile=` read it. Variables of the process override it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::ConfigError;

/// Returns the path of the file. In a configuration file it is relative to that file, in the environment to the folder of
/// the process.
pub(super) fn path(config: &Path, text: &str, variables: &BTreeMap<String, String>) -> Option<PathBuf> {
    if let Some(path) = variables.get("KEYSTEAD_ENVIRONMENT_FILE") {
        return Some(PathBuf::from(path));
    }
    // A file that is not valid is reported later.
    let table: Table = text.parse().ok()?;
    let path = table.get("environment_file").and_then(Value::as_str)?;
    Some(config.parent().unwrap_or(Path::new("")).join(path))
}

/// Reads the file. It holds secrets, so not everybody may read it.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let wrong = |reason: String| ConfigError::EnvironmentFile { path: path.to_owned(), reason };
    let mut file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    check_private(&file, path).map_err(wrong)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    parse(&text).map_err(wrong)
}

/// Refuses a file with secrets that everybody can read.
pub(crate) fn check_private(file: &File, path: &Path) -> Result<(), String> {
    let mode = file.metadata().map_err(|error: io::Error| error.to_string())?.permissions().mode() & 0o777;
    if mode & 0o007 == 0 {
        return Ok(());
    }
    Err(format!("it can be read by everybody (mode {mode:o}); run: chmod o= {}", path.display()))
}

/// Parses the text of such a file.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    // The error of the library quotes the line, which may be a secret.
    let line =
        |read: Result<(String, String), dotenvy::Error>| read.map_err(|_| "a line is not NAME='value'".to_owned());
    dotenvy::from_read_iter(text.as_bytes()).map(line).collect()
}

/// Writes one line of such a file. Quotes and backslashes are between double quotes: the library mistakes a backslash
/// between single quotes for the beginning of an escape.
pub(crate) fn line(name: &str, value: &str) -> String {
    let mut quoted = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\'' => quoted.push_str(r#"'"'"'"#),
            '\\' => quoted.push_str(r#"'"\\"'"#),
            letter => quoted.push(letter),
        }
    }
    format!("{name}='{quoted}'\n")
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};

    use super::*;

    #[test]
    fn every_value_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keystead.env");
        let values = [
            "plain",
            "",
            "a b",
            "it's",
            "'",
            "\"'\"",
            "$HOME",
            "${HOME}",
            "back\\slash\\n",
            "# no comment",
            "żółć",
            "ends in \\",
            "\\'\\\\''",
            "`id` a=b #",
        ];
        let text: String = values.iter().enumerate().map(|(at, value)| line(&format!("V{at}"), value)).collect();
        write(&file, format!("# A comment.\n\n{text}")).unwrap();
        set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let found = read(&file).unwrap();
        for (at, value) in values.iter().enumerate() {
            assert_eq!(found.get(&format!("V{at}")).map(String::as_str), Some(*value));
        }
        let shown =
            std::process::Command::new("sh").arg("-c").arg(". \"$0\"; printf %s \"$V3$V5$V8$V12\"").arg(&file).output();
        assert_eq!(shown.unwrap().stdout, br#"it's"'"back\slash\n\'\\''"#, "shells read the same");
    }

    #[test]
    fn a_file_that_everybody_can_read_and_a_broken_line_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keystead.env");
        write(&file, "TOKEN='hidden-value\n").unwrap();
        set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("chmod o= "));
        set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let broken = read(&file).unwrap_err().to_string();
        assert!(broken.contains("NAME='value'") && !broken.contains("hidden-value"), "{broken}");
        assert!(read(&folder.path().join("missing")).unwrap_err().to_string().contains("missing"));
    }

    #[test]
    fn its_path_is_relative_to_the_configuration_file() {
        let none = BTreeMap::new();
        let text = "environment_file = \"keystead.env\"";
        assert_eq!(path(Path::new("/etc/k/k.toml"), text, &none), Some(PathBuf::from("/etc/k/keystead.env")));
        assert_eq!(path(Path::new("k.toml"), text, &none), Some(PathBuf::from("keystead.env")));
        assert_eq!(path(Path::new("k.toml"), "", &none), None);
        let set = BTreeMap::from([("KEYSTEAD_ENVIRONMENT_FILE".to_owned(), "x.env".to_owned())]);
        assert_eq!(path(Path::new("/etc/k/k.toml"), text, &set), Some(PathBuf::from("x.env")));
    }
}
