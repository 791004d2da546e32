//! The statuses and codes of errors.

/// A status with the codes that its errors may have.
#[derive(Debug)]
pub struct ErrorStatus {
    /// The HTTP status.
    pub status: u16,
    /// Its name in the document.
    pub name: &'static str,
    /// When it is answered.
    pub about: &'static str,
    /// The codes, each with its meaning; errors of this status may also have none.
    pub codes: &'static [(&'static str, &'static str)],
    /// Whether `error` may be the bare message.
    pub string_form: bool,
    /// Whether the header `Retry-After` says when to try again.
    pub retry_after: bool,
}

impl ErrorStatus {
    /// The name in words: `NotFound` is "Not found".
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = String::with_capacity(self.name.len() + 3);
        for letter in self.name.trim_start_matches("OAuth").chars() {
            if letter.is_uppercase() && !words.is_empty() {
                words.push(' ');
                words.extend(letter.to_lowercase());
            } else {
                words.push(letter);
            }
        }
        words
    }
}

const fn status(status: u16, name: &'static str, about: &'static str) -> ErrorStatus {
    ErrorStatus { status, name, about, codes: &[], string_form: false, retry_after: false }
}

/// Every status of an error that Keystead itself answers.
pub const ERROR_STATUSES: &[ErrorStatus] = &[
    ErrorStatus {
        codes: &[
            ("billing_hard_limit_reached", "A request for images does not fit into a spend limit."),
            (
                "certificate_active",
                "The certificate is active for the organization or a project, and cannot be deleted.",
            ),
            ("certificate_expired", "The certificate has expired and cannot be activated."),
            (
                "client_certificates_not_checked",
                "The installation does not check client certificates, so that none can be activated.",
            ),
            ("consent_required", "The person did not agree to the identity check."),
            ("email_domain_invalid", "The part of the address after @ is not a domain."),
            ("email_has_invisible_characters", "The address has characters that cannot be seen."),
            ("email_invalid", "The text is not an address."),
            ("email_local_part_invalid", "The part of the address before @ is not valid."),
            ("email_too_long", "The address has too many characters."),
            ("hold_not_possible", "The pictures cannot be held until this date."),
            ("invite_accepted", "The invitation was accepted and cannot be deleted."),
            ("invite_expired", "The invitation has expired."),
            ("ip_allowlist_locks_out", "The list would lock out the caller; `force` allows it."),
            ("last_owner", "The last owner of an organization stays its owner."),
            ("name_empty", "The name is empty."),
            ("name_has_invisible_characters", "The name has characters that cannot be seen or that mislead."),
            ("name_too_long", "The name has too many characters."),
            ("organization_already_verified", "The organization is verified."),
            ("payment_not_possible", "The present state of the payment method does not allow this."),
            ("phone_already_verified", "The organization has a verified phone number."),
            ("phone_code_expired", "The code has expired."),
            ("phone_code_malformed", "The code does not have six digits."),
            ("phone_code_wrong", "The code is not the one that was sent."),
            ("phone_country_mismatch", "The number is of another country than the one named."),
            ("phone_country_not_supported", "The operator does not serve the country of the number."),
            ("phone_landline_not_supported", "The number is a landline."),
            ("phone_no_codes_left", "No more codes can be sent for this verification."),
            ("phone_not_delivered", "The code could not be delivered."),
            ("phone_not_possible", "The present state of the verification does not allow this."),
            ("phone_number_has_extension", "The number has an extension."),
            ("phone_number_has_letters", "The number has letters."),
            ("phone_number_invalid", "The number is not a phone number."),
            ("phone_number_limit_reached", "The number has verified as many organizations as it may."),
            ("phone_revoked", "The operator revoked the proof of a phone."),
            ("phone_type_not_supported", "Numbers of this type are not accepted."),
            ("phone_voip_not_supported", "Numbers of internet telephony are not accepted."),
            ("policy_invalid", "A rule is not valid; the message names it."),
            ("price_currency", "A price is in another currency than the installation's."),
            ("price_date_far", "The date of a price is more than five years ahead."),
            ("price_date_past", "The date of a price is in the past."),
            ("price_empty", "A price is an empty text."),
            ("price_images", "Prices of images are not by quality and size, or are too many."),
            ("price_list_currency", "A list of prices is in another currency than the installation's."),
            ("price_list_entry", "An entry of a list of prices is not an object, or names no model."),
            ("price_list_kind", "A list of prices names a kind that does not exist."),
            ("price_list_nothing", "A list of prices sets nothing."),
            ("price_list_price", "A price in a list is not possible."),
            ("price_list_repeated", "A list of prices names a model or a member twice."),
            ("price_list_syntax", "A list of prices is neither TOML nor JSON."),
            ("price_list_too_long", "A list of prices is too long."),
            ("price_negative", "A price is negative."),
            ("price_not_a_number", "A price is not a number."),
            ("price_too_high", "A price is too high."),
            ("price_too_many_digits", "A price has more than six digits after the point."),
            ("purchase_too_large", "The amount is above the largest purchase."),
            ("purchase_too_small", "The amount is below the least purchase."),
            ("rate_limit_out_of_range", "The limit is zero, negative or too large."),
            ("rate_limit_too_high", "The limit is above the organization's."),
            ("review_reason_needed", "A review is declined with reasons of the list."),
            ("review_unseen", "The operator has not opened every picture."),
            ("sign_in_before_replacing", "A verified number is replaced after signing in."),
            ("tier_default", "The default tier is not among the enabled ones."),
            ("unknown_parameter", "The address has a parameter that the route does not take."),
            ("unsupported_value", "Streaming or reasoning summaries need a verified organization."),
            ("verification_in_progress", "A verification of the organization is in progress."),
            ("verification_not_possible", "The present state of the verification does not allow this."),
            ("verification_suspended", "The operator suspended the verification."),
        ],
        ..status(
            400,
            "BadRequest",
            "The request cannot be read, names something unknown, or has a value that is not allowed. `param` names the member at fault.",
        )
    },
    ErrorStatus {
        codes: &[
            ("account_deactivated", "The account or the organization of the key is closed."),
            ("certificate_not_accepted", "The client certificate is not accepted; the message says why."),
            ("certificate_required", "The project accepts requests with a client certificate only."),
            ("invalid_api_key", "The key is unknown, mistyped, expired, revoked or deleted."),
            ("invalid_organization", "The owner of the key is not in the organization that the header names."),
            ("ip_not_authorized", "The lists of the organization or the project do not admit the address."),
            ("mismatched_organization", "The header names another organization than the key's."),
            ("mismatched_project", "The header names another project than the key's."),
            ("not_authorized_invalid_project", "The project is archived."),
            ("organization_membership_required", "The owner of the key has left the organization or the project."),
            ("session_ended", "The session of the playground has ended."),
        ],
        ..status(
            401,
            "Unauthorized",
            "The credential is missing, is not accepted, or does not permit a request for a model.",
        )
    },
    ErrorStatus {
        codes: &[
            ("api_key_paused", "The key is paused; the message says why and where it is resumed."),
            ("https_required", "The request came over http; replace the key."),
            ("model_not_found", "The project's list of models leaves the model out."),
            ("organization_verification_required", "The organization needs to be verified first."),
            ("payment_method_required", "The organization needs a payment method first."),
            ("phone_verification_required", "The organization needs a verified phone number first."),
            ("tool_not_allowed", "The project may not use this tool."),
            ("unsupported_country_region_territory", "The operator does not serve the country of the request."),
        ],
        string_form: true,
        ..status(
            403,
            "Forbidden",
            "The key, its owner or the organization may not do this. When the key lacks a permission, `error` is the bare message.",
        )
    },
    ErrorStatus {
        codes: &[
            ("model_not_found", "There is no such model, or it needs a verified organization."),
            ("unknown_url", "There is no such route."),
        ],
        ..status(
            404,
            "NotFound",
            "There is nothing with this id, or it belongs to another organization; the answer is the same.",
        )
    },
    ErrorStatus {
        codes: &[("method_not_supported", "The path exists with another method.")],
        ..status(405, "MethodNotAllowed", "The path exists with another method.")
    },
    status(408, "RequestTimeout", "The body did not arrive in time."),
    status(
        409,
        "Conflict",
        "The present state does not allow this. Repeating the request does not help (`x-should-retry: false`).",
    ),
    status(413, "ContentTooLarge", "The body is larger than allowed."),
    ErrorStatus {
        codes: &[
            ("billing_not_active", "The billing of the organization is suspended."),
            ("credit_balance_exhausted", "The prepaid credit of the organization is spent."),
            ("external_checks", "Too many validations of external keys and storage."),
            ("failed_purchases", "Too many purchases were refused by the bank."),
            ("insufficient_quota", "The request does not fit into a budget of money of the person or the key."),
            ("invites", "Too many invitations were sent."),
            ("organization_spend_limit_exceeded", "The request does not fit into the spend limit of the organization."),
            ("organization_usage_limit_exceeded", "The request does not fit into a budget of tokens or requests."),
            ("payment_setup_running", "A card is being added."),
            ("payment_setups", "Too many cards were tried."),
            ("phone_checks", "Too many codes were checked."),
            ("phone_codes", "Too many codes were sent."),
            ("phone_country_codes", "Codes to this country are paused."),
            ("phone_daily_codes", "Too many codes were sent today."),
            ("phone_doubtful_codes", "Too many codes to numbers of unknown type."),
            ("phone_locked", "Too many wrong codes."),
            ("phone_lookups", "Too many numbers were looked up."),
            ("phone_resend_too_soon", "The code cannot be sent again yet."),
            ("phone_sim_changed", "The SIM card of the number was changed lately."),
            ("project_spend_limit_exceeded", "The request does not fit into the spend limit of the project."),
            ("purchases", "Too many purchases of credit were begun."),
            ("rate_limit_exceeded", "More requests, tokens or images than the organization or the project may use."),
            ("verification_cooldown", "Too many attempts; the next one is possible later."),
            ("verification_handoffs", "Too many links for another device."),
            ("verification_links", "Too many new links."),
            ("verification_mails", "Too many links by mail."),
            ("verification_starts", "Too many verifications were begun."),
        ],
        retry_after: true,
        ..status(429, "TooManyRequests", "A limit is reached.")
    },
    status(500, "ServerError", "A fault in Keystead. Report it with the request id."),
    ErrorStatus {
        codes: &[("not_configured", "The operator has not set this up.")],
        ..status(501, "NotConfigured", "The operator has not set this up.")
    },
    ErrorStatus {
        codes: &[
            ("provider_unavailable", "An outside service does not answer; nothing is used up."),
            ("server_is_overloaded", "The store or the model server cannot be reached, or the node is full."),
            ("slow_down", "Too many large requests of one sender are in progress."),
        ],
        retry_after: true,
        ..status(503, "Unavailable", "The service cannot answer now. Try again.")
    },
];

/// Every status of an error in the form of OAuth.
pub const OAUTH_STATUSES: &[ErrorStatus] = &[
    ErrorStatus {
        codes: &[
            ("invalid_grant", "The token is refused, no rule admits it, or the provider or the rule is disabled."),
            ("invalid_request", "A parameter is missing, repeated or not allowed."),
            ("invalid_scope", "`scope` was sent; the rule decides what a key may do."),
            ("invalid_target", "`resource` or `audience` was sent; a key is for this installation only."),
            ("unsupported_grant_type", "The grant type is not the exchange of a token."),
        ],
        ..status(400, "OAuthBadRequest", "The request cannot be read, or the token is refused.")
    },
    ErrorStatus {
        codes: &[
            (
                "access_denied",
                "The organization is closed or lacks what a new key requires, or the operator does not serve the country.",
            ),
            ("https_required", "The request came over http."),
        ],
        ..status(403, "OAuthForbidden", "The workload gets no key, although its token is good.")
    },
    ErrorStatus {
        codes: &[("invalid_request", "The body did not arrive in time.")],
        ..status(408, "OAuthRequestTimeout", "The body did not arrive in time.")
    },
    ErrorStatus {
        codes: &[("invalid_request", "The body is larger than allowed.")],
        ..status(413, "OAuthContentTooLarge", "The body is larger than allowed.")
    },
    ErrorStatus {
        codes: &[(
            "temporarily_unavailable",
            "Too many exchanges, or too many keys of the rule or the organization; the next one is possible later.",
        )],
        retry_after: true,
        ..status(429, "OAuthTooManyRequests", "A limit is reached.")
    },
    ErrorStatus {
        codes: &[("server_error", "A fault in Keystead.")],
        ..status(500, "OAuthServerError", "A fault in Keystead. Report it with the request id.")
    },
    ErrorStatus {
        codes: &[("temporarily_unavailable", "The keys of the issuer or the store cannot be reached.")],
        retry_after: true,
        ..status(503, "OAuthUnavailable", "The service cannot answer now. Try again.")
    },
];
