//! async-openai, a client in Rust by others, calls every operation of the administration that it has, over a socket. Its
//! types are an independent reading of OpenAI's API: each answer decodes, and what its types do not keep is listed.

mod external;
mod organization;
mod project;
mod recorder;
mod spend;

use std::sync::Arc;

use keystead_app::organizations::bootstrap::Bootstrapped;

use crate::world::{World, admin};
use recorder::Recorder;

/// An organization, and the client with its admin key.
async fn start() -> (Arc<World>, Bootstrapped, Recorder) {
    let world = Arc::new(World::new().await);
    let owner = world.bootstrap("ann", true).await;
    let recorder = Recorder::new(Arc::clone(&world), admin(&owner)).await;
    (world, owner, recorder)
}
