//! Upstream answers on their way to the client: what may pass, what they used, and errors in the form of the contract.

pub(crate) mod answer;
pub(crate) mod answer_reader;
pub(crate) mod cut;
pub(crate) mod error_body;
pub(crate) mod event_stream;
pub(crate) mod figures;
pub(crate) mod json_lexer;
pub(crate) mod metered_body;
pub(crate) mod reported_usage;
pub(crate) mod upstream_errors;
