//! Issuers' keys that exist only in these tests.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::core::{
    CoreEdDsaPrivateSigningKey, CoreJsonWebKey, CoreJwsSigningAlgorithm as Algorithm, CoreRsaPrivateSigningKey,
};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::Value;

/// A key pair that signs tokens.
pub(crate) enum Key {
    Ed25519(CoreEdDsaPrivateSigningKey),
    Rsa(CoreRsaPrivateSigningKey),
}

fn named(kid: &str) -> Option<JsonWebKeyId> {
    Some(JsonWebKeyId::new(kid.to_owned()))
}

impl Key {
    /// Creates the same key for the same seed.
    pub(crate) fn ed25519(kid: &str, seed: u8) -> Self {
        let prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let der = STANDARD.encode([&prefix[..], &[seed; 32]].concat());
        let pem = format!("-----BEGIN {0}-----\n{der}\n-----END {0}-----\n", "PRIVATE KEY");
        Self::Ed25519(CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, named(kid)).unwrap())
    }

    /// Creates a key of one of the two lengths below.
    pub(crate) fn rsa(kid: &str, bits: usize) -> Self {
        let der = if bits == 2048 { RSA_2048 } else { RSA_1024 };
        let lines: Vec<_> = der.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        let pem = format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", "RSA PRIVATE KEY", lines.join("\n"));
        Self::Rsa(CoreRsaPrivateSigningKey::from_pem(&pem, named(kid)).unwrap())
    }

    pub(crate) fn public(&self) -> CoreJsonWebKey {
        match self {
            Self::Ed25519(key) => key.as_verification_key(),
            Self::Rsa(key) => key.as_verification_key(),
        }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::Rsa(_) => "RS256",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(&Algorithm::EdDsa, message).unwrap(),
            Self::Rsa(key) => key.sign(&Algorithm::RsaSsaPkcs1V15Sha256, message).unwrap(),
        }
    }

    /// Signs a token with any header.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_with(&header.to_string(), claims)
    }

    /// Signs a token with a header as text, for example with a repeated field.
    pub(crate) fn token_with(&self, header: &str, claims: &Value) -> String {
        let message = encoded(header, claims);
        let signature = URL_SAFE_NO_PAD.encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

/// Returns the signed bytes.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    encoded(&header.to_string(), claims)
}

fn encoded(header: &str, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// Made only for these tests.
const RSA_2048: &str = "\
    MIIEogIBAAKCAQEAv/lGIqUvv37r03oZgcknTTk5q12SCLhLt/nyJV5b1ZCk9pOpBYbqlA/9QbSSSjNeJjKIBf/Ctt4kLuEgHvAfdY9f5UMh3K\
    fzP5SHGq6FvdYSulP/Zk0L5eqm6mEcezaqieL8db/lAaQ3eCtm8hMMot8WUBxcGvvF5HY8huLZtv8chQ1uedvcnATk74wCIlOdpdjk5LdQguBk\
    dSIBQYTh+leLSX9/aOxNkzeBiieHtF24XgQTLMmxmOXqvQa65zCKWoounGx6ydS08Ts6IudEmyAx3e/zLvaqJKPbP5tnxi7o8GnQhRwsiVDJ3s\
    QaOD2wRkafUF/GbtnFDIr4Q5QmqQIDAQABAoIBAAJZyJCTCj8jjDq2M4rBzk/lQ/4Dss6VhyPVFTB8883tK//y9e5h5Qx0F6tOzT3IXD5GfyDn\
    rVg05yeFzTFjylbTrx5tEISVr+ZW6MKcYXneHbOXZLi5d8xUb7/N+Z3OoQ74LxQ4CdNX0fAQQ/3x2sVByxGnDz+rVpSCGCKks3rIpnWKgY8yJI\
    qnqJpcuPBN5eZJ5SojpnhBRmbhbkVeK/FxZDhxvQP36WAlMZrad/svNh6Wf0LUyeVZpB35FA6WZc99BCt4EqqSa9537z5cOR1rrPYzBWaBUgW+\
    LdFEZY4VOSZb+bVzMJYAWpKqZj/4QNDT+OHOMrxgjJhzTASN+kkCgYEA+ybMDC5X/O3AZH0V2qrudoIGUdTILfxhuXdKUD9fTZavXNo+g+zzHa\
    807/YhtC84CmjrIrQmzxvC04GgIKRpH9T2bwZ+/XLk2o3Y/NVr+I6vmOqSeDSsG349qsODH5BmqR/hYASMRVzns7VXMi7avFqUJHniGO5tNf43\
    Tuz7DzUCgYEAw64EbB6hdxy9AK4C5ecZKkU5TvGwGNN0upK1/P7QyPz9n0EryA8OnCyPpdHiyeazYSRFzrYwIXKZIeHbqsvOJdAen7ClguA9Y8\
    ES5kfADNcS2Rwz+mk739Dr/fCfRvDJ7fbF/D/WO1ROG2tO8nItlpYczOSAYEdkHSwHRTf5pCUCgYAxDGenLVnTtJ7xQRiGhwFhNY2EZ7jcekCf\
    lvN1bprvLTF8QccZvqnQL0p4XqpAZURdjBX3xhUaN4K6CcO6/EDnjZC/KBae6tRU9oTdA9U9SqhyhcUrIqZGDEaA1gQCoxHZj7dVKC440acSiq\
    TH0Sy4wjvST9dfJRlBBS/KAzAYzQKBgD9k8SnWApmERfciaO3yoMSBCL/6rQJd/0MypKMCKsHytHgTtQtrVWBjT2Z5SPAAPb0K81K004MCjXnc\
    oj4DKRY3BrTVlcmAvGLE+kqAlEeUphaQfIZz8WHhXZM3kWJ6P/FIMXw3ckBmX6eibEE/nGVc3JfEr5KBjn2k9fYG3GnBAoGAMmgfgCM4cZB5oS\
    Z8f0IwcAQeXj19hZ/1NF1mayS5MkZ+vLdSnIlpbwnVOP5jA70Z6TxVAippQCHS7SA7ySVe8fr2XYw11afJU9BJlh/HWdb5dhp8A2eko/RUlAj8\
    bMvZnfQfydz2znO2dOmB0LUoXjLLNJNdv187smRjHnQ9gX0=";

/// Made only for these tests.
const RSA_1024: &str = "\
    MIICXgIBAAKBgQDS+RcuTJct3LC5WkXlEuLHpcCMpEuN3Ewoy1UEYq2ctzCUwKByeSyBdpVi1Ge4bpNqEEXGJzmPiy9u0zPzRP2SNjnKc2tBqE\
    0EV+r1xLcdTRxwD7Z+df3ALUtupy3CHETxzR0uwOL4MFsyXAjSBNoeeYNREb6d+hDX24gFKfxe9wIDAQABAoGBAKqeKeIWrNi5Nu7fk9Ebge3m\
    HZ9gK34xoCIJttrSFwe7mv1h/yA04QpeZZfEoZElU/Cd8l+7TzDIZnbhNY1SySHi7dukDFr2n08t3BOSXrrlwyADuepB70INMdMFFLOyPBWBrc\
    52ucN2DydD3KpQCTNkffusckGR3tVfKDUtq6bhAkEA61PTQ+BKKmEvESyqAiNaBdqbIO5f7uqXQjXLhG0b6UPbt29rrmOFGNvwQS3QUiKhsyl4\
    QmdgJPjDouVfwVXvUQJBAOWBkbmipg+2KXqGjLkEWKRUBKZl8Vj+Q9Ce+uOxLy+ZnztLRo829qF0yjKZwEzPEhlILDu5Q3HBnnuaEjKaJ8cCQQ\
    CScRykPZwJmWafymqVYAhyYiJtMMn0NHoiUrWuV/OpinfdQ/H/mKDH4n41IVxk8HYttt3GfOwgtcmQwip/domxAkBTvPrWqKm+gdCQjBc8SoGt\
    M5qevANbXSqRK/COs09sJrkagVS1XHCQaHR+EetAGy2XW+YHxIj/MI4KuyR4ohZxAkEAsglHyBsTUJ9oEaUPFLRWISGTfhWPDB72RD3oQpE6DN\
    N0cUDLpIozhmw6clKjeaZnV1wvScDm3C1OVLukMA4HaA==";
