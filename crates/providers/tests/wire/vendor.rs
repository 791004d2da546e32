//! A vendor on its own port: it gives answers in the configured order, and records requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

/// A received request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The fields of a form, decoded.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        assert_eq!(self.header("content-type"), "application/x-www-form-urlencoded");
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    Whole {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// The connection ends without an answer.
    Nothing,
}

/// Builds an answer in JSON.
pub(crate) fn say(status: u16, body: Value) -> Say {
    raw(status, "application/json", body.to_string())
}

/// Builds an answer of any kind.
pub(crate) fn raw(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Say {
    Say::Whole { status, headers: vec![("content-type", kind.to_owned())], body: body.into() }
}

#[derive(Default)]
struct Book {
    asked: Vec<Asked>,
    answers: VecDeque<Say>,
}

/// The vendor. Requests beyond the configured answers get a 599.
pub(crate) struct Vendor {
    pub(crate) url: String,
    book: Arc<Mutex<Book>>,
}

impl Vendor {
    pub(crate) async fn new(answers: impl IntoIterator<Item = Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let book = Arc::new(Mutex::new(Book { asked: Vec::new(), answers: answers.into_iter().collect() }));
        let shared = Arc::clone(&book);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let book = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&book), request));
                let serving =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(serving);
            }
        });
        Self { url, book }
    }

    /// Adds answers, for those that contain the vendor's own address.
    pub(crate) fn then(&self, answers: impl IntoIterator<Item = Say>) {
        self.book.lock().unwrap().answers.extend(answers);
    }

    /// Removes the answers that were not used.
    pub(crate) fn forget(&self) {
        self.book.lock().unwrap().answers.clear();
    }

    /// Returns every request, oldest first.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.book.lock().unwrap().asked.clone()
    }

    /// Returns the only request.
    pub(crate) fn once(&self) -> Asked {
        let asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked[0].clone()
    }
}

async fn answer(book: Arc<Mutex<Book>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let asked = Asked {
        method: head.method,
        path: head.uri.to_string(),
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let answer = {
        let mut book = book.lock().unwrap();
        book.asked.push(asked);
        book.answers.pop_front().unwrap_or_else(|| raw(599, "text/plain", "nobody told me what to say"))
    };
    match answer {
        Say::Nothing => Err(std::io::Error::other("hanging up")),
        Say::Whole { status, headers, body } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(Full::new(body.into())).unwrap())
        }
    }
}
