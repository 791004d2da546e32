//! Keys and buckets in customers' cloud accounts: what is sent, and what each answer means.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keystead_core::external::{Cloud, Fault, KeyPurpose, Location};
use keystead_core::time::Timestamp;
use keystead_providers::cloud::{AwsIdentity, AzureIdentity, Clouds, HttpClouds};
use serde_json::{Value, json};

use crate::vendor::{Answer, Vendor, answer_of, json_answer};
use crate::{NOW, secret};

const ROLE: &str = "arn:aws:iam::123456789012:role/keystead";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const PROBE: &str = "job_probe1";

fn given(fields: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

fn aws_key() -> Location {
    let fields = given(&[("external_id", "acme"), ("kms_arn", KEY), ("role_arn", ROLE)]);
    Location::of_key(Cloud::Aws, &fields).unwrap()
}

fn aws_bucket() -> Location {
    let fields = given(&[("bucket", "acme-data"), ("role_arn", ROLE)]);
    Location::of_storage(Cloud::Aws, &fields).unwrap().with_external_id("org-one")
}

fn azure_key(version: Option<&str>) -> Location {
    let mut fields =
        given(&[("key_name", "main"), ("tenant_id", TENANT), ("vault_uri", "https://acme.vault.azure.net/")]);
    fields.extend(version.map(|version| ("key_version", version.to_owned())));
    Location::of_key(Cloud::Azure, &fields).unwrap()
}

fn azure_container() -> Location {
    let fields = given(&[
        ("account_name", "acmedata"),
        ("container", "keystead"),
        ("resource_group", "main"),
        ("subscription_id", TENANT),
        ("tenant_id", TENANT),
    ]);
    Location::of_storage(Cloud::Azure, &fields).unwrap()
}

fn client(vendor: &Vendor) -> HttpClouds {
    client_of(vendor, "999999999999")
}

/// With an identity of this account at AWS.
fn client_of(vendor: &Vendor, account: &str) -> HttpClouds {
    let aws = AwsIdentity {
        access_key_id: "AKIAOPERATOR".to_owned(),
        secret_access_key: secret("operator-secret"),
        account: Some(account.to_owned()),
        region: "us-east-1".to_owned(),
        endpoint: Some(format!("{}/aws", vendor.url)),
    };
    let azure = AzureIdentity {
        client_id: "app".to_owned(),
        client_secret: secret("app-secret"),
        endpoint: Some(format!("{}/azure", vendor.url)),
    };
    let clock: keystead_providers::Clock = Arc::new(|| Timestamp(NOW));
    HttpClouds::new(Some(aws), Some(azure), &clock).unwrap()
}

fn assumed() -> Answer {
    let answer = "<R><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey>\
                  <SessionToken>token</SessionToken></R>";
    answer_of(200, "text/xml", answer)
}

fn status(status: u16, content: &str) -> Answer {
    answer_of(status, "text/plain", content)
}

fn in_region(status: u16, region: &str) -> Answer {
    Answer::Whole { status, headers: vec![("x-amz-bucket-region", region.to_owned())], body: Vec::new() }
}

fn token() -> Answer {
    json_answer(200, json!({ "access_token": "azure-token" }))
}

#[tokio::test]
async fn a_key_at_aws_encrypts_and_decrypts() {
    let plain = STANDARD.encode(PROBE);
    let vendor = Vendor::new([
        assumed(),
        json_answer(200, json!({ "CiphertextBlob": "Y2lwaGVy" })),
        json_answer(200, json!({ "Plaintext": plain })),
    ])
    .await;
    let checked = client(&vendor).check_key(&aws_key(), KeyPurpose::Ekm, PROBE).await;
    assert_eq!((checked.fault, checked.region), (None, None));
    let sent = vendor.requests();
    let form = sent[0].form();
    for (name, value) in [("Action", "AssumeRole"), ("RoleArn", ROLE), ("ExternalId", "acme")] {
        assert!(form.contains(&(name.to_owned(), value.to_owned())), "{form:?}");
    }
    let signature = sent[0].header("authorization");
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIAOPERATOR/"), "{signature}");
    assert!(signature.contains("/us-east-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date,"));
    assert_eq!(sent[1].header("x-amz-target"), "TrentService.Encrypt");
    assert_eq!(sent[1].json(), json!({ "KeyId": KEY, "Plaintext": plain }));
    assert_eq!(sent[1].header("x-amz-security-token"), "token");
    assert!(sent[1].header("authorization").contains("ASIAROLE/"), "{:?}", sent[1]);
    assert!(sent[1].header("authorization").contains("/eu-west-1/kms/aws4_request"), "{:?}", sent[1]);
    assert_eq!(sent[2].json(), json!({ "KeyId": KEY, "CiphertextBlob": "Y2lwaGVy" }));
}

#[tokio::test]
async fn faults_of_a_key_at_aws_are_told_apart() {
    let error = |kind: &str| json_answer(400, json!({ "__type": kind }));
    for (answers, fault) in [
        (vec![status(403, "<Code>AccessDenied</Code>")], Fault::IdentityRefused),
        (vec![status(400, "<Code>Throttling</Code>")], Fault::Busy),
        (vec![status(503, "")], Fault::Busy),
        (vec![status(200, "no credentials")], Fault::Unexpected),
        (vec![Answer::Nothing], Fault::NoAnswer),
        (vec![assumed(), error("AccessDeniedException")], Fault::UseRefused),
        (vec![assumed(), error("com.amazonaws.kms#NotFoundException")], Fault::NotFound),
        (vec![assumed(), error("DisabledException")], Fault::Disabled),
        (vec![assumed(), error("ThrottlingException")], Fault::Busy),
        (vec![assumed(), error("SomethingElse")], Fault::Unexpected),
        (vec![assumed(), json_answer(200, json!({}))], Fault::Unexpected),
        (
            vec![
                assumed(),
                json_answer(200, json!({ "CiphertextBlob": "Y2lwaGVy" })),
                json_answer(200, json!({ "Plaintext": "b3RoZXI=" })),
            ],
            Fault::Altered,
        ),
    ] {
        let vendor = Vendor::new(answers).await;
        let checked = client(&vendor).check_key(&aws_key(), KeyPurpose::Ekm, PROBE).await;
        assert_eq!(checked.fault, Some(fault));
    }
    for (answer, fault) in
        [(error("InvalidCiphertextException"), None), (error("AccessDeniedException"), Some(Fault::UseRefused))]
    {
        let vendor = Vendor::new([assumed(), answer]).await;
        let checked = client(&vendor).check_key(&aws_key(), KeyPurpose::PspDecryption, PROBE).await;
        assert_eq!(checked.fault, fault, "only decrypts");
        assert_eq!(vendor.requests()[1].header("x-amz-target"), "TrentService.Decrypt");
    }
}

#[tokio::test]
async fn a_bucket_at_aws_is_written_read_and_cleaned() {
    let answers = [assumed(), in_region(301, "eu-central-1"), status(200, ""), status(200, PROBE), status(204, "")];
    let vendor = Vendor::new(answers).await;
    let checked = client(&vendor).check_storage(&aws_bucket(), PROBE).await;
    assert_eq!((checked.fault, checked.region.as_deref()), (None, Some("eu-central-1")));
    let sent = vendor.requests();
    let lines: Vec<String> = sent[1..].iter().map(crate::vendor::RecordedRequest::line).collect();
    let object = "/aws/acme-data/keystead-validation-job_probe1";
    let wanted = [
        "HEAD /aws/acme-data".to_owned(),
        format!("PUT {object}"),
        format!("GET {object}"),
        format!("DELETE {object}"),
    ];
    assert_eq!(lines, wanted);
    assert!(sent[0].form().contains(&("ExternalId".to_owned(), "org-one".to_owned())));
    assert!(sent[2].header("authorization").contains("/eu-central-1/s3/aws4_request"));
    assert_eq!(sent[2].body, PROBE);
}

#[tokio::test]
async fn faults_of_a_bucket_are_told_apart() {
    let found = || in_region(200, "eu-central-1");
    for (answers, fault) in [
        (vec![status(404, "")], Fault::NotFound),
        (vec![found(), status(403, "")], Fault::WriteRefused),
        (vec![found(), status(200, ""), status(403, ""), status(204, "")], Fault::ReadRefused),
        (vec![found(), status(200, ""), status(200, PROBE), status(403, "")], Fault::DeleteRefused),
        (vec![found(), status(200, ""), status(200, "other"), status(204, "")], Fault::Altered),
        (vec![found(), status(503, "")], Fault::Busy),
    ] {
        let all = [vec![assumed()], answers].concat();
        let count = all.len();
        let vendor = Vendor::new(all).await;
        let checked = client(&vendor).check_storage(&aws_bucket(), PROBE).await;
        assert_eq!((checked.fault, vendor.requests().len()), (Some(fault), count), "the object is always cleaned up");
    }
    // A region that would lead to another host is not one.
    for region in ["evil.example/", "s3-eu-west-1"] {
        let answers = [assumed(), in_region(200, region), status(403, "")];
        let vendor = Vendor::new(answers).await;
        let checked = client(&vendor).check_storage(&aws_bucket(), PROBE).await;
        assert_eq!(checked.region, None, "{region}");
    }
}

#[tokio::test]
async fn a_key_at_azure_wraps_and_unwraps() {
    let plain = URL_SAFE_NO_PAD.encode(PROBE);
    for (version, part) in [(None, ""), (Some("v1"), "/v1")] {
        let wrapped = json_answer(200, json!({ "value": "d3JhcHBlZA" }));
        let vendor = Vendor::new([token(), wrapped, json_answer(200, json!({ "value": plain }))]).await;
        let checked = client(&vendor).check_key(&azure_key(version), KeyPurpose::Ekm, PROBE).await;
        assert_eq!(checked.fault, None);
        let sent = vendor.requests();
        assert_eq!(sent[0].line(), format!("POST /azure/login/{TENANT}/oauth2/v2.0/token"));
        let form = sent[0].form();
        for (name, value) in
            [("client_id", "app"), ("client_secret", "app-secret"), ("scope", "https://vault.azure.net/.default")]
        {
            assert!(form.contains(&(name.to_owned(), value.to_owned())), "{form:?}");
        }
        let place = format!("/azure/vault/acme.vault.azure.net/keys/main{part}");
        assert_eq!(sent[1].line(), format!("POST {place}/wrapkey?api-version=7.4"));
        assert_eq!(sent[1].header("authorization"), "Bearer azure-token");
        assert_eq!(sent[1].json(), json!({ "alg": "RSA-OAEP-256", "value": plain }));
        assert_eq!(sent[2].line(), format!("POST {place}/unwrapkey?api-version=7.4"));
        assert_eq!(sent[2].json()["value"], Value::from("d3JhcHBlZA"));
    }
}

#[tokio::test]
async fn faults_at_azure_are_told_apart() {
    let error = |status: u16, code: &str, inner: &str| {
        json_answer(status, json!({ "error": { "code": code, "innererror": { "code": inner } } }))
    };
    for (answers, fault) in [
        (vec![error(400, "invalid_request", "")], Fault::IdentityRefused),
        (vec![status(429, "")], Fault::Busy),
        (vec![status(200, "no token")], Fault::Unexpected),
        (vec![token(), error(403, "Forbidden", "ForbiddenByRbac")], Fault::UseRefused),
        (vec![token(), error(403, "Forbidden", "KeyDisabled")], Fault::Disabled),
        (vec![token(), error(404, "KeyNotFound", "")], Fault::NotFound),
        (vec![token(), error(400, "BadParameter", "")], Fault::Unexpected),
    ] {
        let vendor = Vendor::new(answers).await;
        let checked = client(&vendor).check_key(&azure_key(None), KeyPurpose::Ekm, PROBE).await;
        assert_eq!(checked.fault, Some(fault));
    }
    let vendor = Vendor::new([token(), error(400, "BadParameter", "")]).await;
    let checked = client(&vendor).check_key(&azure_key(None), KeyPurpose::PspDecryption, PROBE).await;
    assert_eq!(checked.fault, None, "only unwraps");
}

#[tokio::test]
async fn a_container_at_azure_is_written_read_and_cleaned() {
    let vendor = Vendor::new([token(), status(201, ""), status(200, PROBE), status(202, "")]).await;
    let checked = client(&vendor).check_storage(&azure_container(), PROBE).await;
    assert_eq!((checked.fault, checked.region), (None, None));
    let sent = vendor.requests();
    let blob = "/azure/blob/acmedata/keystead/keystead-validation-job_probe1";
    assert_eq!(sent[1].line(), format!("PUT {blob}"));
    assert_eq!((sent[1].header("x-ms-blob-type"), sent[1].body.as_str()), ("BlockBlob", PROBE));
    assert!(sent[1].header("x-ms-date").ends_with(" GMT"), "{:?}", sent[1]);
    assert_eq!((sent[2].line(), sent[3].line()), (format!("GET {blob}"), format!("DELETE {blob}")));
}

/// A role of the operator's own account may trust the whole account, so it is never assumed.
#[tokio::test]
async fn roles_of_the_operator_are_not_assumed() {
    let vendor = Vendor::new([]).await;
    let client = client_of(&vendor, "123456789012");
    for purpose in [KeyPurpose::Ekm, KeyPurpose::PspDecryption] {
        assert_eq!(client.check_key(&aws_key(), purpose, PROBE).await.fault, Some(Fault::IdentityRefused));
    }
    assert_eq!(client.check_storage(&aws_bucket(), PROBE).await.fault, Some(Fault::IdentityRefused));
    assert!(vendor.requests().is_empty());
}

/// An identity of AWS is unknown to AWS in China, which is at other hosts.
#[tokio::test]
async fn roles_in_china_need_an_identity_there() {
    let vendor = Vendor::new([]).await;
    let role = ROLE.replace("arn:aws:", "arn:aws-cn:");
    let bucket = Location::of_storage(Cloud::Aws, &given(&[("bucket", "acme-data"), ("role_arn", &role)])).unwrap();
    let checked = client(&vendor).check_storage(&bucket, PROBE).await;
    assert_eq!((checked.fault, vendor.requests().len()), (Some(Fault::IdentityRefused), 0));
}

#[tokio::test]
async fn without_an_identity_nothing_is_sent() {
    let clock: keystead_providers::Clock = Arc::new(|| Timestamp(NOW));
    let none = HttpClouds::new(None, None, &clock).unwrap();
    assert_eq!(none.check_key(&aws_key(), KeyPurpose::Ekm, PROBE).await.fault, Some(Fault::NoIdentity));
    assert_eq!(none.check_storage(&azure_container(), PROBE).await.fault, Some(Fault::NoIdentity));
    let vendor = Vendor::new([]).await;
    let google = given(&[
        ("bucket", "acme"),
        ("workload_identity_pool_id", "p"),
        ("workload_identity_project_number", "1"),
        ("workload_identity_provider_id", "p"),
    ]);
    let google = Location::of_storage(Cloud::Gcp, &google).unwrap();
    assert_eq!(client(&vendor).check_storage(&google, PROBE).await.fault, Some(Fault::NoIdentity));
    assert!(vendor.requests().is_empty());
}
