//! By what things of a seed are known, with where it stands.

use std::{
    borrow::Borrow,
    collections::BTreeMap,
    fmt,
    hash::{Hash, Hasher},
};

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_saphyr::Spanned;

use super::Position;

/// The key of a thing, or a reference to one. Two are equal whose texts are.
#[derive(Clone, Default)]
pub struct Key {
    text: String,
    position: Option<Position>,
}

impl Key {
    /// The key itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it stands in its file; nothing where it comes from none.
    pub fn position(&self) -> Option<Position> {
        self.position
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self { text, position: None }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: text, referenced, .. } = Spanned::<String>::deserialize(deserializer)?;
        Ok(Self { text, position: Position::of(&referenced) })
    }
}

impl JsonSchema for Key {
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

/// Things by their keys, in the order that they are made in. A key without anything stands for a thing with all defaults.
#[derive(Clone, PartialEq)]
pub struct Keyed<T>(IndexMap<Key, T>);

impl<T> Keyed<T> {
    /// The things with their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &T)> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The thing with that key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.get(key)
    }
}

impl<T: Default> Keyed<T> {
    /// Adds a thing, or goes on with the one that there is with that key.
    pub(super) fn describe(&mut self, key: impl Into<Key>, describe: impl FnOnce(T) -> T) {
        let thing = self.0.entry(key.into()).or_default();
        *thing = describe(std::mem::take(thing));
    }
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T: fmt::Debug> fmt::Debug for Keyed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Serialize> Serialize for Keyed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Keyed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let things = Option::<IndexMap<Key, Option<T>>>::deserialize(deserializer)?.unwrap_or_default();
        Ok(Self(things.into_iter().map(|(key, thing)| (key, thing.unwrap_or_default())).collect()))
    }
}

impl<T: JsonSchema> JsonSchema for Keyed<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Keyed{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<BTreeMap<String, Option<T>>>::json_schema(generator)
    }
}
