//! The name of this process among the nodes. It is kept in the data folder, so that a process that was killed is
//! removed from the list once the next one runs from the same folder.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;

use keystead_core::id::RequestId;
use keystead_store::tables::changes;
use keystead_store::{Store, Tx};

use crate::wiring;

/// This process among the nodes.
pub(crate) struct Node {
    pub(crate) name: String,
    /// Locked for as long as the process runs.
    _claimed: Option<File>,
}

impl Node {
    /// Takes a new name, and removes the node that used this folder before. A second process in the same folder finds
    /// the file locked, and leaves the first one's name alone.
    pub(crate) async fn claim(folder: &Path, store: &Store) -> Self {
        let name = RequestId::generate(&mut wiring::rng()).to_string();
        let (claimed, before) = match claim(&folder.join("node"), &name) {
            Ok((file, before)) => (Some(file), before),
            Err(error) => {
                tracing::debug!(%error, "the name of this node could not be saved in the data folder");
                (None, String::new())
            }
        };
        if !before.is_empty() {
            let removed = store.write("leave", async move |tx: &mut Tx| changes::leave(tx, &before).await);
            if let Err(error) = removed.await {
                tracing::debug!(%error, "the former name of this node could not be removed");
            }
        }
        Self { name, _claimed: claimed }
    }
}

fn claim(path: &Path, name: &str) -> std::io::Result<(File, String)> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    file.try_lock()?;
    let mut before = String::new();
    // A name is short; any other content of the file is not one of our names.
    (&mut file).take(100).read_to_string(&mut before)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(name.as_bytes())?;
    Ok((file, before))
}
