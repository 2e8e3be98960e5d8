//! Secrets of a seed.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A password or another secret that a seed gives. `Debug` does not show it; serializing a seed does.
#[derive(Clone)]
pub struct SeedSecret(SecretString);

impl SeedSecret {
    /// The secret itself.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SeedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeedSecret(…)")
    }
}

impl PartialEq for SeedSecret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
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

impl Serialize for SeedSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for SeedSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The reader tells what kind of thing it found instead of a text, not which.
        String::deserialize(deserializer).map(Self::from)
    }
}

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
