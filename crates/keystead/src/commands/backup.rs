//! `keystead backup`: said plainly where it cannot be done yet, because half a backup is worse than none.

use crate::cli::Backup;
use crate::config::Validated;
use crate::failure::Failure;

pub(crate) async fn run(config: &Validated, arguments: Backup) -> Result<(), Failure> {
    let folder = arguments.to.display();
    let data = config.server.data_dir.display();
    let way = if config.database_url.expose().starts_with("sqlite:") {
        format!(
            "stop Keystead and copy {data} to {folder}, or run: sqlite3 {data}/keystead.db \"VACUUM INTO '{folder}/keystead.db'\""
        )
    } else {
        format!("use pg_dump for the database and copy {data}/secrets.toml to {folder}")
    };
    Err(Failure::Other(format!("this version cannot write backups by itself; {way}. Never forget secrets.toml")))
}
