//! Reading CBOR that anybody may have sent: bounded in depth, and nothing is taken on trust.

use ciborium::Value;

/// Authenticators nest four levels deep (CTAP2); attestation statements of others may go further.
const DEEPEST: usize = 16;

/// The members of a map.
pub(super) struct Members(Vec<(Value, Value)>);

/// The item that the bytes begin with, which it is cut off from.
pub(super) fn item(bytes: &mut &[u8]) -> Option<Value> {
    ciborium::de::from_reader_with_recursion_limit(bytes, DEEPEST).ok()
}

/// The map that the bytes begin with, which it is cut off from.
pub(super) fn map(bytes: &mut &[u8]) -> Option<Members> {
    match item(bytes)? {
        Value::Map(members) => Some(Members(members)),
        _ => None,
    }
}

/// The map that the bytes are, with nothing behind it.
pub(super) fn whole_map(mut bytes: &[u8]) -> Option<Members> {
    let members = map(&mut bytes)?;
    bytes.is_empty().then_some(members)
}

impl Members {
    /// The members of a map inside.
    pub(super) fn of(value: Value) -> Option<Self> {
        match value {
            Value::Map(members) => Some(Self(members)),
            _ => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key; none where it is there twice, since others might read the other one.
    pub(super) fn get(&self, key: impl Into<Value>) -> Option<&Value> {
        let key = key.into();
        let mut values = self.0.iter().filter(|(name, _)| *name == key).map(|(_, value)| value);
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Whether a key is there at all.
    pub(super) fn has(&self, key: impl Into<Value>) -> bool {
        let key = key.into();
        self.0.iter().any(|(name, _)| *name == key)
    }

    /// Takes out the value of a key; none where it is there twice.
    pub(super) fn take(&mut self, key: impl Into<Value>) -> Option<Value> {
        let key = key.into();
        let index = self.0.iter().position(|(name, _)| *name == key)?;
        let (_, value) = self.0.swap_remove(index);
        (!self.has(key)).then_some(value)
    }

    pub(super) fn integer(&self, key: impl Into<Value>) -> Option<i64> {
        self.get(key)?.as_integer()?.try_into().ok()
    }

    pub(super) fn bytes(&self, key: impl Into<Value>) -> Option<&[u8]> {
        self.get(key)?.as_bytes().map(Vec::as_slice)
    }

    pub(super) fn text(&self, key: impl Into<Value>) -> Option<&str> {
        self.get(key)?.as_text()
    }
}
