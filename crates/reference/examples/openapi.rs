//! Prints the OpenAPI document that the repository keeps. `cargo xtask openapi` writes it to its file.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", keystead_reference::document("http://127.0.0.1:8080").pretty())
}
