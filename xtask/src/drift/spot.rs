//! Where a schema stands: a label for people and pointers for repairs.

use serde_json::Value;

use crate::documents::escape;

/// Stands for a schema that is not there: anything goes.
pub(super) static ANYTHING: Value = Value::Null;

/// A place in a document.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// For people, from the nearest named schema or from the operation on.
    pub(super) label: String,
    /// JSON pointer.
    pub(super) pointer: String,
    /// The references that led here. A repair at one of them explains what is found here too.
    pub(super) trail: Vec<String>,
    /// Set behind a reference that only this place makes: what is found there is the place's affair and not that of
    /// the schema referred to, so the pointer stays.
    frozen: bool,
}

impl Spot {
    pub(super) fn new(label: impl Into<String>, pointer: impl Into<String>) -> Self {
        Self { label: label.into(), pointer: pointer.into(), trail: Vec::new(), frozen: false }
    }

    /// A place inside this one. `segments` are part of a pointer, e.g. `/items`.
    pub(super) fn below(&self, label: &str, segments: &str) -> Self {
        let mut spot = self.clone();
        spot.label.push_str(label);
        if !self.frozen {
            spot.pointer.push_str(segments);
        }
        spot
    }

    /// The place of a property.
    pub(super) fn property(&self, name: &str) -> Self {
        self.below(&format!(".{name}"), &format!("/properties/{}", escape(name)))
    }

    /// The named schema that is referred to from here.
    pub(super) fn named(&self, name: &str, pointer: &str) -> Self {
        if self.frozen {
            return self.clone();
        }
        let mut trail = self.trail.clone();
        trail.push(self.pointer.clone());
        Self { label: name.to_owned(), pointer: pointer.to_owned(), trail, frozen: false }
    }

    /// The same place, with whatever is referred to from here counted as part of it.
    pub(super) fn frozen(&self) -> Self {
        Self { frozen: true, ..self.clone() }
    }
}

/// A schema and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) spot: Spot,
}

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a Value, spot: Spot) -> Self {
        Self { value, spot }
    }

    /// Where nothing is said.
    pub(super) fn anything(spot: Spot) -> Self {
        Self { value: &ANYTHING, spot }
    }
}
