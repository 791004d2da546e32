use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::fields::{of_key, of_storage};
use super::*;

fn given(fields: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

const AWS_KEY: &[(&str, &str)] = &[
    ("external_id", "acme-1"),
    ("kms_arn", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab"),
    ("role_arn", "arn:aws:iam::123456789012:role/teams/keystead"),
];

#[test]
fn members_are_those_of_the_clouds() {
    for (members, fields) in
        [(KEY_MEMBERS, of_key as fn(Cloud) -> &'static [fields::Field]), (STORAGE_MEMBERS, of_storage)]
    {
        let all: BTreeSet<&str> = Cloud::ALL.into_iter().flat_map(fields).map(|field| field.name).collect();
        assert_eq!(members.iter().copied().collect::<BTreeSet<_>>(), all);
        assert!(members.is_sorted());
    }
}

#[test]
fn a_key_is_found_by_its_fields() {
    let key = Location::of_key(Cloud::Aws, &given(AWS_KEY)).unwrap();
    assert_eq!((key.account(), key.region(), key.is_in_china()), ("123456789012", Some("eu-west-1"), false));
    let saved: BTreeMap<String, String> =
        key.fields().iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    assert_eq!(Location::restored(Cloud::Aws, saved), Some(key));
    let unknown = BTreeMap::from([("secret".to_owned(), "x".to_owned())]);
    assert_eq!(Location::restored(Cloud::Aws, unknown), None);
}

/// A role is valid in its own partition only.
#[test]
fn a_key_and_its_role_are_of_one_partition() {
    for (key, role, fits) in [
        ("aws", "aws", true),
        ("aws-cn", "aws-cn", true),
        ("aws-us-gov", "aws-us-gov", true),
        ("aws-cn", "aws", false),
        ("aws", "aws-us-gov", false),
    ] {
        let (kms, iam) =
            (format!("arn:{key}:kms:cn-north-1:123456789012:key/1"), format!("arn:{role}:iam::123456789012:role/r"));
        let found =
            Location::of_key(Cloud::Aws, &given(&[("external_id", "acme-1"), ("kms_arn", &kms), ("role_arn", &iam)]));
        match found {
            Ok(_) => assert!(fits, "{key} {role}"),
            Err(fault) => assert!(!fits && matches!(fault, FieldFault::Wrong { name: "kms_arn", .. }), "{fault:?}"),
        }
    }
}

/// The id of an organization is the external id of its storage, so a key of another one cannot have it.
#[test]
fn an_external_id_of_another_organization_is_seen() {
    let own: crate::id::OrganizationId = "org-one".parse().unwrap();
    for (external_id, another) in
        [("org-two", true), ("org-one", false), ("acme-1", false), ("org-", false), ("org-two:x", false)]
    {
        let mut fields = given(AWS_KEY);
        fields[0].1 = external_id.to_owned();
        let key = Location::of_key(Cloud::Aws, &fields).unwrap();
        assert_eq!(key.names_another(&own), another, "{external_id}");
    }
}

#[test]
fn fields_are_required_and_no_others_are_taken() {
    for cloud in Cloud::ALL {
        for field in of_key(cloud).iter().filter(|field| field.required) {
            assert!(matches!(Location::of_key(cloud, &[]), Err(FieldFault::Missing(_))), "{cloud:?}");
            assert!(!(field.fits)(""), "{cloud:?} {}", field.name);
        }
        assert!(matches!(Location::of_storage(cloud, &[]), Err(FieldFault::Missing(_))), "{cloud:?}");
    }
    let mut both = given(AWS_KEY);
    both.push(("vault_uri", "https://acme.vault.azure.net/".to_owned()));
    assert_eq!(Location::of_key(Cloud::Aws, &both), Err(FieldFault::Foreign("vault_uri")));
}

/// ASVS 1.3.6: no value leads to another host or path.
#[test]
fn no_value_leads_to_another_host() {
    let is = |cloud: Cloud, storage: bool, name: &str, value: &str| {
        let fields = if storage { of_storage(cloud) } else { of_key(cloud) };
        fields.iter().find(|field| field.name == name).map(|field| (field.fits)(value)).unwrap()
    };
    assert!(is(Cloud::Azure, false, "vault_uri", "https://acme.vault.azure.net"));
    assert!(is(Cloud::Azure, false, "vault_uri", "https://acme-1.managedhsm.azure.net/"));
    for wrong in [
        "http://acme.vault.azure.net",
        "https://127.0.0.1/.vault.azure.net",
        "https://evil.example#.vault.azure.net",
        "https://evil.example/?.vault.azure.net",
        "https://user@acme.vault.azure.net",
        "https://acme.vault.azure.net:8080",
        "https://acme.vault.azure.net/keys",
        "https://acme.vault.azure.net.evil.example",
        "https://a.b.vault.azure.net",
        "https://-acme.vault.azure.net",
        "https://.vault.azure.net",
        "file:///etc/passwd",
    ] {
        assert!(!is(Cloud::Azure, false, "vault_uri", wrong), "{wrong}");
    }
    for wrong in
        ["ab", "Acme", "a..b", "-acme", "acme.", "a/b", "a b", "acme@evil", "acme%2f", "é-bucket", &"a".repeat(64)]
    {
        assert!(!is(Cloud::Aws, true, "bucket", wrong), "{wrong}");
    }
    assert!(is(Cloud::Aws, true, "bucket", "acme.data-1"));
    for wrong in [
        "arn:aws:iam::123456789012:user/ann",
        "arn:aws:iam::12345678901:role/x",
        "arn:aws:iam:eu-west-1:123456789012:role/x",
        "arn:evil:iam::123456789012:role/x",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/x y",
        "arn:aws:iam::123456789012:role/x\n",
        "",
    ] {
        assert!(!is(Cloud::Aws, true, "role_arn", wrong), "{wrong}");
    }
    for wrong in [
        "arn:aws:kms:evil.example/:123456789012:key/1",
        "arn:aws:kms:eu-west-1.evil.example:123456789012:key/1",
        "arn:aws:kms:eu-west-1:123456789012:secret/1",
        "arn:aws:kms::123456789012:key/1",
    ] {
        assert!(!is(Cloud::Aws, false, "kms_arn", wrong), "{wrong}");
    }
    for wrong in [".", "..", "a/b", "a?b", "a#b", "a%b", "a\\b"] {
        assert!(!is(Cloud::Gcp, true, "bucket", wrong), "{wrong}");
        assert!(!is(Cloud::Azure, false, "key_name", wrong), "{wrong}");
    }
    assert!(is(Cloud::Azure, true, "resource_group", "data_(prod)-1.eu"));
    for wrong in ["a/b", "prod.", "", &"a".repeat(91)] {
        assert!(!is(Cloud::Azure, true, "resource_group", wrong), "{wrong}");
    }
    assert!(!is(Cloud::Azure, false, "tenant_id", "common"));
    assert!(is(Cloud::Azure, false, "tenant_id", "72f988bf-86f1-41af-91ab-2d7cd011db47"));
    assert!(!is(Cloud::Oci, true, "region", "eu.evil"));
}

/// A region becomes a part of a host's name, so it has no form that another host below the same domain has.
#[test]
fn regions_are_words_and_a_number() {
    for region in [
        "us-east-1",
        "us-gov-west-1",
        "eu-isoe-west-1",
        "eusc-de-east-1",
        "eu-frankfurt-1",
        "eu-dcc-milan-1",
        "af-johannesburg-1",
        "ap-southeast-12",
    ] {
        assert!(is_region(region), "{region}");
    }
    for wrong in [
        "",
        "s3",
        "elb",
        "execute-api",
        "compute-1",
        "s3-eu-west-1",
        "s3-website-us-east-1",
        "eu-west",
        "eu-west-",
        "eu-west-123",
        "eu-west-1a",
        "EU-west-1",
        "-west-1",
        "eu--1",
        "eu.west-1",
        "eu-west-1.evil.example",
        "ab-cdefghijklmnopqrstuvwxyzabcdefg-1",
    ] {
        assert!(!is_region(wrong), "{wrong}");
    }
    let key = |region: &str| {
        let mut fields = given(AWS_KEY);
        fields[1].1 = format!("arn:aws:kms:{region}:123456789012:key/1");
        Location::of_key(Cloud::Aws, &fields)
    };
    assert!(key("eu-west-1").is_ok());
    assert!(matches!(key("s3-eu-west-1"), Err(FieldFault::Wrong { name: "kms_arn", .. })));
}

#[test]
fn faults_say_what_they_mean() {
    for health in Health::ALL {
        assert_eq!(Health::from_name(health.as_str()), Some(health));
    }
    for fault in Fault::ALL {
        assert_eq!(Fault::from_name(fault.as_str()), Some(fault));
        assert!(matches!(Checked::failed(fault).health(), Health::Degraded | Health::Unhealthy));
    }
    for cloud in Cloud::ALL {
        assert_eq!(Cloud::from_name(cloud.as_str()), Some(cloud));
    }
    for purpose in [KeyPurpose::Ekm, KeyPurpose::PspDecryption] {
        assert_eq!(KeyPurpose::from_name(purpose.as_str()), Some(purpose));
    }
    assert_eq!(Checked { fault: None, region: None }.health(), Health::Validated);
    let of = |status| Fault::of_status(status, Fault::WriteRefused);
    assert_eq!(
        [204, 403, 404, 429, 503].map(of),
        [None, Some(Fault::WriteRefused), Some(Fault::NotFound), Some(Fault::Busy), Some(Fault::Busy)]
    );
    assert_eq!([301, 400].map(of), [Some(Fault::Unexpected); 2]);
}

#[test]
fn regions_have_a_geography() {
    for (region, wanted) in [
        ("us-east-1", "US"),
        ("eu-frankfurt-1", "EU"),
        ("eu-west-2", "GB"),
        ("ap-northeast-1", "JP"),
        ("ap-northeast-2", "KR"),
        ("ap-south-1", "IN"),
        ("ap-southeast-1", "SG"),
        ("me-central-1", "AE"),
        ("sa-east-1", "GLOBAL"),
        ("unknown", "GLOBAL"),
    ] {
        assert_eq!(geography(region), wanted, "{region}");
    }
}

proptest! {
    /// Every value that is taken is one segment of a path, or an ARN, an address of a vault, or an audience, which never are one.
    #[test]
    fn what_is_taken_is_one_segment(value in "[ -~]{0,40}") {
        for cloud in Cloud::ALL {
            for field in of_key(cloud).iter().chain(of_storage(cloud)) {
                let whole = ["audience", "vault_uri", "external_id", "role_arn", "kms_arn"].contains(&field.name);
                if (field.fits)(&value) && !whole {
                    prop_assert!(!value.contains(['/', '\\', '?', '#', '%', '@', ':', ' ']), "{}", field.name);
                }
            }
        }
    }
}
