//! The messages around resources: errors, lists, searches (RFC 7644, 3.4 and 3.12).

use serde_json::{Map, Value, json};

use super::{Error, Fault, resource::Attributes};

/// Resources in one answer, where the client does not say how many.
pub(crate) const COUNT: u64 = 100;

/// Most resources in one answer.
pub(crate) const MOST: u64 = 200;

/// A search, as a query or a body tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) filter: Option<String>,
    pub(crate) attributes: Vec<String>,
    pub(crate) excluded_attributes: Vec<String>,
    pub(crate) window: Window,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// From 1.
    pub(crate) start: u64,
    pub(crate) count: u64,
}

impl Default for Window {
    fn default() -> Self {
        Self { start: 1, count: COUNT }
    }
}

impl Window {
    /// Less than 1 counts as 1, and a negative number as 0.
    fn new(start: Option<i64>, count: Option<i64>) -> Self {
        let or_zero = |number: i64| u64::try_from(number).unwrap_or_default();
        Self { start: start.map_or(1, or_zero).max(1), count: count.map_or(COUNT, or_zero).min(MOST) }
    }

    /// How many resources stand before it.
    pub(crate) fn offset(self) -> u64 {
        self.start - 1
    }
}

/// Part of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed {
    pub(crate) total: u64,
    pub(crate) resources: Vec<Attributes>,
}

impl Search {
    /// From the pairs of a query.
    pub(crate) fn of_query(pairs: &[(String, String)]) -> Result<Self, Error> {
        let find = |name: &str| {
            pairs.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        };
        let number = |name: &str| match find(name).map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(Error::value(format!("{name} is a whole number"))),
        };
        Ok(Self {
            filter: find("filter").map(str::to_owned),
            attributes: find("attributes").map(names).unwrap_or_default(),
            excluded_attributes: find("excludedAttributes").map(names).unwrap_or_default(),
            window: Window::new(number("startIndex")?, number("count")?),
        })
    }

    /// From the body of a search request.
    pub(crate) fn of_body(body: &Value) -> Result<Self, Error> {
        let members = body.as_object().ok_or_else(|| Error::syntax("A search is an object"))?;
        let number = |name: &str| match member(members, name) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(Error::value(format!("{name} is a whole number"))),
            },
        };
        let list = |name: &str| match member(members, name) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(names(text)),
            Some(Value::Array(values)) => {
                let texts: Option<Vec<_>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
                texts.ok_or_else(|| Error::value(format!("{name} is a list of texts")))
            }
            Some(_) => Err(Error::value(format!("{name} is a list of texts"))),
        };
        let filter = match member(members, "filter") {
            None => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => return Err(Error::new(Fault::InvalidFilter, "filter is a text")),
        };
        Ok(Self {
            filter,
            attributes: list("attributes")?,
            excluded_attributes: list("excludedAttributes")?,
            window: Window::new(number("startIndex")?, number("count")?),
        })
    }
}

/// A member in any letter case; null is none.
pub(super) fn member<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    members
        .iter()
        .find(|(given, _)| given.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .filter(|it| !it.is_null())
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// The body of an answer to a search.
pub(crate) fn list(window: Window, listed: &Listed) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": listed.total,
        "startIndex": window.start,
        "itemsPerPage": listed.resources.len(),
        "Resources": listed.resources,
    })
}

/// The body of an answer that is an error. The status is a text in it.
pub(crate) fn error(status: u16, fault: Option<Fault>, detail: &str) -> Value {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(),
        "detail": detail,
    });
    if let Some(fault) = fault {
        body["scimType"] = fault.keyword().into();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn windows_are_bounded() {
        for (start, count, window) in [
            (None, None, (1, COUNT)),
            (Some(-5), Some(-5), (1, 0)),
            (Some(0), Some(0), (1, 0)),
            (Some(7), Some(i64::MAX), (7, MOST)),
        ] {
            let Window { start, count } = Window::new(start, count);
            assert_eq!((start, count), window);
        }
    }

    #[test]
    fn a_search_is_told_by_query_or_body() {
        let query = pairs(&[
            ("filter", "id pr"),
            ("ATTRIBUTES", "userName, name.givenName,"),
            ("excludedAttributes", "x"),
            ("startIndex", "2"),
            ("count", "3"),
            ("sortBy", "id"),
        ]);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "id pr", "attributes": ["userName", "name.givenName"], "ExcludedAttributes": "x",
            "startIndex": 2, "count": 3,
        });
        let search = Search::of_query(&query).expect("a search");
        assert_eq!(search, Search::of_body(&body).expect("a search"));
        assert_eq!((search.attributes.len(), search.window), (2, Window { start: 2, count: 3 }));
        for bad in [json!([]), json!({ "count": "1" }), json!({ "filter": 1 }), json!({ "attributes": [1] })] {
            assert!(Search::of_body(&bad).is_err(), "{bad}");
        }
        assert!(Search::of_query(&pairs(&[("count", "x")])).is_err());
    }
}
