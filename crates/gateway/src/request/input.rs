//! Reading what a request sends, as far as it must be known before anything is sent upstream.

use std::sync::Arc;

use bytes::Bytes;
use http::header;
use http::request::Parts;
use http::{HeaderMap, Method};
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::ModelIn;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::body::BoxError;
use crate::request::body_memory::Share;
use crate::request::client_body::{Pace, content_is, malformed, refuse_encoded, sent_as};
use crate::request::form_body::{self, FormScan, Malformed};
use crate::request::form_progress::FormProgress;
use crate::request::json_body::{self, Peek};
use crate::response::error_body;

/// What was read of a request's body.
pub(crate) enum Input<B> {
    /// A JSON body that names a model. Boxed, because it is moved several times.
    Json(Box<JsonInput>),
    /// The start of a form, up to the part that names its model. Boxed, because it is large.
    Form(Box<FormInput<B>>),
    /// The body of a request about upstream objects, which names no model.
    Objects(ObjectsInput<B>),
}

/// A complete JSON body.
pub(crate) struct JsonInput {
    pub(crate) body: Bytes,
    pub(crate) peek: Peek,
}

/// A form of which the model is known.
pub(crate) struct FormInput<B> {
    pub(crate) model: String,
    pub(crate) scan: FormScan,
    /// The part of the body that was read.
    pub(crate) prefix: Vec<Bytes>,
    /// The memory that the prefix takes.
    pub(crate) held: Share,
    /// The part of the body that follows.
    pub(crate) rest: B,
    pub(crate) pace: Pace,
    /// What the scan measures while the form is sent.
    pub(crate) form: Arc<FormProgress>,
}

/// The body of a request about upstream objects: files, uploads, batches, stored responses.
pub(crate) enum ObjectsInput<B> {
    Nothing,
    /// A file, which is passed on as it arrives.
    Upload(B, Pace),
    /// A complete body, because it may name objects of another organization.
    Json(Box<JsonInput>),
}

impl Gateway {
    /// Reads the body as its route describes it. The owner of the object that the path names is checked first.
    pub(crate) async fn read_input<B>(
        &self,
        request: &ApiRequest<'_>,
        parts: &Parts,
        body: B,
    ) -> Result<Input<B>, ErrorResponse>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        match request.route.model {
            ModelIn::Json => Ok(Input::Json(self.read_json(request, &parts.headers, body).await?)),
            ModelIn::Form if sent_as(&parts.headers, "application/json") => {
                Ok(Input::Json(self.read_json(request, &parts.headers, body).await?))
            }
            // Boxed, so that the usual path does not carry their size.
            ModelIn::Form => Ok(Input::Form(Box::pin(self.read_form(request, &parts.headers, body)).await?)),
            ModelIn::Nowhere | ModelIn::Path => {
                Ok(Input::Objects(Box::pin(self.read_objects(request, parts, body)).await?))
            }
        }
    }

    async fn read_json<B>(
        &self,
        request: &ApiRequest<'_>,
        headers: &HeaderMap,
        body: B,
    ) -> Result<Box<JsonInput>, ErrorResponse>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        content_is(headers, "application/json")?;
        let body = json_body::text_of(self.whole(&request.caller.key, headers, body).await?)?;
        let peek = json_body::peek(request.route, &body)?;
        Ok(Box::new(JsonInput { body, peek }))
    }

    /// Reads a form until its model is known.
    async fn read_form<B>(
        &self,
        request: &ApiRequest<'_>,
        headers: &HeaderMap,
        mut rest: B,
    ) -> Result<Box<FormInput<B>>, ErrorResponse>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        content_is(headers, "multipart/form-data")?;
        refuse_encoded(headers)?;
        self.refuse_announced(&rest)?;
        let form = Arc::<FormProgress>::default();
        let mut scan = match headers.get(header::CONTENT_TYPE).map(form_body::boundary) {
            Some(Ok(boundary)) => FormScan::new(&boundary).listening(Arc::clone(&form)),
            _ => return Err(malformed(Malformed::Boundary)),
        };
        let bounds = self.limits.upload_bounds();
        let (mut pace, mut held) = (Pace::new(bounds), self.share(&request.caller.key));
        let (mut prefix, mut read) = (Vec::new(), 0usize);
        while scan.model().is_none() {
            let next = pace.next(&mut rest).await.map_err(|fault| fault.response(bounds.most))?;
            let Some(chunk) = next else { break };
            scan.feed(&chunk).map_err(malformed)?;
            held.grow(chunk.len()).map_err(error_body::no_room)?;
            read += chunk.len();
            prefix.push(chunk);
            if read > self.limits.form_prefix {
                return Err(error_body::bad_body("Put the part 'model' before the file.").with_param("model"));
            }
        }
        let model = scan.model().map(str::to_owned).ok_or_else(error_body::no_model)?;
        if rest.is_end_stream() {
            scan.finish().map_err(malformed)?;
        }
        Ok(Box::new(FormInput { model, scan, prefix, held, rest, pace, form }))
    }

    async fn read_objects<B>(
        &self,
        request: &ApiRequest<'_>,
        parts: &Parts,
        body: B,
    ) -> Result<ObjectsInput<B>, ErrorResponse>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        refuse_encoded(&parts.headers)?;
        if let Some(object) = request.object {
            self.owned(object, &request.payer).await?;
        }
        if parts.method != Method::POST || body.is_end_stream() {
            return Ok(ObjectsInput::Nothing);
        }
        if matches!(request.route.path, "/v1/files" | "/v1/uploads/{id}/parts") {
            content_is(&parts.headers, "multipart/form-data")?;
            self.refuse_announced(&body)?;
            return Ok(ObjectsInput::Upload(body, Pace::new(self.limits.upload_bounds())));
        }
        let body = self.whole(&request.caller.key, &parts.headers, body).await?;
        if body.is_empty() {
            return Ok(ObjectsInput::Nothing);
        }
        content_is(&parts.headers, "application/json")?;
        let body = json_body::text_of(body)?;
        let peek = json_body::peek(request.route, &body)?;
        Ok(ObjectsInput::Json(Box::new(JsonInput { body, peek })))
    }

    /// Refuses a form with an announced length that is too large before it is read.
    fn refuse_announced(&self, body: &impl http_body::Body) -> Result<(), ErrorResponse> {
        let most = self.limits.form_body;
        let fits = body.size_hint().lower() <= u64::try_from(most).unwrap_or(u64::MAX);
        if fits { Ok(()) } else { Err(error_body::too_large(most)) }
    }
}
