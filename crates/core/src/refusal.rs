//! Refusals of requests, with the exact status, code and sentence of the error body. SDKs and tools act on them, so
//! they follow OpenAI's; `docs/errors.md` lists them.

use serde::Serialize;

use crate::client_certificate::CertificateFault;
use crate::gate::Requirement;
use crate::id::{OrganizationId, ProjectId, RequestId};
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

    /// Builds status and body. `public_url` is the address where people can solve the problem, without a slash at the
    /// end.
    #[must_use]
    pub fn response(&self, public_url: &str) -> ErrorResponse {
        ErrorResponse { gate: self.gate().cloned().map(Box::new), ..self.error_response(public_url) }
    }

    fn error_response(&self, public_url: &str) -> ErrorResponse {
        match self {
            Self::IncorrectKey { mask } => ErrorResponse::invalid(
                401,
                Some("invalid_api_key"),
                format!("Incorrect API key provided: {mask}. You can find your API key at {public_url}/api-keys."),
            ),
            Self::ExpiredKey(project) => {
                let project = project.as_ref().map(|id| format!("?project={id}")).unwrap_or_default();
                ErrorResponse::invalid(
                    401,
                    Some("invalid_api_key"),
                    format!(
                        "Incorrect API key provided: this key has expired. You can create a new one at {public_url}/api-keys{project}."
                    ),
                )
            }
            Self::AccountDeactivated => ErrorResponse::invalid(
                401,
                Some("account_deactivated"),
                "The account associated with this API key has been deactivated. Contact the operator of this service if you believe this is a mistake.",
            ),
            Self::NoMembership => ErrorResponse::invalid(
                401,
                Some("organization_membership_required"),
                "You must be a member of an organization to use the API. The owner of this key no longer has access to its organization or project.",
            ),
            Self::MismatchedOrganization => ErrorResponse::invalid(
                401,
                Some("mismatched_organization"),
                "OpenAI-Organization header should match organization for API key.",
            ),
            Self::UnknownOrganization(id) => {
                ErrorResponse::invalid(401, Some("invalid_organization"), format!("No such organization: {id}."))
            }
            Self::MismatchedProject => ErrorResponse::invalid(
                401,
                Some("mismatched_project"),
                "OpenAI-Project header should match project for API key.",
            ),
            Self::ArchivedProject(id) => ErrorResponse::invalid(
                401,
                Some("not_authorized_invalid_project"),
                format!("The project you are requesting ({id}) has been archived and is no longer accessible."),
            ),
            Self::AddressNotAuthorized => {
                ErrorResponse::invalid(401, Some("ip_not_authorized"), "Your IP is not authorized to make this request")
            }
            Self::CertificateNotAccepted(fault) => certificate_not_accepted(*fault),
            Self::UnsupportedCountry => ErrorResponse {
                kind: "request_forbidden",
                ..ErrorResponse::invalid(
                    403,
                    Some("unsupported_country_region_territory"),
                    "Country, region, or territory not supported",
                )
            },
            Self::MissingScope { scope, string_form } => ErrorResponse {
                string_form: *string_form,
                ..ErrorResponse::invalid(
                    if *string_form { 403 } else { 401 },
                    None,
                    missing_scope_message(scope.error_name()),
                )
            },
            Self::UnknownModel(model) => unknown_model(model),
            Self::ModelNotAllowed { project, model } => {
                let message = format!("Project `{project}` does not have access to model `{model}`");
                ErrorResponse::invalid(403, Some("model_not_found"), message)
            }
            Self::ToolNotAllowed { project, tool } => {
                let message = format!("Project `{project}` does not have access to the tool `{}`", tool.as_str());
                ErrorResponse::invalid(403, Some("tool_not_allowed"), message).with_param("tools")
            }
            Self::TierNotAllowed(project) => {
                let message = format!("Project `{project}` may not use this service tier");
                ErrorResponse::invalid(400, None, message).with_param("service_tier")
            }
            Self::ModelNeedsVerification(gate) => ErrorResponse::invalid(
                404,
                Some("model_not_found"),
                gate.message(&format!("use the model `{}`", gate.model), public_url),
            ),
            Self::ImageNeedsVerification(gate) => ErrorResponse::invalid(
                403,
                Some("organization_verification_required"),
                gate.message(&format!("use the model `{}`", gate.model), public_url),
            ),
            Self::StreamNeedsVerification(gate) => {
                ErrorResponse::invalid(400, Some("unsupported_value"), gate.message("stream this model", public_url))
                    .with_param("stream")
            }
            Self::SummaryNeedsVerification(gate) => ErrorResponse::invalid(
                400,
                Some("unsupported_value"),
                gate.message("generate reasoning summaries", public_url),
            )
            .with_param("reasoning.summary"),
            Self::BillingNotActive(organization) => ErrorResponse {
                kind: "billing_not_active",
                ..ErrorResponse::invalid(
                    429,
                    Some("billing_not_active"),
                    format!(
                        "Your account is not active, please check your billing details on our website. Billing of \
                         organization {organization} is suspended. Visit {public_url}/settings/organization/billing to \
                         learn more."
                    ),
                )
            },
        }
    }
}

fn certificate_not_accepted(fault: CertificateFault) -> ErrorResponse {
    let why = match fault {
        CertificateFault::Missing => {
            let message =
                "This project accepts requests with a client certificate only, and this request came without one.";
            return ErrorResponse::invalid(401, Some("certificate_required"), message);
        }
        CertificateFault::Unreadable => "it cannot be read",
        CertificateFault::Expired => "it, or a certificate above it, has expired",
        CertificateFault::NotYetValid => "it, or a certificate above it, is not valid yet",
        CertificateFault::NotForClients => "its extended key usage does not include client authentication",
        CertificateFault::NotTrusted => "no active certificate of the project or its organization signed it",
    };
    let message = format!("The client certificate of this request is not accepted: {why}.");
    ErrorResponse::invalid(401, Some("certificate_not_accepted"), message)
}

fn unknown_model(model: &str) -> ErrorResponse {
    ErrorResponse::invalid(
        404,
        Some("model_not_found"),
        format!("The model `{model}` does not exist or you do not have access to it."),
    )
}

impl GateRefusal {
    /// The link names the project, so that the page of the right organization opens.
    fn message(&self, to_do: &str, public_url: &str) -> String {
        let Self { organization, project, .. } = self;
        format!(
            "Your organization must be verified to {to_do}. Please go to \
             {public_url}/settings/organization/general?project={project} and click on Verify Organization. This call was \
             resolved to organization {organization} and project {project}. If you just verified, it can take up to 15 \
             minutes for access to propagate.",
        )
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
