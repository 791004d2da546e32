//! Batches: the upstream itself runs the lines of a file. Therefore the gateway reads the file before its batch begins
//! and refuses lines that would be refused as single requests; and the usage of the lines is counted before anybody can
//! read their results.

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use keystead_core::access::{Payer, decide};
use keystead_core::budget::Measured;
use keystead_core::id::RequestId;
use keystead_core::pending::Pending;
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::{self, MeterKind, ModelIn};
use keystead_core::text::printable;
use keystead_core::usage::{StatedImages, UsageKind};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::body::RequestBody;
use crate::catalogue::{Catalogue, ModelEntry, Upstream};
use crate::decide::spend_ledgers::SpendGuard;
use crate::decide::spend_limit::PICTURE_OF_A_TOOL;
use crate::estimate;
use crate::forward::misconfigured;
use crate::metering::Recorded;
use crate::rejection::Rejection;
use crate::request::json_body;
use crate::request::json_walk;
use crate::response::answer_reader::Found;
use crate::response::error_body;
use crate::response::reported_usage::{self, Parts, ToolUse, of_batch};
use crate::upstream::{UpstreamBody, UpstreamRequest};
use crate::upstream_objects::line_sums::LineSums;
use crate::upstream_objects::lines::{Broken, Lines, several};

/// Maximum number of lines of one batch, as in the contract.
const MOST_LINES: usize = 50_000;

/// The relevant fields of an existing batch.
#[derive(Deserialize)]
struct Batch {
    id: String,
    endpoint: String,
    #[serde(default)]
    status: String,
    output_file_id: Option<String>,
}

/// One line of a batch's results.
#[derive(Deserialize)]
struct ResultLine<'l> {
    #[serde(borrow)]
    response: Option<ResultOf<'l>>,
}

#[derive(Deserialize)]
struct ResultOf<'l> {
    #[serde(borrow)]
    body: Option<&'l RawValue>,
}

/// What the lines of a new batch say.
#[derive(Debug, Default)]
pub(crate) struct BatchLines {
    /// The most that they may use, if a budget applies.
    pub(crate) most: Measured,
    /// What they state of their images.
    pub(crate) images: StatedImages,
    /// The model of their tools that generate images.
    pub(crate) tool: Option<String>,
}

/// What is kept of a batch that has begun.
#[derive(Debug, Default)]
pub(crate) struct BegunBatch {
    /// What is set aside for it.
    pub(crate) guard: SpendGuard,
    /// What its lines state of their images.
    pub(crate) images: StatedImages,
    /// The model of the tools of its lines that generate images.
    pub(crate) tool: Option<String>,
}

#[derive(Deserialize)]
struct ModelOf {
    model: String,
}

impl Gateway {
    /// Reads the file of a new batch, and refuses it with its first line that may not pass.
    pub(crate) async fn judge_batch(
        &self,
        catalogue: &std::sync::Arc<Catalogue>,
        request: &ApiRequest<'_>,
        body: &Bytes,
    ) -> Result<BatchLines, Rejection> {
        let unnamed =
            || error_body::bad_body("Name the batch's file once in 'input_file_id'.").with_param("input_file_id");
        let text = std::str::from_utf8(body).map_err(|_| unnamed())?;
        let [file] = json_walk::members(text, ["input_file_id"], unnamed)?;
        let file: String = file.and_then(|raw| serde_json::from_str(raw.get()).ok()).ok_or_else(unnamed)?;
        let upstream = catalogue.default_upstream().ok_or_else(misconfigured)?;
        let mut lines = Lines::new(self.content(&request.id, upstream, &file).await?, self.limits.json_body);
        let (mut number, mut said) = (0, BatchLines::default());
        while let Some(line) = lines.next().await.map_err(|why| broken(why, number + 1))? {
            number += 1;
            if number > MOST_LINES {
                return Err(error_body::bad_body(format!("A batch may hold {MOST_LINES} requests.")).into());
            }
            let judged = self.judge_line(catalogue, request, upstream, &line, &mut said).await;
            judged.map_err(|rejection| match rejection {
                Rejection::Error(wire) => Rejection::Error(in_line(wire, number)),
                Rejection::Response(mut response) => {
                    response.headers_mut().insert(HeaderName::from_static("x-keystead-batch-line"), number.into());
                    Rejection::Response(response)
                }
            })?;
        }
        Ok(said)
    }

    /// Judges one line like a single request, and adds what it says.
    async fn judge_line(
        &self,
        catalogue: &std::sync::Arc<Catalogue>,
        request: &ApiRequest<'_>,
        upstream: &Upstream,
        line: &Bytes,
        said: &mut BatchLines,
    ) -> Result<(), Rejection> {
        let line = json_body::text_of(line.clone())?;
        if several(&line) {
            let message = "It holds a line break within, at which some readers would find a second request. Escape it.";
            return Err(error_body::bad_body(message).into());
        }
        let shape = || error_body::bad_body("Each line is one object with 'custom_id', 'method', 'url' and 'body'.");
        let text = std::str::from_utf8(&line).map_err(|_| shape())?;
        let [_, method, url, body] = json_walk::members(text, ["custom_id", "method", "url", "body"], shape)?;
        let string = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        let (Some(method), Some(url), Some(body)) = (string(method), string(url), body) else {
            return Err(shape().into());
        };
        let found = route::find(&method, &url).ok().map(|matched| matched.route);
        let Some(route) = found.filter(|route| route.model == ModelIn::Json && route.meter != MeterKind::Request)
        else {
            let (method, url) = (printable(&method), printable(&url));
            return Err(error_body::bad_body(format!("'{method} {url}' cannot be asked for in a batch.")).into());
        };
        decide(&request.caller, route, request.payer.selection(), request.address, self.now())
            .map_err(|refusal| self.refuse(&refusal))?;
        let body = line.slice_ref(body.get().as_bytes());
        let peek = json_body::peek(route, &body)?;
        let alone = ApiRequest {
            route,
            object: None,
            caller: std::sync::Arc::clone(&request.caller),
            lookup: request.lookup.clone(),
            payer: request.payer.clone(),
            address: request.address,
            certificate: request.certificate.clone(),
            id: request.id.clone(),
            began: request.began,
        };
        let judged = self.judge(catalogue, &alone, &peek).await?;
        if matches!(judged.image, Some((_, Some(_)))) {
            let unnamed = error_body::bad_body("Name the model of the tool `image_generation`.");
            return Err(unnamed.with_param("tools").into());
        }
        if let Some((image, _)) = &judged.image
            && *said.tool.get_or_insert_with(|| (*image.id).to_owned()) != *image.id
        {
            // Results do not name it.
            let message = "The tools `image_generation` of one batch must name one model.";
            return Err(error_body::bad_body(message).with_param("tools").into());
        }
        if *judged.entry.upstream != *upstream.name {
            let id = &judged.entry.id;
            return Err(error_body::bad_body(format!("The model '{id}' is not served where batches run.")).into());
        }
        let (is_of_images, has_budget) = (route.meter == MeterKind::Image, self.has_budget(request));
        if !is_of_images && !has_budget {
            return Ok(());
        }
        let (now, asked) = (self.now(), estimate::for_limits(&body, &peek.stated));
        let price = judged.entry.prices.at(now);
        if is_of_images {
            said.images.note(&judged.entry.id, asked.images, &price);
            // Answers with images usually do not name their model.
            if said.images.only_model().is_none() {
                let message = "The requests for images of one batch must name one model.";
                return Err(error_body::bad_body(message).with_param("model").into());
            }
        }
        if has_budget {
            let images = judged.image.map(|(image, _)| PICTURE_OF_A_TOOL.most(&image.prices.at(now)));
            let bounds = self.bounds(route.meter, judged.entry, asked, peek.input_characters, body.len());
            said.most = said.most.plus(bounds.most(&price)).plus(images.unwrap_or_default());
        }
        Ok(())
    }

    /// Notes a batch that has begun, and counts one with results.
    pub(crate) async fn count_batch(
        &self,
        request: &ApiRequest<'_>,
        body: &Bytes,
        begun: BegunBatch,
    ) -> Result<(), ErrorResponse> {
        let Ok(batch) = serde_json::from_slice::<Batch>(body) else { return Ok(()) };
        if request.route.path == "/v1/batches" {
            self.note_batch(request, &batch.id, begun).await?;
        }
        let noted = self.services.pending.find(&batch.id).await.map_err(|_| error_body::store_unavailable())?;
        // One that began before batches were noted is its payer's.
        let Some(pending) = noted.or_else(|| self.pending_batch(request, &batch.id)) else { return Ok(()) };
        self.count_lines(&pending, body).await
    }

    /// Counts the usage of the lines of a finished batch, once, before its results can be read.
    pub(crate) async fn count_lines(&self, pending: &Pending, body: &[u8]) -> Result<(), ErrorResponse> {
        let Ok(batch) = serde_json::from_slice::<Batch>(body) else { return Ok(()) };
        let Some(results) = batch.output_file_id else {
            let ended = matches!(batch.status.as_str(), "failed" | "expired" | "cancelled" | "completed");
            return if ended { self.forget(pending).await } else { Ok(()) };
        };
        // One at a time on this node, so that two requests at once do not read the results twice.
        let _counting = self.counting.lock().await;
        let known = self.services.ownership.owner(&results).await.map_err(|_| error_body::store_unavailable())?;
        let meter = route::find("POST", &batch.endpoint).map_or(MeterKind::Request, |matched| matched.route.meter);
        let Some(kind) = UsageKind::of_meter(meter).filter(|_| known.is_none()) else { return Ok(()) };
        let payer = Payer { organization: pending.organization.clone(), project: pending.project.clone() };
        // A node that stopped before it recorded the owner has counted all of it. This node may have another list of
        // models, so its sums may have other names.
        if self.services.pending.is_counted(&pending.id).await.map_err(|_| error_body::store_unavailable())? {
            self.forget(pending).await?;
            return self.own(&results, &payer).await;
        }
        let catalogue = self.services.catalogue.load_full();
        let upstream = catalogue.default_upstream().ok_or_else(misconfigured)?;
        let content = self.content(&self.request_id(), upstream, &results).await?;
        let mut lines = Lines::new(content, self.limits.form_body);
        let (mut sums, mut uncharged) = (LineSums::default(), false);
        while let Some(line) = lines.next().await.map_err(|_| uncounted())? {
            let read = serde_json::from_slice::<ResultLine<'_>>(&line).ok();
            let Some(body) = read.and_then(|line| line.response).and_then(|response| response.body) else { continue };
            let named = serde_json::from_str(body.get()).map(|ModelOf { model }| model).ok();
            let only = || pending.images.only_model().filter(|_| kind == UsageKind::Images).map(str::to_owned);
            let Some(model) = named.or_else(only) else { continue };
            let served = served_as(&catalogue, &model).map(|entry| (*entry.id).to_owned());
            let model = served.unwrap_or(model);
            let price = self.price_of(pending, &model);
            let asked = |answered| pending.images.of_line(&model, answered, &price);
            let (of, answer) = ((kind, batch.endpoint.as_str()), reported_usage::read_line(body.get().as_bytes()));
            let line = reported_usage::of_line(of, meter, answer.found(), &price, asked);
            let Some((counted, attributes)) = line else { continue };
            let found = answer.found();
            self.add_tools(&mut sums, pending, (model.as_str(), batch.endpoint.as_str()), found);
            uncharged |= pending.tool.is_none() && found.drawn().number() > 0;
            sums.add((kind, attributes), model, counted);
        }
        if uncharged {
            let id = &pending.id;
            tracing::warn!(
                id,
                "images that tools drew for a batch are not counted: the model of the tools is not known"
            );
        }
        let sums = sums.events();
        if sums.is_empty() {
            self.forget(pending).await?;
        }
        let mut recorded = Recorded::Durable;
        let mut left = sums.len();
        for sum in sums {
            left -= 1;
            // The last event ends what is pending; if it is there after a crash, so are all before it.
            let once = if left == 0 { pending.id.clone() } else { format!("{}/{}", pending.id, sum.name) };
            let event = self.event_of(pending, (sum.kind, sum.attributes), sum.model, sum.counted, once);
            recorded = self.services.meter.record(event);
        }
        // Events become safe in order, so the last one covers all.
        recorded.safe().await.map_err(|_| error_body::unrecorded())?;
        self.own(&results, &payer).await
    }

    /// Adds what the hosted tools of a line did, as for a single request. Sessions count at once, under their own ids.
    fn add_tools(&self, sums: &mut LineSums, pending: &Pending, (model, path): (&str, &str), found: &Found) {
        if let Some(tool) = &pending.tool {
            let drawn = Parts::of_tool(found, path, &self.price_of(pending, tool));
            let parts = drawn.into_iter().flat_map(|parts| parts.earlier.into_iter().chain([parts.last]));
            for (counted, attributes) in parts {
                sums.add((UsageKind::Images, of_batch(attributes)), tool.clone(), counted);
            }
        }
        for ToolUse { kind, counted, attributes, once } in reported_usage::tool_calls(found, &pending.organization) {
            let of = (kind, of_batch(attributes));
            match once {
                None => sums.add(of, model.to_owned(), counted),
                Some(once) => {
                    let event = self.event_of(pending, of, model.to_owned(), counted, once);
                    drop(self.services.meter.record(event));
                }
            }
        }
    }

    /// Records the payer of a result file, who can read it from then on.
    async fn own(&self, results: &str, payer: &Payer) -> Result<(), ErrorResponse> {
        self.services.ownership.record(results, payer).await.map_err(|_| error_body::store_unavailable())
    }

    /// Returns the content of a file in the operator's account.
    async fn content(&self, id: &RequestId, upstream: &Upstream, file: &str) -> Result<UpstreamBody, ErrorResponse> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let path = format!("/v1/files/{file}/content");
        let path = path.parse::<PathAndQuery>().ok().filter(|_| !file.is_empty() && file.bytes().all(plain));
        let path =
            path.ok_or_else(|| error_body::bad_body("'input_file_id' is no file's id.").with_param("input_file_id"))?;
        let address = upstream.address.as_ref().ok_or_else(misconfigured)?;
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("*/*"))]);
        let upstream_request =
            UpstreamRequest { method: &Method::GET, target: &path, headers: &headers, id, begun: None };
        let answered = self.upstream.send(address, &upstream_request, RequestBody::Nothing).await;
        match answered {
            Ok(response) if response.status().is_success() => Ok(response.into_body()),
            other => {
                let status = other.map(|response| response.status().as_u16()).unwrap_or_default();
                tracing::warn!(upstream = %upstream.name, status, "the result file of a batch could not be read from the model server");
                Err(uncounted())
            }
        }
    }
}

fn uncounted() -> ErrorResponse {
    error_body::server_error(502, "The batch's file could not be read from the model server. Try again shortly.")
}

/// Builds a refusal that names the line.
fn in_line(wire: ErrorResponse, number: usize) -> ErrorResponse {
    ErrorResponse { message: format!("Line {number} of the batch: {}", wire.message), ..wire }
}

/// Finds the model that an upstream names in an answer; the name may be a dated version of a served model.
fn served_as<'c>(catalogue: &'c Catalogue, named: &str) -> Option<&'c ModelEntry> {
    let dated = |id: &&String| named.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('-'));
    let nearest = || catalogue.models.keys().filter(dated).max_by_key(|id| id.len());
    catalogue.models.get(named).or_else(|| catalogue.models.get(nearest()?))
}

/// The refusal of a file that cannot be read beyond this line.
fn broken(why: Broken, number: usize) -> ErrorResponse {
    match why {
        Broken::Off => uncounted(),
        Broken::LongLine => in_line(error_body::bad_body("It is too long."), number),
    }
}
