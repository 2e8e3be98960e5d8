//! What is kept of a request so that it can be sent again.
//!
//! Less than a copy of it: most requests are sent once, and the failure of those that are not names the address.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use reqwest::{Request, Url};

/// The parts of a request but for its address.
pub(super) struct Repeat {
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<Bytes>,
}

impl Repeat {
    /// What is needed to send that request again; none if its body is there only once.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let body = match request.body() {
            Some(body) => Some(Bytes::copy_from_slice(body.as_bytes()?)),
            None => None,
        };
        let headers = request.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Some(Self { method: request.method().clone(), headers, body })
    }

    /// One of the headers.
    pub(super) fn header_mut(&mut self, name: &HeaderName) -> Option<&mut HeaderValue> {
        self.headers.iter_mut().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The same request to its address.
    pub(super) fn request(&self, url: Url) -> Request {
        let mut request = Request::new(self.method.clone(), url);
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        *request.body_mut() = self.body.clone().map(Into::into);
        request
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{Body, Response};

    use super::*;

    #[test]
    fn a_request_is_the_same_again() {
        let url: Url = "http://127.0.0.1:1/identity?_limit=1".parse().unwrap();
        let http = reqwest::Client::new();
        let post = http.post(url.clone()).header("frontegg-tenant-id", "acme").json(&["a"]).build().unwrap();
        for request in [post, http.get(url.clone()).build().unwrap()] {
            let again = Repeat::of(&request).unwrap().request(url.clone());
            assert_eq!((again.method(), again.url()), (request.method(), &url));
            assert_eq!(again.headers(), request.headers());
            let body = |request: &Request| request.body().map(|body| body.as_bytes().unwrap().to_vec());
            assert_eq!(body(&again), body(&request));
        }
    }

    #[test]
    fn a_body_that_streams_is_there_once() {
        let mut request = Request::new(Method::POST, "http://127.0.0.1:1/".parse().unwrap());
        *request.body_mut() = Some(Body::from(Response::from(http::Response::new("text"))));
        assert!(Repeat::of(&request).is_none());
    }
}
