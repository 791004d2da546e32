//! The status and the error body of each refusal.

use super::{ErrorResponse, GateRefusal, Refusal, missing_scope_message};
use crate::anomaly::KeyPause;
use crate::client_certificate::CertificateFault;
use crate::id::{KeyId, ProjectId};

impl Refusal {
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
            Self::PausedKey { key, project, pause } => ErrorResponse::invalid(
                403,
                Some("api_key_paused"),
                paused_message(key, project.as_ref(), *pause, public_url),
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

/// Why the key is refused, since when, and where a person resumes it.
fn paused_message(key: &KeyId, project: Option<&ProjectId>, pause: KeyPause, public_url: &str) -> String {
    let page = project.map_or_else(
        || format!("{public_url}/settings/organization/admin-keys"),
        |project| format!("{public_url}/api-keys/{key}?project={project}"),
    );
    let KeyPause { since, reason } = pause;
    format!(
        "This API key is paused since {since}: {}. Its owner or an owner of the organization can resume it at {page}.",
        reason.message()
    )
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
