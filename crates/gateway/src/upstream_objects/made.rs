//! Objects that an answer creates and that later requests can name: stored responses with their items, containers and
//! conversations, and sound. The owner of each is recorded before its client sees its id.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use keystead_core::access::Payer;
use keystead_core::route::Route;
use serde_json::Value;

use crate::body::{BoxError, GatewayBody};
use crate::upstream_objects::ownership::Ownership;

/// A longer line of a stream is forwarded unread: no event that names a new object is that long.
const LONGEST: usize = 1 << 20;
/// Maximum number of recorded objects of one stream.
const MOST: usize = 10_000;

/// Whether answers of this route create such objects; chats do when sound is requested.
pub(crate) fn makes(route: &Route, audio: bool) -> bool {
    match route.path {
        "/v1/responses" | "/v1/responses/{id}" | "/v1/responses/{id}/cancel" | "/v1/responses/{id}/input_items" => true,
        "/v1/chat/completions" => audio,
        _ => false,
    }
}

/// Returns the ids in a JSON answer.
pub(crate) fn of_answer(route: &Route, answer: &Value) -> Vec<String> {
    let mut ids = Vec::new();
    match route.path {
        "/v1/chat/completions" => of_choices(answer, "/message/audio/id", &mut ids),
        "/v1/responses/{id}/input_items" => of_items(answer.get("data"), &mut ids),
        _ => of_response(answer, &mut ids),
    }
    ids
}

/// Returns the ids in one event of a stream.
fn of_event(event: &Value) -> Vec<String> {
    let mut ids = Vec::new();
    if let Some(response) = event.get("response") {
        of_response(response, &mut ids);
    }
    if let Some(item) = event.get("item") {
        of_item(item, &mut ids);
    }
    of_choices(event, "/delta/audio/id", &mut ids);
    ids
}

fn of_response(response: &Value, ids: &mut Vec<String>) {
    ids.extend(text(response.get("id")));
    ids.extend(text(response.pointer("/conversation/id")));
    // A response that is not stored cannot be named later.
    if response.get("store") != Some(&Value::Bool(false)) {
        of_items(response.get("output"), ids);
    }
}

fn of_items(items: Option<&Value>, ids: &mut Vec<String>) {
    items.and_then(Value::as_array).into_iter().flatten().for_each(|item| of_item(item, ids));
}

fn of_item(item: &Value, ids: &mut Vec<String>) {
    ids.extend(text(item.get("id")));
    ids.extend(text(item.get("container_id")));
    ids.extend(text(item.pointer("/environment/container_id")));
}

fn of_choices(answer: &Value, place: &str, ids: &mut Vec<String>) {
    let choices = answer.get("choices").and_then(Value::as_array).into_iter().flatten();
    ids.extend(choices.filter_map(|choice| text(choice.pointer(place))));
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// An event stream on its way to the client, held back while the owner of a new object is recorded.
pub(crate) struct Making {
    body: GatewayBody,
    ownership: Arc<dyn Ownership>,
    payer: Payer,
    model: Option<Arc<str>>,
    /// The start of a line.
    held: BytesMut,
    /// A line too long to be read is passing.
    overlong: bool,
    known: HashSet<String>,
    waiting: Option<(BoxFuture<'static, bool>, Bytes)>,
    /// The store did not answer: the stream does not wait for it again.
    failed: bool,
}

impl Making {
    pub(crate) fn new(body: GatewayBody, ownership: Arc<dyn Ownership>, payer: Payer, model: Option<Arc<str>>) -> Self {
        let (held, known) = (BytesMut::new(), HashSet::new());
        Self { body, ownership, payer, model, held, overlong: false, known, waiting: None, failed: false }
    }

    /// Reads the lines that end in this chunk; returns the new objects.
    fn read(&mut self, mut chunk: &[u8]) -> Vec<String> {
        let mut new = Vec::new();
        while let Some(end) = memchr::memchr2(b'\n', b'\r', chunk) {
            let (line, rest) = (chunk.get(..end).unwrap_or_default(), chunk.get(end.saturating_add(1)..));
            chunk = rest.unwrap_or_default();
            if !std::mem::take(&mut self.overlong) {
                if self.held.is_empty() {
                    self.line(line, &mut new);
                } else {
                    self.held.extend_from_slice(line);
                    let whole = self.held.split();
                    self.line(&whole, &mut new);
                }
            }
            self.held.clear();
        }
        if self.held.len().saturating_add(chunk.len()) > LONGEST {
            self.held.clear();
            self.overlong = true;
        }
        if !self.overlong {
            self.held.extend_from_slice(chunk);
        }
        new
    }

    fn line(&mut self, line: &[u8], new: &mut Vec<String>) {
        const TELLING: [&[u8]; 3] = [b"response.created", b"response.output_item.", b"\"audio\""];
        let Some(data) = line.strip_prefix(b"data:") else { return };
        if TELLING.iter().all(|word| memchr::memmem::find(data, word).is_none()) {
            return;
        }
        let Ok(event) = serde_json::from_slice::<Value>(data) else { return };
        for id in of_event(&event) {
            if self.known.len() < MOST && self.known.insert(id.clone()) {
                new.push(id);
            }
        }
    }

    fn write_down(&self, ids: Vec<String>) -> BoxFuture<'static, bool> {
        let (ownership, payer, model) = (Arc::clone(&self.ownership), self.payer.clone(), self.model.clone());
        async move { ownership.record_made(&ids, &payer, model.as_deref()).await.is_ok() }.boxed()
    }
}

impl Body for Making {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if let Some((writing, _)) = &mut self.waiting {
                let written = ready!(writing.poll_unpin(context));
                if !written {
                    self.failed = true;
                    tracing::warn!(
                        "the owner of objects in a stream could not be saved; the objects cannot be fetched later"
                    );
                }
                if let Some((_, data)) = self.waiting.take() {
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
            }
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)).transpose()? else {
                return Poll::Ready(None);
            };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(frame) => return Poll::Ready(Some(Ok(frame))),
            };
            let new = if self.failed { Vec::new() } else { self.read(&data) };
            if new.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            self.waiting = Some((self.write_down(new), data));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.waiting.is_some() { SizeHint::default() } else { self.body.size_hint() }
    }
}
