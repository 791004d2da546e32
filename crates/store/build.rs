//! Tells Cargo to compile the crate again when a migration changes, because the macro that embeds the migrations does
//! not notice new files.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
