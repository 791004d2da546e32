//! Usage, one endpoint per kind (contract 1.5).

pub(crate) mod answer;
pub(crate) mod audio_speeches;
pub(crate) mod audio_transcriptions;
pub(crate) mod completions;
pub(crate) mod embeddings;
pub(crate) mod images;
pub(crate) mod moderations;
pub(crate) mod request;
