//! `keystead migrate`.

use keystead_store::Store;
use serde_json::json;

use crate::cli::Output;
use crate::cli_error::CliError;
use crate::config::Validated;
use crate::{print, secrets};

pub(crate) async fn run(config: &Validated, output: Output) -> Result<(), CliError> {
    // The data folder is made private before the database is created in it.
    secrets::open(&config.server.data_dir)?;
    let store = Store::open(config.database_url.expose()).await?;
    store.migrate().await?;
    print::answer(output.json, &json!({ "status": "up to date" }), &["The database is up to date.".to_owned()])?;
    Ok(())
}
