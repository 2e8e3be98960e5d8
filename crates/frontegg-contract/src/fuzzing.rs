//! Ways for fuzz targets to what is not public. Compiled for them, with `--cfg fuzzing`, and for
//! tests, so that it is never behind.

use frontegg_model::OPERATIONS;
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

use crate::context::{Cookie, RequestContext};
use crate::params;
use crate::principal::Principal;
use crate::schema::Contract;
use crate::validate::ValidationErrors;

/// What a request says beside its body.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The values of the path's parameters.
    pub path: &'a [String],
    /// The query.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
}

/// The values of an operation's parameters, or everything that is wrong with them.
pub fn parameters(contract: &Contract, said: Said<'_>) -> Result<Vec<Value>, Vec<String>> {
    let mut errors = ValidationErrors::default();
    let values = params::read(contract.parameters, said.path, said.query, said.headers, &mut errors);
    if errors.is_empty() { Ok(values) } else { Err(errors.into_messages()) }
}

/// A context of no operation in particular.
pub fn context(headers: HeaderMap) -> Option<RequestContext> {
    RequestContext::new(&OPERATIONS[0], Principal::Anonymous, headers, String::new()).ok()
}

/// The `Set-Cookie` line of a cookie, if it makes one.
pub fn set_cookie(cookie: &Cookie<'_>) -> Option<HeaderValue> {
    let context = context(HeaderMap::new())?;
    context.set_cookie(cookie);
    let mut headers = context.take_reply_headers().into_iter();
    headers.find(|(name, _)| name == header::SET_COOKIE).map(|(_, value)| value)
}
