//! AWS Signature Version 4: a request is signed with a key for one day, region and service.

use hmac::{Hmac, KeyInit, Mac};
use keystead_core::hex;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

/// What requests are signed with.
pub(super) struct Credentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Secret<String>,
    /// The token of credentials that end.
    pub(super) session_token: Option<Secret<String>>,
}

/// A request to be signed. Its path consists of unreserved characters and slashes, and it has no query.
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a Url,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// Headers to be signed with those of every request, by names in small letters.
    pub(super) headers: &'a [(&'static str, String)],
    pub(super) body: &'a [u8],
    pub(super) at: Timestamp,
}

/// The digest of a body as hexadecimal text.
pub(super) fn digest(body: &[u8]) -> String {
    hex::encode(&Sha256::digest(body))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length is accepted.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Returns the headers that the request needs apart from `Host`, with the signature.
pub(super) fn sign(request: &Signed<'_>, with: &Credentials) -> Option<Vec<(&'static str, String)>> {
    let at = jiff::Timestamp::from_second(request.at.0).ok()?;
    let (time, day) = (at.strftime("%Y%m%dT%H%M%SZ").to_string(), at.strftime("%Y%m%d").to_string());
    let mut headers = request.headers.to_vec();
    headers.push(("x-amz-date", time.clone()));
    if let Some(token) = &with.session_token {
        headers.push(("x-amz-security-token", token.expose().clone()));
    }
    let host = request.url.host_str()?;
    let host = request.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut signed = headers.clone();
    signed.push(("host", host));
    signed.sort();
    let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = signed.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("{}\n{}\n\n{lines}\n{names}\n{}", request.method, request.url.path(), digest(request.body));
    let scope = format!("{day}/{}/{}/aws4_request", request.region, request.service);
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", digest(canonical.as_bytes()));
    let first = format!("AWS4{}", with.secret_access_key.expose());
    let mut key = mac(first.as_bytes(), &day);
    for part in [request.region, request.service, "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex::encode(&mac(&key, &text));
    let id = &with.access_key_id;
    let line = format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
    headers.push(("authorization", line));
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(id: &str, secret: &str) -> Credentials {
        Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: Secret::new(secret.to_owned()),
            session_token: None,
        }
    }

    /// The token of AWS's test suite.
    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfp\
                         SPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQ\
                         DYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+s\
                         cqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    /// `get-vanilla`, `post-x-www-form-urlencoded` and `post-sts-header-before` of AWS's test suite of the signature:
    /// no body, a body with a header of its own, and a token.
    #[test]
    fn the_published_requests_have_their_signatures() {
        let url = Url::parse("https://example.amazonaws.com/").unwrap();
        let form = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let none: &[(&'static str, String)] = &[];
        for (method, headers, body, token, names, signature) in [
            (
                "GET",
                none,
                "",
                None,
                "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                form.as_slice(),
                "Param1=value1",
                None,
                "content-type;host;x-amz-date",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
            (
                "POST",
                none,
                "",
                Some(TOKEN),
                "host;x-amz-date;x-amz-security-token",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
        ] {
            let request = Signed {
                method,
                url: &url,
                region: "us-east-1",
                service: "service",
                headers,
                body: body.as_bytes(),
                at: Timestamp(1_440_938_160),
            };
            let mut with = credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
            with.session_token = token.map(|token| Secret::new(token.to_owned()));
            let headers = sign(&request, &with).unwrap();
            let line = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders={names}, Signature={signature}"
            );
            assert_eq!(headers.last(), Some(&("authorization", line)));
            assert!(headers.contains(&("x-amz-date", "20150830T123600Z".to_owned())));
        }
    }

    /// The example of a read with a range in S3's documentation.
    #[test]
    fn the_published_request_of_s3_has_its_signature() {
        let url = Url::parse("https://examplebucket.s3.amazonaws.com/test.txt").unwrap();
        let request = Signed {
            method: "GET",
            url: &url,
            region: "us-east-1",
            service: "s3",
            headers: &[("range", "bytes=0-9".to_owned()), ("x-amz-content-sha256", digest(b""))],
            body: b"",
            at: Timestamp(1_369_353_600),
        };
        let with = credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let headers = sign(&request, &with).unwrap();
        let line = &headers.last().unwrap().1;
        assert!(line.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"), "{line}");
    }

    #[test]
    fn a_port_and_a_token_are_signed() {
        let url = Url::parse("http://127.0.0.1:8081/aws/").unwrap();
        let request = Signed {
            method: "POST",
            url: &url,
            region: "eu-west-1",
            service: "kms",
            headers: &[],
            body: b"{}",
            at: Timestamp(1_440_938_160),
        };
        let mut with = credentials("id", "secret");
        let plain = sign(&request, &with).unwrap();
        with.session_token = Some(Secret::new("token".to_owned()));
        let headers = sign(&request, &with).unwrap();
        assert!(headers.contains(&("x-amz-security-token", "token".to_owned())));
        let (with_token, without) = (&headers.last().unwrap().1, &plain.last().unwrap().1);
        assert!(with_token.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,"), "{with_token}");
        assert!(without.contains("SignedHeaders=host;x-amz-date,"), "{without}");
    }
}
