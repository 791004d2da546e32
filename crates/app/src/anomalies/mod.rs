//! Unusual use of keys: settings of organizations, what was noticed, and the velocity cap that pauses a key.

mod described;
mod events;
pub(crate) mod mails;
mod pauses;
mod settings;
mod signals;

pub use described::described;
pub use keystead_store::tables::anomaly_settings::AnomalySettings;
pub use keystead_store::tables::key_caps::KeyCapRow;
pub use keystead_store::tables::key_signals::KeySignal;
