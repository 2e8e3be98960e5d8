//! Bodies that come as a form, of parts (RFC 7578) or of fields (URL Standard, application/x-www-form-urlencoded): each
//! becomes a member of an object, as text. What a part says of its own type does not matter: the contract knows what each
//! member is.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use multer::Multipart;
use serde_json::{Map, Value, map::Entry};

use crate::failure::{ApiFailure, ApiResult};
use crate::params::decode;

/// The text between the parts, where the body is a form.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(kind).ok()
}

/// Whether the body is a form of fields.
fn has_fields(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether a body comes as a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    has_fields(headers) || boundary(headers).is_some()
}

/// The fields of a form as an object.
fn fields(bytes: &[u8]) -> ApiResult<Value> {
    let unreadable = || ApiFailure::bad_request("Request body is no form that can be read");
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable())?;
    let mut object = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name).ok_or_else(unreadable)?, decode(value).ok_or_else(unreadable)?);
        insert(&mut object, name, value)?;
    }
    Ok(Value::Object(object))
}

fn insert(object: &mut Map<String, Value>, name: String, text: String) -> ApiResult<()> {
    match object.entry(name) {
        Entry::Vacant(entry) => {
            entry.insert(Value::String(text));
            Ok(())
        }
        Entry::Occupied(entry) => Err(ApiFailure::bad_request(format!("{} is there twice", entry.key()))),
    }
}

/// The form as an object; 400 where it cannot be read.
pub(crate) async fn read(headers: &HeaderMap, bytes: Bytes) -> ApiResult<Value> {
    if has_fields(headers) {
        return fields(&bytes);
    }
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
        insert(&mut object, name, text.to_owned())?;
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

    #[tokio::test]
    async fn fields_are_members() {
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, kind);
        assert!(is_form(&headers));
        let body = Bytes::from_static(b"SAMLResponse=a%2Bb%3D&RelayState=c+d&empty=&bare");
        let expected = json!({ "SAMLResponse": "a+b=", "RelayState": "c d", "empty": "", "bare": "" });
        assert_eq!(read(&headers, body).await.unwrap(), expected);
        for bad in [&b"a=1&a=2"[..], b"a=%ff", b"\xff"] {
            assert!(read(&headers, Bytes::copy_from_slice(bad)).await.is_err(), "{bad:?}");
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
