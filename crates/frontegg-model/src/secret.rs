//! Values that must not be shown: passwords, API keys, codes and tokens in bodies.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

/// A secret string: `Debug` prints a placeholder and there is no `Display`. The memory is overwritten
/// when the value is dropped.
///
/// ```
/// use frontegg_model::Secret;
///
/// let password = Secret::from("correct horse");
/// assert_eq!(format!("{password:?}"), "Secret(…)");
/// assert_eq!(password.expose(), "correct horse");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The string itself. Keep it out of logs, error texts and URLs.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether the string is empty, as tokens of unfinished sign-ins are.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

/// Takes as long for secrets of one length wherever they differ.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value.into())
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.into())
    }
}

impl From<&Secret> for Secret {
    fn from(value: &Secret) -> Self {
        value.clone()
    }
}

impl From<SecretString> for Secret {
    fn from(value: SecretString) -> Self {
        Self(value)
    }
}

impl From<Secret> for SecretString {
    fn from(value: Secret) -> Self {
        value.0
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "password" })
    }
}

/// Settings of which any may be secret: `Debug` shows only their names.
///
/// ```
/// use frontegg_model::SecretMap;
///
/// let settings: SecretMap = serde_json::from_str(r#"{"clientSecret":"hunter2"}"#).unwrap();
/// assert_eq!(format!("{settings:?}"), r#"SecretMap({"clientSecret"})"#);
/// assert_eq!(settings.expose()["clientSecret"], "hunter2");
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretMap(Map<String, Value>);

impl SecretMap {
    /// The settings themselves. Keep them out of logs, error texts and URLs.
    pub fn expose(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl fmt::Debug for SecretMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Names<'a>(&'a Map<String, Value>);
        impl fmt::Debug for Names<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_set().entries(self.0.keys()).finish()
            }
        }
        f.debug_tuple("SecretMap").field(&Names(&self.0)).finish()
    }
}

impl From<Map<String, Value>> for SecretMap {
    fn from(settings: Map<String, Value>) -> Self {
        Self(settings)
    }
}

impl From<SecretMap> for Map<String, Value> {
    fn from(settings: SecretMap) -> Self {
        settings.0
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for SecretMap {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretMap".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_serialised_as_a_plain_string() {
        let secret: Secret = serde_json::from_str(r#""s3cret""#).unwrap();
        assert_eq!(secret.expose(), "s3cret");
        assert_eq!(serde_json::to_string(&secret).unwrap(), r#""s3cret""#);
    }

    #[test]
    fn is_not_shown_by_debug() {
        let secret = Some(Secret::from("canary"));
        assert!(!format!("{secret:?} {secret:#?}").contains("canary"));
    }

    #[test]
    fn a_wrong_type_is_refused_without_quoting_it() {
        let error = serde_json::from_str::<Secret>("{\"canary\": 1}").unwrap_err();
        assert!(!error.to_string().contains("canary"));
    }
}
