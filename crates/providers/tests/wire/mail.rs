use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keystead_providers::mail::{Mail, Mailer, Smtp, SmtpOptions};
use keystead_providers::{Fault, Health, ProviderError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::secret;

/// A mail server for one conversation after another: it answers one verb as configured and accepts everything else.
struct MailServer {
    url: String,
    received: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    async fn new(verb: &'static str, says: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = talk(stream, verb, says, &shared).await;
            }
        });
        Self { url, received }
    }

    fn client(&self) -> Smtp {
        Smtp::new(&options(&self.url)).unwrap()
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    /// Returns the mail as it was transferred.
    fn mail(&self) -> String {
        let lines = self.received();
        let from = lines.iter().position(|line| line == "DATA").unwrap() + 1;
        let until = lines.iter().position(|line| line == ".").unwrap();
        lines[from..until].join("\n")
    }
}

async fn talk(stream: TcpStream, verb: &str, says: &str, received: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 post.test\r\n").await?;
    let mut in_mail = false;
    while let Some(line) = lines.next_line().await? {
        received.lock().unwrap().push(line.clone());
        let answer = match line.split(' ').next().unwrap_or_default() {
            "." if in_mail => {
                in_mail = false;
                if verb == "." { says } else { "250 taken" }
            }
            _ if in_mail => continue,
            command if command == verb => says,
            "EHLO" => "250-post.test\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "DATA" => {
                in_mail = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn options(url: &str) -> SmtpOptions {
    SmtpOptions { url: url.to_owned(), username: None, password: None, from: "Keystead <no-reply@example.com>".into() }
}

fn mail(subject: &str) -> Mail {
    Mail {
        to: "anna@example.com".into(),
        subject: subject.into(),
        text: "Zażółć gęślą jaźń\n.\n日本語\n".into(),
        html: "<p lang=\"pl\">Zażółć gęślą jaźń</p>\n.\n".into(),
    }
}

fn header<'m>(mail: &'m str, name: &str) -> &'m str {
    mail.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(name)).unwrap()
}

/// The content of one part of a mail.
fn decoded(part: &str) -> String {
    let (head, body) = part.trim_start().split_once("\n\n").unwrap();
    let coding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: ")).unwrap();
    let body = match coding {
        "base64" => String::from_utf8(STANDARD.decode(body.replace('\n', "")).unwrap()).unwrap(),
        _ => quoted_printable(body),
    };
    body.replace("\r\n", "\n")
}

fn quoted_printable(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut bytes = joined.trim_end_matches('\n').bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'=' {
            out.push(byte);
            continue;
        }
        let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
        out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
    }
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn a_mail_in_any_language() {
    let server = MailServer::new("", "").await;
    let client = server.client();
    assert_eq!(client.health(), Health::Unknown);
    assert_eq!(client.send(&mail("Kod")).await, Ok(()));
    assert_eq!(client.health(), Health::Up);
    let received = server.received();
    assert!(received.contains(&"MAIL FROM:<no-reply@example.com>".to_owned()), "{received:?}");
    assert!(received.contains(&"RCPT TO:<anna@example.com>".to_owned()), "{received:?}");
    let sent = server.mail();
    assert_eq!(header(&sent, "From: "), "Keystead <no-reply@example.com>");
    assert_eq!(header(&sent, "Subject: "), "Kod");
    let parts = header(&sent, "Content-Type: ").strip_prefix("multipart/alternative;").unwrap().trim();
    let parts = if parts.is_empty() {
        sent.lines().find_map(|line| line.trim().strip_prefix("boundary="))
    } else {
        parts.strip_prefix("boundary=")
    };
    let boundary = format!("--{}", parts.unwrap().trim_matches('"'));
    let parts: Vec<_> = sent.split(boundary.as_str()).skip(1).filter(|part| !part.starts_with("--")).collect();
    let [text, html] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!(header(text.trim_start(), "Content-Type: "), "text/plain; charset=utf-8", "the plain text comes first");
    assert_eq!(decoded(text), "Zażółć gęślą jaźń\n.\n日本語\n");
    assert_eq!(header(html.trim_start(), "Content-Type: "), "text/html; charset=utf-8");
    assert_eq!(decoded(html), "<p lang=\"pl\">Zażółć gęślą jaźń</p>\n.\n");
}

#[tokio::test]
async fn a_subject_stays_a_subject() {
    for subject in
        ["Zażółć gęślą jaźń", "キーの確認", "Hi\r\nBcc: eve@example.com\r\n\r\nBuy!", "Hi\nBcc: eve@example.com"]
    {
        let server = MailServer::new("", "").await;
        let client = server.client();
        if client.send(&mail(subject)).await.is_err() {
            continue;
        }
        let sent = server.mail();
        let headers: Vec<_> = sent.lines().take_while(|line| !line.is_empty()).collect();
        assert!(headers.iter().all(|line| line.is_ascii() && !line.to_lowercase().starts_with("bcc")), "{headers:?}");
        assert!(!server.received().iter().any(|line| line.contains("RCPT TO:<eve")), "{subject:?}");
        assert!(
            headers.iter().any(|line| line.starts_with("MIME-Version")),
            "the headers end where they should: {sent}"
        );
    }
}

#[tokio::test]
async fn an_address_stays_an_address() {
    let server = MailServer::new("", "").await;
    let client = server.client();
    for to in ["", "anna", "anna@example.com\r\nBcc: eve@example.com", "a@b.c, eve@example.com", "anna@exa mple.com"] {
        let sent = client.send(&Mail { to: to.into(), ..mail("Hi") }).await;
        assert!(matches!(sent, Err(ProviderError::Refused(_))), "{to:?}: {sent:?}");
    }
    assert!(server.received().is_empty(), "no request was sent");
}

#[tokio::test]
async fn replies_of_mail_servers() {
    for (verb, says, refused) in [
        ("RCPT", "550 5.1.1 no anna@example.com here", true),
        ("MAIL", "553 5.1.8 who are you", true),
        (".", "554 5.6.0 spam", true),
        ("RCPT", "450 4.2.1 later", false),
        ("MAIL", "530 5.7.0 authentication required", false),
        (".", "451 4.3.0 disk full", false),
        ("EHLO", "garbage", false),
    ] {
        let server = MailServer::new(verb, says).await;
        let client = server.client();
        let failure = client.send(&mail("Hi")).await.unwrap_err();
        assert_eq!(matches!(failure, ProviderError::Refused(_)), refused, "{verb} {says}");
        assert_eq!(client.health(), if refused { Health::Up } else { Health::Down });
        assert!(!failure.to_string().contains("anna"), "nothing personal in an error");
    }
}

#[tokio::test]
async fn an_account_of_ours() {
    let server = MailServer::new("", "").await;
    let known = SmtpOptions { username: Some("us".into()), password: Some(secret("pa55")), ..options(&server.url) };
    assert_eq!(Smtp::new(&known).unwrap().send(&mail("Hi")).await, Ok(()));
    let expected = format!("AUTH PLAIN {}", STANDARD.encode("\0us\0pa55"));
    assert!(server.received().contains(&expected));
    assert!(!format!("{known:?} {:?}", Smtp::new(&known).unwrap()).contains("pa55"));

    let server = MailServer::new("AUTH", "535 5.7.8 wrong").await;
    let client = Smtp::new(&SmtpOptions { url: server.url.clone(), ..known }).unwrap();
    let sent = client.send(&mail("Hi")).await;
    assert!(matches!(sent, Err(ProviderError::Unavailable(_))), "our account is wrong, the mail is not: {sent:?}");
    assert_eq!(client.check().await.unwrap_err().fault(), Fault::Credentials);
    assert_eq!(client.health(), Health::Down, "a refused account is not a service that works");
}

#[tokio::test]
async fn tls_is_never_given_up() {
    let server = MailServer::new("", "").await;
    for scheme in ["smtps", "smtp+starttls"] {
        let client = Smtp::new(&options(&server.url.replacen("smtp", scheme, 1))).unwrap();
        assert!(matches!(client.send(&mail("Hi")).await, Err(ProviderError::Unavailable(_))), "{scheme}");
        assert!(!server.received().iter().any(|line| line.starts_with("MAIL")), "{scheme}: no mail in clear");
    }
    for wrong in ["post.test:25", "smtp:", "http://post.test", "smtp+tls://post.test", "smtps+starttls://post.test"] {
        assert!(matches!(Smtp::new(&options(wrong)), Err(ProviderError::Refused(_))), "{wrong}");
    }
    let unknown = SmtpOptions { from: "Keystead".into(), ..options("smtp://post.test") };
    assert!(matches!(Smtp::new(&unknown), Err(ProviderError::Refused(_))));
    for account in ["smtp://us@post.test", "smtps://us:pa55@post.test"] {
        let refused = Smtp::new(&options(account)).unwrap_err();
        assert!(refused.reason().contains("mail.username"), "{refused}");
    }
    assert!(Smtp::new(&options("smtp://[::1]:2525")).is_ok());
}
