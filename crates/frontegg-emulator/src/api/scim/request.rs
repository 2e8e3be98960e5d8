//! What a request asks of the server of a connection.

use std::borrow::Cow;

use axum::extract::Request;
use frontegg_contract::{
    headers::text,
    receive::{BODY_LIMIT, bearer},
};
use http::{HeaderMap, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Document, answer::Refusal};
use crate::{
    domain::scim::Failure,
    scim::{Error, Fault, message::Search, projection::Projection, version::Tags},
};

/// Kinds of resources by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Users,
    Groups,
}

/// A place below the base of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Discovery(Document),
    /// Of all kinds where none is named.
    Search(Option<Endpoint>),
    All(Endpoint),
    One(Endpoint, String),
    /// What the standard has and this server does not.
    NotImplemented,
}

/// A request but for its body.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) connection_id: String,
    pub(super) token: String,
    pub(super) if_match: Option<Tags>,
    pub(super) if_none_match: Option<Tags>,
    /// What follows the base, decoded.
    segments: Vec<String>,
    query: Vec<(String, String)>,
    is_json: bool,
}

impl Asked {
    /// Refuses a request without a token that can be read.
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let unauthorized = || Refusal::from(Failure::Unauthorized);
        let headers = request.headers();
        let token = bearer(headers).ok().flatten().ok_or_else(unauthorized)?.to_owned();
        let decode = |segment: &str| percent_decode_str(segment).decode_utf8().ok().map(Cow::into_owned);
        // Behind the four segments of the mount.
        let segments: Option<Vec<String>> = request.uri().path().split('/').skip(5).map(decode).collect();
        let mut segments = segments.ok_or_else(unauthorized)?.into_iter();
        let connection_id = segments.next().ok_or_else(unauthorized)?;
        let query = request.uri().query().unwrap_or_default();
        let query = serde_urlencoded::from_str(query)
            .map_err(|_| Failure::from(Error::new(Fault::InvalidValue, "The query cannot be read")))?;
        let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
        Ok(Self {
            method,
            connection_id,
            token,
            if_match: tags(headers, header::IF_MATCH.as_str())?,
            if_none_match: tags(headers, header::IF_NONE_MATCH.as_str())?,
            segments: segments.collect(),
            query,
            is_json: is_json(headers),
        })
    }

    /// What it is about.
    pub(super) fn place(&self) -> Result<Place, Refusal> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let endpoint = |name: &str| match name {
            "Users" => Some(Endpoint::Users),
            "Groups" => Some(Endpoint::Groups),
            _ => None,
        };
        let place = match *segments.as_slice() {
            ["ServiceProviderConfig"] => Some(Place::Discovery(Document::Configuration)),
            ["ResourceTypes"] => Some(Place::Discovery(Document::ResourceTypes(None))),
            ["ResourceTypes", id] => Some(Place::Discovery(Document::ResourceTypes(Some(id.to_owned())))),
            ["Schemas"] => Some(Place::Discovery(Document::Schemas(None))),
            ["Schemas", id] => Some(Place::Discovery(Document::Schemas(Some(id.to_owned())))),
            [".search"] => Some(Place::Search(None)),
            ["Bulk" | "Me"] => Some(Place::NotImplemented),
            [name] => endpoint(name).map(Place::All),
            [name, ".search"] => endpoint(name).map(|endpoint| Place::Search(Some(endpoint))),
            [name, id] => endpoint(name).map(|endpoint| Place::One(endpoint, id.to_owned())),
            _ => None,
        };
        place.ok_or_else(|| Failure::NotFound.into())
    }

    /// Refuses other methods.
    pub(super) fn only(&self, methods: &[Method]) -> Result<(), Refusal> {
        if methods.contains(&self.method) { Ok(()) } else { Err(self.not_allowed(methods)) }
    }

    /// Said where a place has other methods.
    pub(super) fn not_allowed(&self, methods: &[Method]) -> Refusal {
        let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} is not possible here", self.method));
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        refusal.header(header::ALLOW, &names.join(", "))
    }

    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.query.iter().any(|(given, _)| given.eq_ignore_ascii_case(name))
    }

    /// The search that the query tells.
    pub(super) fn search(&self) -> Result<Search, Refusal> {
        Ok(Search::of_query(&self.query).map_err(Failure::from)?)
    }

    /// Which attributes are wanted.
    pub(super) fn projection(&self, of: Endpoint) -> Result<Projection, Refusal> {
        let search = self.search()?;
        Ok(Projection::new(of.of(), &search.attributes, &search.excluded_attributes))
    }

    /// The JSON of the body.
    pub(super) async fn body(&self, request: Request) -> Result<Value, Refusal> {
        if !self.is_json {
            let message = "The body must be application/scim+json or application/json";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let bytes = axum::body::to_bytes(request.into_body(), BODY_LIMIT).await.map_err(|_| {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body has more than {BODY_LIMIT} bytes"))
        })?;
        let unreadable = |_| Failure::from(Error::new(Fault::InvalidSyntax, "The body is no JSON"));
        Ok(serde_json::from_slice(&bytes).map_err(unreadable)?)
    }
}

fn tags(headers: &HeaderMap, name: &str) -> Result<Option<Tags>, Refusal> {
    let unreadable = |_| Refusal::new(StatusCode::BAD_REQUEST, format!("The header {name} cannot be read"));
    Ok(text(headers, name).map_err(unreadable)?.map(Tags::read))
}

/// Whether the body is said to be JSON, in a text that everybody reads.
fn is_json(headers: &HeaderMap) -> bool {
    let Ok(Some(content_type)) = text(headers, header::CONTENT_TYPE.as_str()) else { return false };
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    ["application/scim+json", "application/json"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn places_are_told_by_paths() {
        for (path, place) in [
            ("/Users", Some(Place::All(Endpoint::Users))),
            ("/Users/a%2Fb", Some(Place::One(Endpoint::Users, "a/b".to_owned()))),
            ("/Groups/.search", Some(Place::Search(Some(Endpoint::Groups)))),
            ("/.search", Some(Place::Search(None))),
            ("/Schemas/urn:x", Some(Place::Discovery(Document::Schemas(Some("urn:x".to_owned()))))),
            ("/Bulk", Some(Place::NotImplemented)),
            ("", None),
            ("/users", None),
            ("/Users/1/2", None),
        ] {
            let uri = format!("/directory/resources/scim/v2.0/7{path}");
            let request = Request::builder().uri(uri).header("authorization", "Bearer t").body(Body::empty());
            let asked = Asked::of(&request.expect("a request")).unwrap_or_else(|_| panic!("{path} has a token"));
            assert_eq!((asked.connection_id.as_str(), asked.place().ok()), ("7", place), "{path}");
        }
    }
}
