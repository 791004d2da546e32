//! Refusals of requests, with the exact status, code and sentence of the error body. SDKs and tools act on them, so
//! they follow OpenAI's; `docs/errors.md` lists them.

mod response;

use serde::Serialize;

use crate::anomaly::KeyPause;
use crate::client_certificate::CertificateFault;
use crate::gate::Requirement;
use crate::id::{KeyId, OrganizationId, ProjectId, RequestId};
use crate::project_features::HostedTool;
use crate::scope::Scope;
use crate::text::printable;

/// A refusal that the access decision can give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The key is unknown, revoked or deleted.
    IncorrectKey {
        /// The presented key, masked by [`crate::mask::mask`].
        mask: String,
    },
    /// The key has expired. Its project, if it has one, for the link.
    ExpiredKey(Option<ProjectId>),
    /// The owner's account or the organization is closed.
    AccountDeactivated,
    /// The key is paused, by its velocity cap or by a person.
    PausedKey {
        /// The key, for the link.
        key: KeyId,
        /// Its project, if it has one, for the link.
        project: Option<ProjectId>,
        /// Since when and why.
        pause: KeyPause,
    },
    /// The owner belongs to no organization any more, or lost access to the key's project.
    NoMembership,
    /// The header names another organization than the key does.
    MismatchedOrganization,
    /// No organization of the owner has this id, which is shortened and free of control characters.
    UnknownOrganization(String),
    /// The header names a project that the key cannot use.
    MismatchedProject,
    /// The project was archived.
    ArchivedProject(ProjectId),
    /// The lists of the organization or the project do not contain the client's address.
    AddressNotAuthorized,
    /// The organization or the project accepts clients with a certificate only, and this one has none that it trusts.
    CertificateNotAccepted(CertificateFault),
    /// The API does not serve the country, region or territory of the request.
    UnsupportedCountry,
    /// The key's scopes or the owner's role do not allow the route. `GET /v1/models*` and the Administration API answer
    /// in the string form, as OpenAI's do.
    MissingScope {
        /// The missing scope.
        scope: Scope,
        /// Whether `error` is the bare message.
        string_form: bool,
    },
    /// No such model.
    UnknownModel(String),
    /// The project's list does not allow the model.
    ModelNotAllowed {
        /// The chosen project.
        project: ProjectId,
        /// The model, safe to print.
        model: String,
    },
    /// The project may not use a tool that the model server runs.
    ToolNotAllowed {
        /// The chosen project.
        project: ProjectId,
        /// The tool.
        tool: HostedTool,
    },
    /// The project may not use the service tier that the request names.
    TierNotAllowed(ProjectId),
    /// A reasoning or other text model needs a verification (404 `model_not_found`).
    ModelNeedsVerification(GateRefusal),
    /// An image model needs a verification (403).
    ImageNeedsVerification(GateRefusal),
    /// Streaming the model needs a verification.
    StreamNeedsVerification(GateRefusal),
    /// Reasoning summaries need a verification.
    SummaryNeedsVerification(GateRefusal),
    /// The billing of the organization is suspended (429 `billing_not_active`).
    BillingNotActive(OrganizationId),
}

/// A refusal by a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateRefusal {
    /// The requested model.
    pub model: String,
    /// The organization the key resolved to.
    pub organization: OrganizationId,
    /// The project it resolved to.
    pub project: ProjectId,
    /// The missing requirements.
    pub missing: Vec<Requirement>,
    /// The rule that requires them.
    pub rule: String,
}

/// The parts of an error body and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse {
    /// The HTTP status.
    pub status: u16,
    /// `type`.
    pub kind: &'static str,
    /// `code`.
    pub code: Option<&'static str>,
    /// `param`.
    pub param: Option<&'static str>,
    /// `message`.
    pub message: String,
    /// Whether `error` is the bare message.
    pub string_form: bool,
    /// The refusal by a verification gate, for the owner's list of refusals; never sent.
    pub gate: Option<Box<GateRefusal>>,
}

impl ErrorResponse {
    /// An ordinary `invalid_request_error`.
    #[must_use]
    pub fn invalid(status: u16, code: Option<&'static str>, message: impl Into<String>) -> Self {
        let (kind, message) = ("invalid_request_error", message.into());
        Self { status, kind, code, param: None, message, string_form: false, gate: None }
    }

    /// An unknown URL. Method and path as sent.
    #[must_use]
    pub fn unknown_url(method: &str, path: &str) -> Self {
        Self::invalid(404, Some("unknown_url"), format!("Invalid URL ({} {})", printable(method), printable(path)))
    }

    /// A path that does not support the method.
    #[must_use]
    pub fn method_not_supported(method: &str, path: &str) -> Self {
        let message = format!("Not allowed to {} on {}.", printable(method), printable(path));
        Self::invalid(405, Some("method_not_supported"), message)
    }

    /// An internal error. The id finds it in the log.
    #[must_use]
    pub fn internal(id: &RequestId) -> Self {
        let message = format!("The server had an error while processing your request. Request id: {id}.");
        Self { kind: "server_error", ..Self::invalid(500, None, message) }
    }

    /// Writes the JSON of the response: OpenAI's object, or the bare sentence in the string form.
    #[must_use]
    pub fn body(&self) -> String {
        self.body_naming(self.param)
    }

    /// Writes the JSON with a parameter named by the client.
    #[must_use]
    pub fn body_naming(&self, param: Option<&str>) -> String {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Content<'a> {
            Text(&'a str),
            Object {
                code: Option<&'a str>,
                message: &'a str,
                param: Option<&'a str>,
                #[serde(rename = "type")]
                kind: &'a str,
            },
        }
        #[derive(Serialize)]
        struct Body<'a> {
            error: Content<'a>,
        }
        let message = self.message.as_str();
        let error = match self.string_form {
            true => Content::Text(message),
            false => Content::Object { message, kind: self.kind, param, code: self.code },
        };
        // Text and optional text always serialize.
        serde_json::to_string(&Body { error }).unwrap_or_default()
    }

    /// Returns the response with the parameter at fault.
    #[must_use]
    pub const fn with_param(mut self, param: &'static str) -> Self {
        self.param = Some(param);
        self
    }
}

/// The sentence about a missing scope, with the advice that tools show to people.
#[must_use]
pub fn missing_scope_message(scope: &str) -> String {
    format!(
        "You have insufficient permissions for this operation. Missing scopes: {scope}. Check that you have the correct \
         role in your organization and your project, and if you are using a restricted API key, that it has the necessary scopes."
    )
}

impl Refusal {
    /// The refusal by a verification gate, if it is one.
    #[must_use]
    pub const fn gate(&self) -> Option<&GateRefusal> {
        match self {
            Self::ModelNeedsVerification(gate)
            | Self::ImageNeedsVerification(gate)
            | Self::StreamNeedsVerification(gate)
            | Self::SummaryNeedsVerification(gate) => Some(gate),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_two_forms() {
        let object = ErrorResponse::invalid(400, Some("unsupported_value"), "No \"x\".").with_param("stream");
        assert_eq!(
            object.body(),
            r#"{"error":{"code":"unsupported_value","message":"No \"x\".","param":"stream","type":"invalid_request_error"}}"#
        );
        let unnamed = ErrorResponse::unknown_url("GET", "/v1/\u{7}x");
        assert_eq!(
            unnamed.body(),
            r#"{"error":{"code":"unknown_url","message":"Invalid URL (GET /v1/x)","param":null,"type":"invalid_request_error"}}"#
        );
        assert!(unnamed.body_naming(Some("mine")).contains(r#""param":"mine""#));
        let text = ErrorResponse { string_form: true, ..ErrorResponse::invalid(403, None, "No.") };
        assert_eq!(text.body(), r#"{"error":"No."}"#);
    }
}
