//! Takes a request to a double and its answer back.

use std::{fmt, sync::Arc};

use frontegg_client::{Answer, Failure, MaybeSend, Received};
use frontegg_model::Operation;
use reqwest::{Request as HttpRequest, Url};
use serde_json::Value;

use super::{Reply, Request, Transport, reply::Body};
use crate::{
    context,
    error::{Error, ErrorKind},
};

/// A double of the service, as clients hold it.
#[derive(Clone)]
pub(crate) struct Double(pub(crate) Arc<dyn Transport>);

impl fmt::Debug for Double {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a double")
    }
}

/// The exchange of a call with a double.
///
/// A plain function: a future that is given a request has room for it until its end.
pub(crate) fn exchange(
    transport: &dyn Transport,
    request: &HttpRequest,
    operation: &'static Operation,
) -> impl Future<Output = Result<Answer, Failure>> + MaybeSend + use<> {
    context::begin_attempt();
    let received = answer(transport, request, operation);
    async move {
        let received = received.map_err(|error| Failure::Refused(context::fail(error)))?;
        let answer = Answer::read(received, operation).await?;
        context::note_answer(answer.status(), answer.headers());
        Ok(answer)
    }
}

/// What a double answers.
pub(crate) fn answer(
    transport: &dyn Transport,
    request: &HttpRequest,
    operation: &'static Operation,
) -> Result<Received, Error> {
    transport.answer(&told(request, operation)).and_then(|reply| received(reply, request.url()))
}

/// What a double is told of a request.
fn told(request: &HttpRequest, operation: &'static Operation) -> Request {
    let url = request.url();
    let body = request.body().and_then(reqwest::Body::as_bytes);
    let headers = request.headers().iter();
    Request {
        operation: operation.id,
        method: operation.method.as_str(),
        path: url.path().to_owned(),
        query: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        headers: headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or(Value::Null),
    }
}

fn received(reply: Reply, url: &Url) -> Result<Received, Error> {
    let mut head = http::Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        head = head.header(name, value);
    }
    let body = match reply.body {
        Some(Body::Json(value)) => value.to_string().into_bytes(),
        Some(Body::File(bytes)) => bytes,
        None => Vec::new(),
    };
    let refusal = |error: http::Error| Error::new(ErrorKind::InvalidRequest, format!("the double's answer: {error}"));
    Received::given(head, url.clone(), body).map_err(refusal)
}
