//! The OpenAPI document of what is served, for clients, generators and judges in other languages.

use axum::response::IntoResponse;
use frontegg_contract::DOCUMENT;
use http::header;

pub(super) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}

#[cfg(test)]
mod tests {
    use frontegg_model::OPERATIONS;
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_operation_stands_in_it() {
        let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
        let items = document["paths"].as_object().expect("paths").values();
        let operations = items.flat_map(|item| item.as_object().expect("an item").values());
        assert_eq!(operations.count(), OPERATIONS.len());
    }
}
