//! Free data on a tenant: any JSON, kept as text.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::record::require;
use crate::{
    domain::{DomainError, DomainResult},
    store::{Write, entity::tenant},
};

/// What a tenant has before anything was written.
pub(super) const EMPTY: &str = "{}";

/// The text to keep of what was sent: JSON, or JSON as text, which stays as it was written.
pub(super) fn to_text(sent: &Value) -> DomainResult<String> {
    match sent {
        Value::String(text) => {
            parse::<IgnoredAny>(text)?;
            Ok(text.clone())
        }
        other => Ok(other.to_string()),
    }
}

/// Writes the top-level keys of `sent` over the stored ones. Stored data that is no object is
/// replaced.
pub(crate) async fn merge(tx: &Write, tenant_id: &str, sent: &Value) -> DomainResult<tenant::Model> {
    let sent = match sent {
        Value::String(text) => parse(text)?,
        other => other.clone(),
    };
    let Value::Object(sent) = sent else {
        return Err(DomainError::bad_request("metadata must be an object"));
    };
    let row = require(tx, tenant_id).await?;
    let mut merged = stored(&row).unwrap_or_default();
    merged.extend(sent);
    write(tx, row, merged).await
}

/// Drops a top-level key; one that is not there changes nothing.
pub(crate) async fn remove_key(tx: &Write, tenant_id: &str, key: &str) -> DomainResult<tenant::Model> {
    let row = require(tx, tenant_id).await?;
    let mut object = stored(&row).unwrap_or_default();
    if object.remove(key).is_none() {
        return Ok(row);
    }
    write(tx, row, object).await
}

fn stored(row: &tenant::Model) -> Option<Map<String, Value>> {
    serde_json::from_str(&row.metadata).ok()
}

async fn write(tx: &Write, row: tenant::Model, object: Map<String, Value>) -> DomainResult<tenant::Model> {
    let mut row = row.into_active_model();
    row.metadata = Set(Value::Object(object).to_string());
    row.updated_at = Set(tx.now());
    Ok(row.update(tx).await?)
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> DomainResult<T> {
    serde_json::from_str(text).map_err(|_| DomainError::bad_request("metadata must be JSON or JSON written as text"))
}
