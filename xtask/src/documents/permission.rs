//! `x-permission`: what an operation asks of whoever calls it with a user's or API token.

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What the documents say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// One of these permissions.
    OneOf(Vec<String>),
    /// The same, unless the path names the caller.
    OneOfForOthers(Vec<String>),
    /// None: the data is the caller's own.
    Own,
    /// None, for this reason.
    Open(String),
    /// No such token is taken.
    NotApplicable,
}

impl Permission {
    /// Reads the value of an `x-permission`.
    pub fn read(value: &Value) -> Result<Self> {
        let only = |name: &str| value.as_object().filter(|map| map.len() == 1).and_then(|map| map.get(name));
        if value.is_null() {
            return Ok(Self::NotApplicable);
        }
        if value == "own" {
            return Ok(Self::Own);
        }
        if let Some(others) = only("others") {
            return Ok(Self::OneOfForOthers(keys(others)?));
        }
        if let Some(reason) = only("open") {
            let reason = reason.as_str().map(str::trim).filter(|reason| !reason.is_empty());
            return Ok(Self::Open(reason.context("is open without a reason")?.to_owned()));
        }
        keys(value).map(Self::OneOf)
    }

    /// The permissions of which one is needed; none where none is.
    pub fn keys(&self) -> &[String] {
        match self {
            Self::OneOf(keys) | Self::OneOfForOthers(keys) => keys,
            Self::Own | Self::Open(_) | Self::NotApplicable => &[],
        }
    }

    /// What the documentation of a method says of it; nothing where no such token is taken.
    pub fn docs(&self) -> Option<String> {
        let needed = |keys: &[String]| {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            format!("With a user's or API token, the permission {} is needed", keys.join(" or "))
        };
        Some(match self {
            Self::OneOf(keys) => format!("{}.", needed(keys)),
            Self::OneOfForOthers(keys) => format!("{}, but not for oneself.", needed(keys)),
            Self::Own => "No permission is needed: the data is the caller's own.".to_owned(),
            Self::Open(reason) => format!("No permission is needed: {}.", reason.trim_end_matches('.')),
            Self::NotApplicable => return None,
        })
    }
}

/// One key of the product's own, or a list of them.
fn keys(value: &Value) -> Result<Vec<String>> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let key = |value: &Value| {
        let key = value.as_str().filter(|key| key.starts_with("fe.") && !key.contains(['*', ' ']));
        key.map(str::to_owned).context("is neither own, open, null nor the key of a permission")
    };
    if list.is_empty() {
        bail!("is an empty list");
    }
    list.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_is_read() {
        let one = vec!["fe.a".to_owned()];
        for (value, expected) in [
            (json!("fe.a"), Permission::OneOf(one.clone())),
            (json!(["fe.a", "fe.b"]), Permission::OneOf(vec!["fe.a".into(), "fe.b".into()])),
            (json!({"others": "fe.a"}), Permission::OneOfForOthers(one)),
            (json!("own"), Permission::Own),
            (json!({"open": "all read it."}), Permission::Open("all read it.".into())),
            (Value::Null, Permission::NotApplicable),
        ] {
            assert_eq!(Permission::read(&value).unwrap(), expected);
        }
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for value in [
            json!("users"),
            json!("open"),
            json!("fe.*"),
            json!([]),
            json!({"open": " "}),
            json!({"own": "x"}),
            json!({"others": "fe.a", "open": "x"}),
            json!(true),
        ] {
            assert!(Permission::read(&value).is_err(), "{value}");
        }
    }
}
