//! Members of partial updates: absent, null or a value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A member of a partial update.
///
/// A member that is [`Absent`](Patch::Absent) is not sent and keeps its value, one that is
/// [`Null`](Patch::Null) is cleared.
///
/// ```
/// use frontegg_model::{Patch, types::UpdateUserDto};
///
/// let clear = UpdateUserDto::new().profile_picture_url(Patch::Null);
/// assert_eq!(serde_json::to_string(&clear).unwrap(), r#"{"profilePictureUrl":null}"#);
///
/// let leave = UpdateUserDto::new();
/// assert_eq!(serde_json::to_string(&leave).unwrap(), "{}");
///
/// let set = UpdateUserDto::new().profile_picture_url("https://acme.test/ada.png");
/// assert!(serde_json::to_string(&set).unwrap().contains("ada.png"));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// Not sent: the member keeps its value.
    #[default]
    Absent,
    /// Sent as `null`: the member is cleared.
    Null,
    /// Sent: the member takes this value.
    Value(T),
}

impl<T> Patch<T> {
    /// Whether the member is left alone.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if one is set.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// `None` leaves alone, `Some(None)` clears, `Some(Some(value))` sets.
    #[allow(clippy::option_option, reason = "the three cases are the point")]
    pub fn into_option(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Option<T>> for Patch<T> {
    /// `None` clears.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl From<Option<&str>> for Patch<String> {
    /// `None` clears.
    fn from(value: Option<&str>) -> Self {
        Self::from(value.map(str::to_owned))
    }
}

impl From<&str> for Patch<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        <Option<T>>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        <Option<T>>::json_schema(generator)
    }
}
