//! The OpenAPI document of what is served, for clients, generators and judges in other languages.

use std::sync::LazyLock;

use axum::response::IntoResponse;
use frontegg_contract::{ApiFailure, ApiResult, DOCUMENT};
use http::header;
use serde_json::{Map, Value};

use crate::api;

/// As text: it never changes.
static SERVED: LazyLock<serde_json::Result<String>> = LazyLock::new(|| serde_json::from_str(DOCUMENT).map(only_served));

pub(super) async fn document() -> ApiResult<impl IntoResponse> {
    let text = SERVED.as_ref().map_err(ApiFailure::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text.as_str()))
}

/// Leaves out operations that are answered with 501.
fn only_served(mut document: Value) -> String {
    let unserved: Vec<_> = api::unserved().map(|operation| operation.id).collect();
    let is_served = |operation: &Value| !operation["operationId"].as_str().is_some_and(|id| unserved.contains(&id));
    let paths = document["paths"].as_object_mut();
    let items = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    items.for_each(|item| item.retain(|_, operation| is_served(operation)));
    document.to_string()
}

#[cfg(test)]
mod tests {
    use frontegg_model::OPERATIONS;

    use super::*;

    #[test]
    fn every_served_operation_stands_in_it() {
        let document: Value = serde_json::from_str(SERVED.as_ref().expect("a document")).expect("JSON");
        let items = document["paths"].as_object().expect("paths").values();
        let operations = items.flat_map(|item| item.as_object().expect("an item").values());
        assert_eq!(operations.count(), OPERATIONS.len() - api::unserved().count());
    }
}
