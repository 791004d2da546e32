use std::collections::BTreeMap;
use std::path::Path;

use keystead_core::money::Micros;
use keystead_core::network::CountryRule;

use super::sections::Sandbox;
use super::{Config, ConfigError, from_parts};

pub(super) fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    from_parts(Path::new("keystead.toml"), text, &variables)
}

pub(super) fn reason(text: &str, variables: &[(&str, &str)]) -> String {
    match parse(text, variables).and_then(|config| config.validate(&|_| None)) {
        Ok(_) => panic!("{text} {variables:?} was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_example_file_equals_the_defaults() {
    let example = parse(include_str!("../../keystead.example.toml"), &[]).unwrap();
    assert_eq!(example, Config::default());
}

#[test]
fn every_commented_value_of_the_example_is_known() {
    let example = include_str!("../../keystead.example.toml");
    let uncommented: String = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with("[[") || rest.split(' ').nth(1) == Some("=") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    // The header of certificates needs a proxy, and the example trusts none.
    let config = parse(&uncommented, &[("KEYSTEAD_SERVER__TRUSTED_PROXIES", "127.0.0.1")]).unwrap();
    assert_eq!(config.upstream.len(), 1);
    let valid = config.validate(&|name| (name == "MODELS_API_KEY").then(|| "k".to_owned())).unwrap();
    assert_eq!(
        valid.upstreams[0].options,
        keystead_gateway::UpstreamOptions::default(),
        "the example says the defaults"
    );
    assert_eq!(valid.models[0].1.output, Micros(10_000_000));
    assert_eq!(valid.models[0].1.cached_input, Micros(1_250_000));
    let (rates, own) = (valid.rates, valid.models[0].2);
    assert_eq!((rates.requests_per_minute, rates.images_per_minute), (Some(500), Some(50)));
    assert_eq!((own.requests_per_minute, own.images_per_minute), (Some(1_000), Some(100)));
    assert_eq!(valid.tiers.tiers().count(), 6);
}

#[test]
fn a_second_service_for_codes_needs_a_first() {
    let second = [("KEYSTEAD_SMS_FALLBACK__PROVIDER", "http"), ("KEYSTEAD_SMS_FALLBACK__BASE_URL", "https://b.test")];
    assert!(parse("", &second).unwrap().validate(&|_| None).unwrap().sms_fallback.is_some(), "beside the sandbox's");
    assert!(reason("[sandbox]\nenabled = false", &second).contains("sms_fallback needs sms"));
    assert!(reason("[sms_fallback]\nprovider = 'pigeon'", &[]).contains("sms_fallback.provider must be"));
    assert!(reason("[sms_fallback]\nprovider = 'twilio'", &[]).contains("sms_fallback.account_sid"));
}

#[test]
fn the_environment_wins() {
    let config = parse(
        "[server]\nlisten = '127.0.0.1:1'",
        &[
            ("KEYSTEAD_SERVER__LISTEN", "127.0.0.1:2"),
            ("KEYSTEAD_DATABASE__URL", "postgres://u:p@h/d"),
            ("KEYSTEAD_SANDBOX__ENABLED", "false"),
            ("KEYSTEAD_UPSTREAM__0__NAME", "a"),
            ("KEYSTEAD_UPSTREAM__0__BASE_URL", "http://127.0.0.1:9/v1/"),
            ("KEYSTEAD_UPSTREAM__0__MODELS", "x, y"),
            ("KEYSTEAD_MODEL__0__ID", "x"),
            ("KEYSTEAD_MODEL__0__INPUT", "0.15"),
        ],
    )
    .unwrap();
    assert_eq!(config.server.listen.port(), 2);
    let valid = config.validate(&|_| None).unwrap();
    assert_eq!(valid.upstreams[0].base_url, "http://127.0.0.1:9/v1/");
    assert_eq!(valid.upstreams[0].models, ["x", "y"]);
    assert_eq!(valid.models[0].1.input, Micros(150_000));
    assert!(valid.sandbox.is_none());
    assert!(!format!("{valid:?}").contains("u:p"), "a database password is never shown");
}

// The variables that Kubernetes sets for a Service named `keystead` and one named `keystead-server`, as its
// documentation lists them.
#[test]
fn a_list_of_variables_has_more_than_ten_rows() {
    let names: Vec<String> = (0..12).map(|row| format!("KEYSTEAD_MODEL__{row}__ID")).collect();
    let ids: Vec<String> = (0..12).map(|row| format!("m{row}")).collect();
    let variables: Vec<_> = names.iter().zip(&ids).map(|(name, id)| (name.as_str(), id.as_str())).collect();
    let read = parse("", &variables).unwrap();
    assert_eq!(read.model.iter().map(|model| &model.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    assert!(reason("", &[variables[0], variables[2]]).contains("number 2 comes after a gap"));
}

#[test]
fn variables_of_a_kubernetes_service_are_not_ours() {
    let set = [
        ("KEYSTEAD_SERVICE_HOST", "10.0.0.1"),
        ("KEYSTEAD_SERVICE_PORT", "8080"),
        ("KEYSTEAD_SERVICE_PORT_HTTP", "8080"),
        ("KEYSTEAD_PORT", "tcp://10.0.0.1:8080"),
        ("KEYSTEAD_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("KEYSTEAD_PORT_8080_TCP_PROTO", "tcp"),
        ("KEYSTEAD_PORT_8080_TCP_PORT", "8080"),
        ("KEYSTEAD_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("KEYSTEAD_SERVER_SERVICE_HOST", "10.0.0.2"),
        ("KEYSTEAD_SERVER_PORT", "tcp://10.0.0.2:80"),
        ("KEYSTEAD_CONFIG", "/etc/keystead.toml"),
    ];
    assert_eq!(parse("", &set).unwrap(), Config::default());
    let variables: BTreeMap<String, String> =
        set.iter().chain(&[("KEYSTEAD_SERVER_LISTEN", "x")]).map(|(a, b)| ((*a).into(), (*b).into())).collect();
    let meant = [("KEYSTEAD_SERVER_LISTEN".to_owned(), "KEYSTEAD_SERVER__LISTEN".to_owned())];
    assert_eq!(super::environment::probably_mistyped(&variables), meant, "told, and not an error");
    assert_eq!(parse("", &[("KEYSTEAD_ENVIRONMENT", "development")]).unwrap(), Config::default(), "read");
}

#[test]
fn mistakes_are_named() {
    assert!(reason("[server]\nlistn = 'x'", &[]).contains("listn"));
    assert!(reason("[serve]\nlisten = 'x'", &[]).contains("serve"));
    for (unknown, nearest) in [
        ("KEYSTEAD_SERVER__LISTN", "KEYSTEAD_SERVER__LISTEN"),
        ("KEYSTEAD_SERVE__LISTEN", "KEYSTEAD_SERVER__LISTEN"),
        ("KEYSTEAD_UPSTREAM__0__BASEURL", "KEYSTEAD_UPSTREAM__0__BASE_URL"),
        ("KEYSTEAD_A__B__C__D", ""),
    ] {
        let reason = reason("", &[(unknown, "x")]);
        assert!(reason.contains(unknown) && reason.contains(nearest), "{reason}");
    }
    assert!(reason("", &[("KEYSTEAD_SANDBOX__ENABLED", "maybe")]).contains("KEYSTEAD_SANDBOX__ENABLED"));
    assert!(reason("[database]\nurl = 'mysql://x'", &[]).contains("database.url"));
    assert!(reason("[[model]]\nid = 'm'\ninput = -1", &[]).contains("input"));
    assert!(reason("[[model]]\nid = 'm'\ntokens_per_minute = 0", &[]).contains("model \"m\": what a minute"));
    assert!(reason("[limits]\nrequests_per_day = 1000000001", &[]).contains("limits: what a minute"));
    assert!(reason("[[model]]\nid = 'm'\ninput = '1.2345678'", &[]).contains("input"));
    assert!(reason("[[model]]\nid = 'm'\nimage = '1000000000.000001'", &[]).contains("image must be dollars"));
    assert!(reason("[server]\ntrusted_proxies = ['local']", &[]).contains("local"));
    assert!(reason("[server]\ntrusted_proxies = ['10.0.0.1/8']", &[]).contains("write 10.0.0.0/8"));
    assert!(reason("[network]\nallowed_countries = ['Poland']", &[]).contains("\"Poland\" is not an ISO 3166-1"));
    let both = "[network]\nallowed_countries = ['PL']\nrefused_countries = ['US']";
    assert!(reason(both, &[]).contains("not both"));
    for header in ["cf_ipcountry", "two words", "X-Forwarded-For"] {
        let named = format!("[network]\ncountry_header = '{header}'");
        assert!(reason(&named, &[]).contains("network.country_header"), "{header}");
        let named = format!("[network]\nclient_certificate_header = '{header}'");
        assert!(reason(&named, &[]).contains("network.client_certificate_header"), "{header}");
    }
    let certificate = "[network]\nclient_certificate_header = 'X-Client-Cert'\ncountry_header = 'x-client-cert'";
    assert!(reason(certificate, &[]).contains("needs server.trusted_proxies"));
    let proxies = ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "10.0.0.1");
    assert!(reason(certificate, &[proxies]).contains("must be different headers"));
    // An empty or short secret would let others sign deliveries.
    for secrets in ["whsec_0123456789,", ",", " ", "short", "whsec_0123456789, short"] {
        let payment = format!("[payment]\nprovider = 'stripe'\napi_key = 'k'\nwebhook_secrets = '{secrets}'");
        assert!(reason(&payment, &[]).contains("payment.webhook_secrets"), "{secrets:?}");
    }
    let upstream = "[[upstream]]\nname = 'a'\nbase_url = 'http://a'\n";
    assert!(reason(&format!("{upstream}api_key_env = 'GONE'"), &[]).contains("GONE"));
    assert!(reason(&format!("{upstream}[[model]]\nid = 'm'\nupstream = 'b'"), &[]).contains("\"b\""));
}

#[test]
fn upstreams_that_cannot_work_are_refused_at_the_start() {
    let of = |base: &str, more: &str| format!("[[upstream]]\nname = 'a'\nbase_url = '{base}'\n{more}");
    for (base, says) in [
        ("models.internal", "upstream \"a\": base_url must be an http:// or https:// address with a host"),
        ("http://", "with a host"),
        ("https://me:secret@models.internal/v1", "give the secret as api_key"),
        ("https://models.internal/v1#x", "fragment"),
        ("https://models.internal/v1/chat/completions", "must end before the route"),
    ] {
        let text = reason(&of(base, ""), &[]);
        assert!(text.contains(says) && !text.contains("secret@"), "{base}: {text}");
    }
    let http = "http://h/v1";
    assert!(reason(&of(http, "api_key = \"a\\u007fb\""), &[]).contains("no header can carry"));
    assert!(reason(&of(http, "api_key = ' '"), &[]).contains("is empty"));
    let two = format!("{}{}", of(http, ""), of("http://b/v1", ""));
    assert!(reason(&two, &[]).contains("two [[upstream]] are named \"a\""));
    assert!(reason(&of(http, "stream_usage = 'maybe'"), &[]).contains("maybe"));
    assert!(reason(&of(http, "idle_seconds = 0"), &[]).contains("idle_seconds must be 1 to 86400"));
    assert!(reason(&of(http, "first_byte_seconds = 100000"), &[]).contains("first_byte_seconds"));
    for good in ["http://[::1]:8000", "https://h/openai/v1/?api-version=preview", " http://h/v1 "] {
        let variables = [("KEYSTEAD_UPSTREAM__0__AUTH", "api-key"), ("KEYSTEAD_UPSTREAM__0__KEEP_ALIVE_SECONDS", "0")];
        let config = parse(&of(good, "api_key = \"k\\n\""), &variables).unwrap();
        let valid = config.validate(&|_| None).unwrap();
        assert_eq!(valid.upstreams[0].api_key.as_ref().unwrap().expose(), "k", "a line break behind a key is dropped");
        assert_eq!(valid.upstreams[0].options.auth, keystead_gateway::Auth::ApiKey);
    }
}

#[test]
fn the_network_from_the_environment() {
    let config = parse(
        "",
        &[
            ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("KEYSTEAD_NETWORK__CLIENT_CERTIFICATE_HEADER", "X-Client-Cert"),
            ("KEYSTEAD_NETWORK__COUNTRY_HEADER", "CF-IPCountry"),
            ("KEYSTEAD_NETWORK__REFUSED_COUNTRIES", "us,JP"),
            ("KEYSTEAD_NETWORK__COUNTRY_DATABASE", "/var/lib/countries.mmdb"),
        ],
    );
    let edge = config.unwrap().validate(&|_| None).unwrap().edge;
    assert_eq!(edge.trusted.entries(), ["10.0.0.0/8", "::1"]);
    assert_eq!(edge.certificate_header.unwrap(), "x-client-cert");
    assert_eq!(edge.country_header.unwrap(), "cf-ipcountry");
    assert_eq!(edge.rule, Some(CountryRule::Refused(vec!["US".parse().unwrap(), "JP".parse().unwrap()])));
    assert_eq!(edge.country_database.unwrap(), Path::new("/var/lib/countries.mmdb"));
}

#[test]
fn a_build_without_the_sandbox_refuses_what_asks_for_it() {
    let wanted = |enabled, production, compiled| {
        let section = Sandbox { enabled, ..Sandbox::default() };
        section.wanted(production, compiled).map_err(|error| error.to_string())
    };
    let missing = wanted(None, false, false).unwrap_err();
    assert!(missing.contains("built without the sandbox"), "{missing}");
    assert_eq!(wanted(Some(true), false, false), Err(missing));
    assert_eq!(wanted(Some(false), false, false), Ok(false));
    assert_eq!(wanted(None, true, false), Ok(false));
    assert_eq!(wanted(None, false, true), Ok(true));
    let refused = wanted(Some(true), true, false).unwrap_err();
    assert!(refused.contains("must not be true in production"), "{refused}");
}

#[test]
fn production_is_strict() {
    let upstream = "[[upstream]]\nname = 'a'\nbase_url = 'http://a'\n";
    let production = format!("environment = 'production'\n{upstream}");
    assert!(reason(&production, &[]).contains("server.public_url"));
    let url = ("KEYSTEAD_SERVER__PUBLIC_URL", "https://keys.example.com/");
    assert!(reason(&production, &[url, ("KEYSTEAD_SANDBOX__ENABLED", "true")]).contains("sandbox.enabled"));
    assert!(reason("environment = 'production'", &[url]).contains("upstream"));
    let valid = parse(&production, &[url]).unwrap().validate(&|_| None).unwrap();
    assert_eq!(valid.public_url, "https://keys.example.com");
    assert!(valid.sandbox.is_none());
}

// A key for trials is recognized by its form; a live key, and the key of a stand-in server, are not for trials.
#[test]
fn keys_for_trials_are_told() {
    let found = |stripe: &str, persona: &str| {
        let text = format!(
            "[payment]\nprovider = 'stripe'\napi_key = '{stripe}'\nwebhook_secrets = 'whsec_0123456789'\n\
             [identity]\nprovider = 'persona'\napi_key = '{persona}'\ntemplate = 'itmpl_1'\n\
             webhook_secrets = 'wbhsec_0123456789'\nenvironment_id = 'env_1'"
        );
        parse(&text, &[]).unwrap().validate(&|_| None).unwrap().trial_keys().len()
    };
    assert_eq!(found("sk_live_1", "persona_production_1"), 0);
    assert_eq!(found("rk_live_1", "stand-in"), 0);
    assert_eq!(found("sk_test_1", "persona_production_1"), 1);
    assert_eq!(found("rk_test_1", "persona_production_1"), 1);
    assert_eq!(found("sk_live_1", "persona_sandbox_1"), 1);
    assert_eq!(found("sk_test_1", "persona_sandbox_1"), 2);
    assert!(parse("", &[]).unwrap().validate(&|_| None).unwrap().trial_keys().is_empty());
    // An empty id would believe everything when only one was meant.
    for id in ["", " ", "env 1", "env_1\n"] {
        let persona = "[identity]\nprovider = 'persona'\napi_key = 'k'\ntemplate = 't'\n\
                       webhook_secrets = 'wbhsec_0123456789'";
        assert!(
            reason(persona, &[("KEYSTEAD_IDENTITY__ENVIRONMENT_ID", id)]).contains("identity.environment_id"),
            "{id:?}"
        );
    }
}

/// Roles in the account of the identity are not assumed, so the account must be known.
#[test]
fn the_identity_at_aws_has_an_account() {
    let aws =
        |more: &str| format!("[aws]\naccess_key_id = 'AKIA1'\nsecret_access_key = 's'\nregion = 'eu-west-1'\n{more}");
    assert!(reason(&aws(""), &[]).contains("aws.account_id is required"));
    for wrong in ["12345678901", "1234567890123", "12345678901x"] {
        assert!(reason(&aws(&format!("account_id = '{wrong}'")), &[]).contains("aws.account_id must be the 12 digits"));
    }
    let account = |more: &str| {
        let valid = parse(&aws(more), &[]).unwrap().validate(&|_| None).unwrap();
        valid.aws.unwrap().account
    };
    assert_eq!(account("account_id = '123456789012'").as_deref(), Some("123456789012"));
    assert_eq!(account("endpoint = 'http://minio.test'"), None, "a server in place of AWS has none");
}

/// A section with a part of an identity would otherwise be off without a word.
#[test]
fn a_section_without_the_name_of_its_identity_is_refused() {
    for (section, wanted) in [
        ("[aws]\nsecret_access_key = 's'", "aws.access_key_id"),
        ("[aws]\nregion = 'eu-west-1'", "aws.access_key_id"),
        ("[azure]\nclient_secret = 's'", "azure.client_id"),
        ("[sign_in]\nclient_id = 'c'\nclient_secret = 's'", "sign_in.issuer"),
        ("[sign_in]\nlabel = 'Google'", "sign_in.issuer"),
    ] {
        let said = reason(section, &[]);
        assert!(said.contains(&format!("{wanted} is required")), "{section}: {said}");
    }
    assert!(reason("", &[("KEYSTEAD_AWS__SECRET_ACCESS_KEY", "s")]).contains("aws.access_key_id"));
    parse("[aws]\n[azure]\n[sign_in]", &[]).unwrap().validate(&|_| None).unwrap();
}
