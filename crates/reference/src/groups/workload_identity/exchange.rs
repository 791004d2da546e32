//! The exchange of a workload's token for a key.

use crate::members::{Kind, field, optional};
use crate::object::Object;
use crate::operation::{Operation, post};

const ISSUED: Object = Object::new(
    "IssuedToken",
    "A key of the service account that works for a short time.",
    &[
        field("access_token", Kind::Text, "The key itself. It is shown in this answer only.").such_as("sk-svcacct-…"),
        field(
            "issued_token_type",
            Kind::Always("urn:ietf:params:oauth:token-type:access_token"),
            "The type of the key.",
        ),
        field("token_type", Kind::Always("Bearer"), "How the key is sent."),
        field(
            "expires_in",
            Kind::Integer,
            "For how many seconds it works: an hour at most, and never longer than the token.",
        )
        .such_as("3600"),
        field("scope", Kind::Text, "Its permissions with spaces between them, if the rule restricts them.")
            .sometimes()
            .such_as("api.model.request"),
    ],
);

pub(super) const TOKEN: Operation = post("/oauth/token", "exchangeToken", "Exchange a token for a key")
    .about("The exchange of RFC 8693, as JSON or as a form. The token is the credential. `scope`, `resource` and `audience` are refused, because the rule decides what a key may do; other parameters do nothing. Errors have the form of OAuth: `error` is `invalid_request`, `invalid_scope`, `invalid_target`, `unsupported_grant_type`, `invalid_grant`, `access_denied`, `https_required`, `temporarily_unavailable` or `server_error`.")
    .body(&[
        field(
            "grant_type",
            Kind::Always("urn:ietf:params:oauth:grant-type:token-exchange"),
            "The grant: an exchange.",
        ),
        field("subject_token", Kind::Text, "The token of the workload, a signed JWT of at most 16 KiB.")
            .such_as("eyJhbGciOiJFUzI1NiIsImtpZCI6ImtleS0xIn0.…"),
        field(
            "subject_token_type",
            Kind::OneOf(&["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"]),
            "The type of the token.",
        ),
        field("identity_provider_id", Kind::Id("wip_"), "The provider that trusts the issuer of the token."),
        field("service_account_id", Kind::Id("svc_acct_"), "The service account to act as."),
        optional(
            "requested_token_type",
            Kind::Always("urn:ietf:params:oauth:token-type:access_token"),
            "The type of the key.",
        ),
    ])
    .answers(&ISSUED)
    .or(&[403, 429])
    .refuses_as_oauth();
