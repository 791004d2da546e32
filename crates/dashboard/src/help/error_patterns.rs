//! How an error is recognised: by parts of its message, by its code, or by the text of a page in any of the three
//! languages. A test goes through the product's messages and codes, so that each new one needs a page.

use std::sync::LazyLock;

use keystead_core::language::Language;

/// The longest text that is read; error bodies are shorter.
const LONGEST: usize = 4_000;

/// Normalizes a text: lower case, single spaces, plain quotes, no backslashes. A body copied from a log then matches
/// like the message alone.
pub(super) fn plain(text: &str) -> String {
    let small: String = text
        .chars()
        .take(LONGEST)
        .filter(|letter| *letter != '\\')
        .map(|letter| match letter {
            '’' | '‘' => '\'',
            '“' | '”' => '"',
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect();
    small.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Parts that occur together in a message, in lower case, and the page about it. The longest match wins.
const MESSAGES: &[(&[&str], &str)] = &[
    (&["this account will be deleted"], "your-data"),
    (&["this installation keeps about"], "your-data"),
    (&["type the name of the organization"], "your-data"),
    (&["your organization must be verified to"], "model-needs-verification"),
    (&["your organization must be verified to use the model"], "model-needs-verification"),
    (&["your organization must be verified to use the model", "image"], "image-model-needs-verification"),
    (&["your organization must be verified to use the model", "dall-e"], "image-model-needs-verification"),
    (
        &["your organization must be verified to use the model", "organization_verification_required"],
        "image-model-needs-verification",
    ),
    (&["perhaps check your credentials"], "image-model-needs-verification"),
    (&["your organization must be verified to stream"], "stream-needs-verification"),
    (&["your organization must be verified to generate reasoning summaries"], "summary-needs-verification"),
    (&["before it can create a new api key"], "phone-number-requirement"),
    (&["needs a verified phone number before it can create a new api key"], "phone-number-requirement"),
    (&["needs a payment method on file before it can create a new api key"], "payment-method"),
    (&["must be verified before it can create a new api key"], "verification"),
    (&["before its owner can make another organization"], "phone-number-requirement"),
    (&["before its verification can begin"], "payment-method"),
    (&["the sim card of this number was changed lately"], "phone-codes"),
    (&["incorrect api key provided"], "key-not-accepted"),
    (&["you didn't provide an api key"], "key-not-accepted"),
    (&["missing bearer"], "key-not-accepted"),
    (&["authorization header"], "key-not-accepted"),
    (&["account associated with this api key has been deactivated"], "key-not-accepted"),
    (&["keys belong in the authorization header"], "key-not-accepted"),
    (&["you are signed out"], "signing-in"),
    (&["401 unauthorized"], "key-not-accepted"),
    (&["openai-organization header"], "wrong-organization-or-project"),
    (&["no such organization"], "wrong-organization-or-project"),
    (&["openai-project header"], "wrong-organization-or-project"),
    (&["has been archived"], "wrong-organization-or-project"),
    (&["must be a member of an organization"], "wrong-organization-or-project"),
    (&["your ip is not authorized"], "addresses-and-countries"),
    (&["country, region, or territory not supported"], "addresses-and-countries"),
    (&["your address now is"], "addresses-and-countries"),
    (&["each of its projects, can have at most"], "addresses-and-countries"),
    (&["invalid 'allowed_ips'"], "addresses-and-countries"),
    (&["client certificate"], "client-certificate"),
    (&["certificate", "has expired."], "client-certificate"),
    (&["certificate", "is active. deactivate it"], "client-certificate"),
    (&["invalid 'certificate"], "client-certificate"),
    (&["an organization can have at most", "certificates"], "client-certificate"),
    (&["an organization can have at most", "external"], "external-keys"),
    (&["it is no field of the type"], "external-keys"),
    (&["no such external"], "external-keys"),
    (&["invalid 'external_id'"], "external-keys"),
    (&["invalid 'role_arn'"], "external-keys"),
    (&["invalid 'kms_arn'"], "external-keys"),
    (&["invalid 'vault_uri'"], "external-keys"),
    (&["invalid 'provider."], "external-keys"),
    (&["the subject token is not accepted"], "workload-identity"),
    (&["no federation rule lets this token act"], "workload-identity"),
    (&["has federation rules"], "workload-identity"),
    (&["workload identity provider"], "workload-identity"),
    (&["the keys of the issuer cannot be"], "workload-identity"),
    (&["issuers cannot be reached"], "workload-identity"),
    (&["too many exchanges"], "workload-identity"),
    (&["the federation rule has issued"], "workload-identity"),
    (&["the federation rules of the organization have issued"], "workload-identity"),
    (&["tokens are exchanged"], "workload-identity"),
    (&["use a key until it ends"], "workload-identity"),
    (&["a key is for this installation only"], "workload-identity"),
    (&["a federation rule must name at least one attribute"], "workload-identity"),
    (&["invalid 'scope'", "federation rule"], "workload-identity"),
    (&["the organization of the service account is closed"], "workload-identity"),
    (&["the service account is deleted, its project is archived"], "workload-identity"),
    (&["invalid 'grant_type'"], "workload-identity"),
    (&["invalid 'subject_token_type'"], "workload-identity"),
    (&["invalid 'requested_token_type'"], "workload-identity"),
    (&["invalid 'actor_token'"], "workload-identity"),
    (&["invalid 'audience'"], "workload-identity"),
    (&["invalid 'issuer'"], "workload-identity"),
    (&["invalid 'verification'"], "workload-identity"),
    (&["invalid 'attribute_matchers'"], "workload-identity"),
    (&["invalid 'attribute_transformations'"], "workload-identity"),
    (&["the body is too large or could not be read"], "request-not-understood"),
    (&["a parameter appears more than once"], "request-not-understood"),
    (&["every parameter must be a string"], "request-not-understood"),
    (&["the body must be utf-8"], "request-not-understood"),
    (&["the content type must be"], "request-not-understood"),
    (&["missing scopes"], "missing-permission"),
    (&["insufficient permissions"], "missing-permission"),
    (&["an api key cannot grant"], "missing-permission"),
    (&["this api key holds no scope"], "missing-permission"),
    (&["you cannot give or take permissions"], "missing-permission"),
    (&["only a person can own"], "kinds-of-keys"),
    (&["this api key was revoked while the answer was being sent"], "rotating-and-revoking"),
    (&["an expired api key cannot be updated"], "rotating-and-revoking"),
    (&["an expired api key cannot be rotated"], "rotating-and-revoking"),
    (&["only the person who owns this api key can rotate it"], "rotating-and-revoking"),
    (&["only api keys of a project can be rotated"], "rotating-and-revoking"),
    (&["this api key has been rotated before"], "rotating-and-revoking"),
    (&["does not exist or you do not have access to it"], "model-not-found"),
    (&["project `", "does not have access to model"], "model-not-found"),
    (&["project `", "does not have access to the tool"], "model-not-found"),
    (&["project `", "may not use this service tier"], "model-not-found"),
    (&["the model '", "is not served where batches run"], "model-not-found"),
    (&["no model server is configured"], "model-not-found"),
    (&["could not parse the json body"], "request-not-understood"),
    (&["request body"], "request-not-understood"),
    (&["unknown parameter: '"], "request-not-understood"),
    (&["the parameter '"], "request-not-understood"),
    (&["the member '"], "request-not-understood"),
    (&["the header 'content-type'"], "request-not-understood"),
    (&["'content-type' names another charset"], "request-not-understood"),
    (&["the header 'idempotency-key'"], "request-not-understood"),
    (&["the body names more than"], "request-not-understood"),
    (&["address of this request cannot be sent on"], "request-not-understood"),
    (&["it holds a line break within"], "request-not-understood"),
    (&["the tools of one request"], "request-not-understood"),
    (&["model of the tool `image_generation`"], "request-not-understood"),
    (&["json body of your request must be utf-8"], "request-not-understood"),
    (&["needs an image model"], "model-not-found"),
    (&["the model '", "is not served where"], "model-not-found"),
    (&["usage cannot be recorded at the moment"], "service-errors"),
    (&["address of an operator of this installation"], "signing-in"),
    (&["multipart body"], "request-not-understood"),
    (&["compressed request bodies"], "request-not-understood"),
    (&["send this request with 'content-type"], "request-not-understood"),
    (&["the part '"], "request-not-understood"),
    (&["model's name is not encoded"], "request-not-understood"),
    (&["address of this request is too long"], "request-not-understood"),
    (&["in 'input_file_id'"], "request-not-understood"),
    (&["a batch may hold"], "request-not-understood"),
    (&["each line is one object with 'custom_id'"], "request-not-understood"),
    (&["of the batch:"], "request-not-understood"),
    (&["it is too long."], "request-not-understood"),
    (&["invalid '"], "request-not-understood"),
    (&["invalid type for '"], "request-not-understood"),
    (&["invalid request:"], "request-not-understood"),
    (&["missing required parameter"], "request-not-understood"),
    (&["must be given"], "request-not-understood"),
    (&["only one of 'after' and 'before'"], "request-not-understood"),
    (&["invalid url ("], "not-there"),
    (&["not allowed to", " on "], "not-there"),
    (&["no such "], "not-there"),
    (&["cursor names nothing"], "not-there"),
    (&["this already exists"], "not-there"),
    (&["too many tries"], "too-many-tries"),
    (&["exceeded your current quota", "usd a month"], "spend-limits"),
    (&["usd are spent, and this request may cost up to"], "spend-limits"),
    (&["billing hard limit has been reached"], "spend-limits"),
    (&["the spend limit cannot be checked"], "spend-limits"),
    (&["each of its projects, can have at most", "spend alerts"], "spend-limits"),
    (&["no such spend"], "spend-limits"),
    (&["invalid 'threshold_amount'"], "spend-limits"),
    (&["invalid 'notification_channel'"], "spend-limits"),
    (&["invalid 'currency': must be"], "spend-limits"),
    (&["invalid 'interval': must be"], "spend-limits"),
    (&["of prepaid credit"], "credit"),
    (&["exceeded your current quota", "of prepaid credit"], "credit"),
    (&["your account is not active"], "credit"),
    (&["invalid 'amount_in_cents'"], "credit"),
    (&["invalid 'below_in_cents'"], "credit"),
    (&["invalid 'monthly_ceiling_in_cents'"], "credit"),
    (&["invalid 'expires_at': must be in the future"], "credit"),
    (&["invalid 'expires_at': must be within ten years"], "credit"),
    (&["invalid 'priority'"], "credit"),
    (&["invalid 'idempotency_key'"], "credit"),
    (&["invalid 'mode': must be one of default"], "credit"),
    (&["this idempotency key was used"], "credit"),
    (&["more would be paid back than was paid"], "credit"),
    (&["the balance would be out of range"], "credit"),
    (&["was posted with another amount"], "credit"),
    (&["was posted to another ledger"], "credit"),
    (&["no such payment"], "credit"),
    (&["no such dispute"], "credit"),
    (&["rate limit reached"], "rate-limits"),
    (&["request too large for"], "rate-limits"),
    (&["models can have limits of their own"], "rate-limits"),
    (&["invalid 'max_"], "rate-limits"),
    (&["rate_limit_error"], "too-many-tries"),
    (&["exceeded your current quota"], "too-many-tries"),
    (&["429 too many requests"], "too-many-tries"),
    (&["the model server"], "service-errors"),
    (&["batch's file could not be read"], "service-errors"),
    (&["cannot check this api key at the moment"], "service-errors"),
    (&["service does not answer"], "service-errors"),
    (&["holds as many request bodies as it can"], "service-errors"),
    (&["too many large requests of yours"], "service-errors"),
    (&["too many connections are open"], "service-errors"),
    (&["api is served over https only"], "key-not-accepted"),
    (&["the operator has not configured"], "service-errors"),
    (&["this installation can't send email"], "service-errors"),
    (&["temporarily unavailable"], "service-errors"),
    (&["had an error while processing your request"], "service-errors"),
    (&["the delivery"], "operating"),
    (&["only an operator"], "operating"),
    (&["look at every picture before approving"], "operating"),
    (&["these pictures are held by law"], "operating"),
    (&["this case has no pictures"], "operating"),
    (&["two other operators must reset"], "signing-in"),
    (&["this has been proposed; another operator decides"], "operating"),
    (&["set up a second step for yourself before"], "signing-in"),
    (&["case was decided before"], "operating"),
    (&["a second person must agree"], "operating"),
    (&["second operator"], "operating"),
    (&["operators cannot decide for their own organization"], "operating"),
    (&["too many exemptions"], "operating"),
    (&["the rules were changed by another person"], "operating"),
    (&["rule '"], "operating"),
    (&["the list has"], "operating"),
    (&["the list is in"], "operating"),
    (&["the list is neither toml nor json"], "operating"),
    (&["this price was withdrawn"], "operating"),
    (&["this price holds already"], "operating"),
    (&["a model has another price from this second"], "operating"),
    (&["this attempt has ended"], "operating"),
    (&["this link was used or ran out"], "links-and-forms"),
    (&["invitation was used"], "links-and-forms"),
    (&["invitations can wait at once"], "people-and-projects"),
    (&["invitation is for another address"], "people-and-projects"),
    (&["this person is a member already"], "people-and-projects"),
    (&["this person has a role in the project already"], "people-and-projects"),
    (&["invitation cannot be deleted"], "people-and-projects"),
    (&["only one of 'user_id' and 'email'"], "request-not-understood"),
    (&["only an owner can make a person an owner"], "people-and-projects"),
    (&["a person or group can hold at most"], "people-and-projects"),
    (&["a predefined role cannot be changed"], "people-and-projects"),
    (&["this role comes from a group"], "people-and-projects"),
    (&["a group cannot own an organization"], "people-and-projects"),
    (&["this person is in the group already"], "people-and-projects"),
    (&["an organization or project can have at most"], "people-and-projects"),
    (&["person can own at most"], "people-and-projects"),
    (&["an organization can have at most"], "people-and-projects"),
    (&["default project cannot be renamed"], "people-and-projects"),
    (&["an organization needs an owner"], "people-and-projects"),
    (&["this address has an account"], "signing-in"),
    (&["address or the password is not right"], "signing-in"),
    (&["the password"], "signing-in"),
    (&["this password"], "signing-in"),
    (&["passkey"], "signing-in"),
    (&["second step is"], "signing-in"),
    (&["authenticator app"], "signing-in"),
    (&["code is not right, or it was used before"], "signing-in"),
    (&["account has no password"], "signing-in"),
    (&["type your password again"], "signing-in"),
    (&["confirm your address first"], "signing-in"),
    (&["other account"], "signing-in"),
    (&["a password or add a passkey first"], "signing-in"),
    (&["'phone_number'"], "phone-codes"),
    (&["invalid 'code'"], "phone-codes"),
    (&["numbers of this country"], "phone-codes"),
    (&["use a mobile number"], "phone-codes"),
    (&["phone number is already verified"], "phone-codes"),
    (&["phone requirement is waived already"], "phone-number-requirement"),
    (&["request for a waiver is open already"], "phone-number-requirement"),
    (&["replace the verified phone number"], "phone-codes"),
    (&["phone verification"], "phone-codes"),
    (&["this number cannot be used for another organization"], "phone-codes"),
    (&["could not be delivered to this number"], "phone-codes"),
    (&["wrong code. tries left"], "phone-codes"),
    (&["codes of this verification were sent"], "phone-codes"),
    (&["code is not valid any more"], "phone-codes"),
    (&["payment method is being entered"], "payment-method"),
    (&["documents of this country"], "documents"),
    (&["this document is not taken"], "documents"),
    (&["choose a document first"], "documents"),
    (&["prompts were drawn too often"], "documents"),
    (&["ask for the prompts first"], "documents"),
    (&["machine-readable zone"], "documents"),
    (&["a picture is still missing"], "documents"),
    (&["no such picture is asked for"], "documents"),
    (&["this picture was taken four times"], "documents"),
    (&["nothing can be handed in here"], "links-and-forms"),
    (&["this organization needs no verification"], "verification"),
    (&["a verification of this organization is going on"], "verification"),
    (&["a key without a person has no address"], "verification"),
    (&["consent to the processing"], "your-data"),
    (&["the operator has paused this verification"], "waiting-and-results"),
    (&["not possible in the present state"], "waiting-and-results"),
    (&["an appeal already waits"], "waiting-and-results"),
    (&["'statement'"], "waiting-and-results"),
];

/// Prefixes of error codes, and the page about them. The longest prefix wins.
const CODES: &[(&str, &str)] = &[
    ("phone_", "phone-codes"),
    ("phone_verification_required", "phone-number-requirement"),
    ("another_organization", "phone-number-requirement"),
    ("phone_revoked", "phone-codes"),
    ("waiver_", "phone-number-requirement"),
    ("sign_in_before_replacing", "phone-codes"),
    ("payment_", "payment-method"),
    ("organization_verification_required", "image-model-needs-verification"),
    ("organization_already_verified", "verification"),
    ("organization_membership_required", "wrong-organization-or-project"),
    ("verification_links", "too-many-tries"),
    ("verification_mails", "too-many-tries"),
    ("verification_starts", "too-many-tries"),
    ("verification_handoffs", "too-many-tries"),
    ("exports", "too-many-tries"),
    ("external_checks", "too-many-tries"),
    ("workload_keys", "workload-identity"),
    ("workload_keys_of_organization", "workload-identity"),
    ("capture_pictures", "too-many-tries"),
    ("verification_in_progress", "verification"),
    ("verification_", "waiting-and-results"),
    ("reason_", "waiting-and-results"),
    ("consent_required", "your-data"),
    ("picture_", "documents"),
    ("document_", "documents"),
    ("country_not_served", "documents"),
    ("zone_unreadable", "documents"),
    ("name_unreadable", "documents"),
    ("capture_closed", "links-and-forms"),
    ("review_", "operating"),
    ("days_", "operating"),
    ("hold_", "operating"),
    ("policy_invalid", "operating"),
    ("price_", "operating"),
    ("invalid_signature", "operating"),
    ("invalid_api_key", "key-not-accepted"),
    ("account_deactivated", "key-not-accepted"),
    ("account_mails", "signing-in"),
    ("account_deletion_pending", "your-data"),
    ("organization_name_differs", "your-data"),
    ("mismatched_", "wrong-organization-or-project"),
    ("invalid_organization", "wrong-organization-or-project"),
    ("not_authorized_invalid_project", "wrong-organization-or-project"),
    ("ip_", "addresses-and-countries"),
    ("certificate_", "client-certificate"),
    ("client_certificates_not_checked", "client-certificate"),
    ("unsupported_country_region_territory", "addresses-and-countries"),
    ("model_not_found", "model-not-found"),
    ("tool_not_allowed", "model-not-found"),
    ("tier_default", "request-not-understood"),
    ("unsupported_value", "request-not-understood"),
    ("unknown_parameter", "request-not-understood"),
    ("time_zone_unknown", "request-not-understood"),
    ("name_", "request-not-understood"),
    ("person_name_too_long", "request-not-understood"),
    ("unknown_url", "not-there"),
    ("method_not_supported", "not-there"),
    ("not_found", "not-there"),
    ("rate_limit_", "rate-limits"),
    ("credit_balance_", "credit"),
    ("billing_not_active", "credit"),
    ("organization_spend_limit_", "spend-limits"),
    ("project_spend_limit_", "spend-limits"),
    ("billing_hard_limit_", "spend-limits"),
    ("insufficient_quota", "too-many-tries"),
    ("limited", "too-many-tries"),
    ("server_is_overloaded", "service-errors"),
    ("slow_down", "service-errors"),
    ("https_required", "key-not-accepted"),
    ("provider_unavailable", "service-errors"),
    ("not_configured", "service-errors"),
    ("no_mail", "service-errors"),
    ("unavailable", "service-errors"),
    ("internal", "service-errors"),
    ("forbidden", "people-and-projects"),
    ("last_owner", "people-and-projects"),
    ("people_", "people-and-projects"),
    ("invite", "people-and-projects"),
    ("link_expired", "links-and-forms"),
    ("form", "links-and-forms"),
    ("other_account", "links-and-forms"),
    ("operator_", "signing-in"),
    ("wrong_", "signing-in"),
    ("email_", "signing-in"),
    ("sign_in", "signing-in"),
    ("session_ended", "signing-in"),
    ("password_", "signing-in"),
    ("second_factor", "signing-in"),
    ("passkey_", "signing-in"),
    ("no_password", "signing-in"),
    ("only_way_in", "signing-in"),
    ("own_second_factor", "signing-in"),
    ("identity_taken", "signing-in"),
    ("reauthentication_needed", "signing-in"),
];

/// The page about an error code, including the codes of the pages' own messages.
pub(crate) fn topic_of_code(code: &str) -> Option<&'static str> {
    let fits = CODES.iter().filter(|(start, _)| code.starts_with(start));
    fits.max_by_key(|(start, _)| start.len()).map(|(_, slug)| *slug)
}

/// The longest constant part of each message of the pages, and its help page.
static SENTENCES: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for language in Language::ALL {
        for line in keystead_locales::sources(language).iter().flat_map(|source| source.lines()) {
            let Some((key, value)) = line.split_once(" = ") else { continue };
            let Some(slug) = topic_of_text(key) else { continue };
            let whole = value.split("{ $").map(|part| part.split_once('}').map_or(part, |(_, after)| after));
            if let Some(longest) = whole.map(plain).max_by_key(String::len) {
                all.push((longest, slug));
            }
        }
    }
    all
});

/// The help page of a message, by its key: `error-phone-code-wrong`, `reason-face-mismatch`.
pub(super) fn topic_of_text(key: &str) -> Option<&'static str> {
    match key.strip_prefix("error-") {
        Some(code) => topic_of_code(&code.replace('-', "_")),
        None if key.starts_with("reason-") => topic_of_code(&key.replace('-', "_")),
        None => None,
    }
}

/// The shortest part of a sentence, in bytes, that identifies it.
const TELLING: usize = 16;

/// The page of the error that the text contains.
pub(super) fn of(text: &str) -> Option<&'static str> {
    let messages = MESSAGES
        .iter()
        .filter(|(parts, _)| parts.iter().all(|part| text.contains(part)))
        .map(|(parts, slug)| (parts.iter().map(|part| part.len()).sum::<usize>(), *slug));
    // A code counts more than the same number of letters of a sentence, because it does not occur by chance.
    let codes = text
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.contains('_'))
        .filter_map(|word| Some((word.len() + 12, topic_of_code(word)?)));
    let sentences = SENTENCES
        .iter()
        .filter(|(sentence, _)| sentence.len() >= TELLING && text.contains(sentence))
        .map(|(sentence, slug)| (sentence.len(), *slug));
    let best = messages.chain(codes).chain(sentences).max_by_key(|(length, _)| *length).map(|(_, slug)| slug);
    best.or_else(|| part_of_one(text))
}

/// The page of a text that is part of a sentence, if only one page has that sentence.
fn part_of_one(text: &str) -> Option<&'static str> {
    if text.len() < TELLING {
        return None;
    }
    let holding = SENTENCES.iter().filter(|(sentence, _)| sentence.contains(text)).map(|(_, slug)| *slug);
    let mut holding: Vec<&str> = holding.collect();
    holding.dedup();
    match holding[..] {
        [slug] => Some(slug),
        _ => None,
    }
}
