//! Ways for fuzz targets to what is not public. Compiled for them, with `--cfg fuzzing`, and for
//! tests, so that it is never behind.

use frontegg_client::ResponseValue;
use http::{HeaderMap, HeaderValue, StatusCode, header};

#[cfg(feature = "verify")]
use crate::verify::{Verifier, VerifierBuilder};
use crate::{response::Response, session::cookies::Cookies};

/// What a session sends as `Cookie` after answers with these `Set-Cookie` lines.
pub fn cookies<'a>(answers: impl IntoIterator<Item = &'a [HeaderValue]>) -> Option<HeaderValue> {
    let mut cookies = Cookies::default();
    for lines in answers {
        let headers: HeaderMap = lines.iter().map(|line| (header::SET_COOKIE, line.clone())).collect();
        cookies.update(&Response::new(ResponseValue::new((), StatusCode::OK, headers), 1));
    }
    cookies.header()
}

/// A verifier with the keys of a set, which fetches none.
#[cfg(feature = "verify")]
pub fn verifier(builder: VerifierBuilder, key_set: &[u8]) -> Option<Verifier> {
    builder.build_with(key_set)
}
