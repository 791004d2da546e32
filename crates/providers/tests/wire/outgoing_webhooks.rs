//! Webhooks to addresses of customers: what arrives, and where nothing is ever sent.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keystead_core::time::Timestamp;
use keystead_core::webhook::DeliveryFault;
use keystead_providers::Lookup;
use keystead_providers::outgoing_webhook::{Attempt, HttpWebhooks, OutgoingWebhook, WebhookSender};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Answers each connection with these bytes, and passes on what was sent.
async fn server(answer: String) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, sender) = (answer.clone(), sender.clone());
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                let mut buffer = [0; 4096];
                loop {
                    let count = stream.read(&mut buffer).await.unwrap_or(0);
                    bytes.extend_from_slice(&buffer[..count]);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    if count == 0 || text.contains("\r\n\r\n{}") {
                        let _ = sender.send(text);
                        break;
                    }
                }
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (address, received)
}

async fn send(client: &HttpWebhooks, url: &str) -> Attempt {
    let (id, at, signatures, body) = ("evt_1", Timestamp(1_614_265_330), "v1,AAA= v1,BBB=", "{}");
    client.send(OutgoingWebhook { url, id, at, signatures, body }).await
}

#[tokio::test]
async fn a_delivery_arrives_with_the_three_headers() {
    let (address, mut received) = server("HTTP/1.1 204 No Content\r\n\r\n".to_owned()).await;
    let client = HttpWebhooks::new(true).unwrap();
    let sent = send(&client, &format!("http://{address}/in?x=1")).await;
    assert_eq!((sent.answer, sent.retry_after), (Ok(204), None));
    let request = received.recv().await.unwrap();
    let lower = request.to_lowercase();
    assert!(request.starts_with("POST /in?x=1 HTTP/1.1\r\n") && request.ends_with("\r\n\r\n{}"), "{request}");
    for header in [
        "content-type: application/json\r\n",
        "webhook-id: evt_1\r\n",
        "webhook-timestamp: 1614265330\r\n",
        "webhook-signature: v1,aaa= v1,bbb=\r\n",
    ] {
        assert!(lower.contains(header), "{header}: {request}");
    }
    assert!(!lower.contains("authorization"), "{request}");
}

#[tokio::test]
async fn statuses_are_passed_on_and_bodies_are_not_read() {
    // The length is a lie: a client that read the body would wait for the rest.
    for (answer, status, asked) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\nx", 200, None),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", 410, None),
        ("HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n", 503, Some(120)),
        ("HTTP/1.1 429 Slow\r\nretry-after: -5\r\ncontent-length: 0\r\n\r\n", 429, None),
        ("HTTP/1.1 429 Slow\r\nretry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\ncontent-length: 0\r\n\r\n", 429, None),
    ] {
        let (address, _received) = server(answer.to_owned()).await;
        let sent = send(&HttpWebhooks::new(true).unwrap(), &format!("http://{address}/")).await;
        assert_eq!((sent.answer, sent.retry_after), (Ok(status), asked), "{answer}");
    }
    let (address, _received) = server("nothing of HTTP\r\n\r\n".to_owned()).await;
    let sent = send(&HttpWebhooks::new(true).unwrap(), &format!("http://{address}/")).await;
    assert_eq!(sent.answer, Err(DeliveryFault::BrokenAnswer));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (inner, mut received) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let answer = format!("HTTP/1.1 307 Moved\r\nlocation: http://{inner}/\r\ncontent-length: 0\r\n\r\n");
    let (address, _outer) = server(answer).await;
    let sent = send(&HttpWebhooks::new(true).unwrap(), &format!("http://{address}/")).await;
    assert_eq!(sent.answer, Ok(307));
    assert!(received.try_recv().is_err(), "nothing was sent on");
}

/// No address of a private network, of this machine or of a cloud's metadata is called, in any notation.
#[tokio::test]
async fn only_names_of_the_internet_are_called() {
    let (address, mut received) = server("HTTP/1.1 200 OK\r\n\r\n".to_owned()).await;
    let port = address.port();
    let client = HttpWebhooks::new(false).unwrap();
    for url in [
        format!("http://{address}/"),
        format!("https://{address}/"),
        format!("https://localhost:{port}/"),
        "https://localhost/".to_owned(),
        "https://127.0.0.1/".to_owned(),
        "https://127.1/".to_owned(),
        "https://2130706433/".to_owned(),
        "https://0x7f000001/".to_owned(),
        "https://0177.0.0.1/".to_owned(),
        "https://[::1]/".to_owned(),
        "https://[::ffff:127.0.0.1]/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://192.168.1.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://example.com:8443/".to_owned(),
        "https://user@example.com/".to_owned(),
        "https://example.com@127.0.0.1/".to_owned(),
        "http://example.com/".to_owned(),
        "ftp://example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        String::new(),
    ] {
        assert_eq!(send(&client, &url).await.answer, Err(DeliveryFault::Address), "{url}");
    }
    // In development, only this machine by its usual names is added.
    let development = HttpWebhooks::new(true).unwrap();
    for url in
        ["http://10.0.0.1/", "http://169.254.169.254/", "http://127.0.0.2:1/", "http://[::1]:1/", "http://0.0.0.0:1/"]
    {
        assert_eq!(send(&development, url).await.answer, Err(DeliveryFault::Address), "{url}");
    }
    assert!(received.try_recv().is_err());
}

/// A name is looked up once, and only its public addresses are called.
#[tokio::test]
async fn names_that_lead_inside_are_not_called() {
    for inside in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "fe80::1",
        "fc00::1",
        "2002:7f00:1::",
    ] {
        let ip: IpAddr = inside.parse().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let lookup: Lookup = Arc::new(move |name| {
            assert_eq!(name, "rebinding.example.com");
            counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(vec![ip]) })
        });
        let client = HttpWebhooks::with_lookup(lookup).unwrap();
        let sent = send(&client, "https://rebinding.example.com/hook").await;
        assert_eq!(sent.answer, Err(DeliveryFault::Address), "{inside}");
        assert_eq!(asked.load(Ordering::Relaxed), 1, "{inside}");
    }
    let lookup: Lookup = Arc::new(|_| Box::pin(async { Err(std::io::Error::other("no such name")) }));
    let sent = send(&HttpWebhooks::with_lookup(lookup).unwrap(), "https://missing.example.com/").await;
    assert_eq!(sent.answer, Err(DeliveryFault::NoConnection));
}
