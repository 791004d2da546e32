//! `cargo xtask openapi`: writes `docs/openapi.json` from the rows of the reference.

use std::fs;

use crate::shell::{self, Done, cargo};

const DOCUMENT: &str = "docs/openapi.json";

pub(crate) fn run() -> Done {
    let text =
        shell::read(cargo().args(["run", "--quiet", "--package", "keystead-reference", "--example", "openapi"]))?;
    fs::write(shell::root().join(DOCUMENT), text).map_err(|error| format!("{DOCUMENT}: {error}"))
}
