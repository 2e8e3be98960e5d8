//! Bodies that come as a form (RFC 7578): each part becomes a member of an object, as text. What a part says of its own
//! type does not matter: the contract knows what each member is.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use multer::Multipart;
use serde_json::{Map, Value, map::Entry};

use crate::failure::{ApiFailure, ApiResult};

/// The text between the parts, where the body is a form.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(kind).ok()
}

/// Whether a body comes as a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    boundary(headers).is_some()
}

/// The form as an object; 400 where it cannot be read.
pub(crate) async fn read(headers: &HeaderMap, bytes: Bytes) -> ApiResult<Value> {
    let unreadable = |_| ApiFailure::bad_request("Request body is no form that can be read");
    let boundary = boundary(headers).unwrap_or_default();
    let mut form = Multipart::new(Body::from(bytes).into_data_stream(), boundary);
    let mut object = Map::new();
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        let name = part.name().map(str::to_owned);
        let name = name.ok_or_else(|| ApiFailure::bad_request("Request body has a part without a name"))?;
        let bytes = part.bytes().await.map_err(unreadable)?;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Err(ApiFailure::bad_request(format!("{name} must be UTF-8 text")));
        };
        match object.entry(name) {
            Entry::Vacant(entry) => entry.insert(Value::String(text.to_owned())),
            Entry::Occupied(entry) => {
                return Err(ApiFailure::bad_request(format!("{} is there twice", entry.key())));
            }
        };
    }
    Ok(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    async fn read_parts(parts: &str) -> Result<Value, ApiFailure> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=x"));
        assert!(is_form(&headers));
        read(&headers, Bytes::from(parts.replace('\n', "\r\n"))).await
    }

    fn part(name: &str, text: &str) -> String {
        format!("--x\nContent-Disposition: form-data; {name}\n\n{text}\n")
    }

    #[tokio::test]
    async fn parts_are_members() {
        let file = part("name=\"csv\"; filename=\"people.csv\"", "a,b\n1,2");
        let body = format!("{file}{}--x--\n", part("name=\"fieldsMapper\"", "{}"));
        assert_eq!(read_parts(&body).await.unwrap(), json!({ "csv": "a,b\r\n1,2", "fieldsMapper": "{}" }));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_refused() {
        let twice = format!("{}{}--x--\n", part("name=\"csv\"", "1"), part("name=\"csv\"", "2"));
        for body in
            ["nonsense", &part("name=\"csv\"", "without an end"), &format!("{}--x--\n", part("a=b", "1")), &twice]
        {
            assert!(read_parts(body).await.is_err(), "{body}");
        }
    }

    #[test]
    fn other_bodies_are_no_forms() {
        for kind in ["application/json", "multipart/form-data", "multipart/mixed; boundary=x", ""] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
            assert!(!is_form(&headers), "{kind}");
        }
    }
}
