//! The ways in which an upstream can fail, kept apart because clients, operators and retries need different answers.

use std::time::Duration;

use keystead_core::refusal::ErrorResponse;

use crate::response::error_body;

/// No answer arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// No connection could be made, so nothing was sent.
    #[error("no connection could be made: {0}")]
    Unreachable(String),
    /// The request was sent, and the connection ended before the first byte of an answer.
    #[error("the connection ended before an answer: {0}")]
    Closed(String),
    /// The bytes are not an answer that can be trusted.
    #[error("the answer is malformed: {0}")]
    Malformed(String),
    /// Nothing arrived in the time that the operator allows.
    #[error("no answer began within {} seconds", .0.as_secs())]
    Silent(Duration),
}

impl NoAnswer {
    /// Returns the client's answer, and whether the same request may be sent again.
    pub(crate) fn response(&self) -> (ErrorResponse, bool) {
        match self {
            Self::Unreachable(_) => {
                (error_body::unavailable("The model server cannot be reached. Try again shortly."), true)
            }
            Self::Closed(_) => {
                (error_body::server_error(502, "The model server closed the connection without an answer."), true)
            }
            Self::Malformed(_) => (
                error_body::server_error(502, "The model server's answer could not be read. Tell the operator."),
                false,
            ),
            Self::Silent(after) => {
                let message = format!("The model server did not begin to answer within {} seconds.", after.as_secs());
                (error_body::server_error(504, &message), true)
            }
        }
    }

    /// The name for metrics.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Closed(_) => "closed",
            Self::Malformed(_) => "malformed",
            Self::Silent(_) => "timeout",
        }
    }
}

/// An answer that had begun did not reach its end. Clients may read the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BrokenAnswer {
    /// The connection ended too early.
    #[error("The model server's answer broke off.")]
    BrokeOff,
    /// The bytes are not framed or compressed as the head says.
    #[error("The model server's answer could not be read to its end.")]
    Unreadable,
    /// A pause was longer than the operator allows.
    #[error("The model server sent nothing for {} seconds.", .0.as_secs())]
    Silent(Duration),
}
