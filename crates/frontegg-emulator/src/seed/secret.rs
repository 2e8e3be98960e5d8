//! Secrets of a seed.

use frontegg_model::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// A password or another secret that a seed gives. `Debug` does not show it; serializing a seed does. Secrets are
/// compared in constant time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct SeedSecret(Secret);

impl SeedSecret {
    /// The secret itself.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<String> for SeedSecret {
    fn from(secret: String) -> Self {
        Self(secret.into())
    }
}

impl From<&str> for SeedSecret {
    fn from(secret: &str) -> Self {
        Self(secret.into())
    }
}

/// A text like others: editors show what is typed.
impl JsonSchema for SeedSecret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        String::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}
