//! The document's schemas and operations as static tables.
//!
//! The generated tables say what the document says, not what the Rust types can hold: the types
//! take unknown enum values and drop bounds, a request must not.

/// What a JSON value must look like.
#[derive(Debug, Clone, Copy)]
pub enum Schema {
    /// Anything.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A string; lengths count characters.
    String {
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
        /// What the characters must form.
        format: Format,
    },
    /// A whole number.
    Integer {
        /// Smallest value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// A number.
    Number {
        /// Smallest value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// One of these strings.
    Enum(&'static [&'static str]),
    /// A list.
    Array {
        /// What every item must look like.
        items: &'static Schema,
        /// Fewest items.
        min: usize,
        /// Most items.
        max: usize,
    },
    /// An object. Members that are not declared are ignored.
    Object(&'static [Member]),
    /// An object with members of any name.
    Map(&'static Schema),
    /// An object whose form is told by the value of one member.
    Tagged(&'static str, &'static [(&'static str, &'static Schema)]),
    /// `null`, or this.
    Nullable(&'static Schema),
}

impl Schema {
    /// Any string.
    pub const STRING: Self = Self::String { min: 0, max: usize::MAX, format: Format::Text };
    /// Any string, which must not be shown.
    pub const SECRET: Self = Self::String { min: 0, max: usize::MAX, format: Format::Secret };
    /// A point in time.
    pub const DATE_TIME: Self = Self::String { min: 0, max: usize::MAX, format: Format::DateTime };
    /// JSON as text.
    pub const JSON_TEXT: Self = Self::String { min: 0, max: usize::MAX, format: Format::Json };
    /// Any whole number of 64 bits.
    pub const INTEGER: Self = Self::Integer { min: i64::MIN, max: i64::MAX };
    /// Any number.
    pub const NUMBER: Self = Self::Number { min: f64::MIN, max: f64::MAX };

    /// The schema without a `Nullable` around it.
    pub const fn inner(&'static self) -> &'static Self {
        match self {
            Self::Nullable(inner) => inner.inner(),
            other => other,
        }
    }
}

/// What the characters of a string form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Free text.
    Text,
    /// Free text that must not be shown: `format: password` of the documents.
    Secret,
    /// A point in time (RFC 3339).
    DateTime,
    /// JSON; a request may bring the value itself in place of its text.
    Json,
}

/// A member of an object: its name, whether it must be there, and its schema.
#[derive(Debug, Clone, Copy)]
pub struct Member(pub &'static str, pub Presence, pub &'static Schema);

/// Whether a member or parameter must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It may be missing; `null` counts as missing.
    Optional,
}

/// A parameter: where it stands, its name, whether it must be there, and its schema.
#[derive(Debug, Clone, Copy)]
pub struct Parameter(pub Place, pub &'static str, pub Presence, pub &'static Schema);

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path. Path parameters stand first, in the order of the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// What the document says about one operation beyond the table of operations.
#[derive(Debug, Clone, Copy)]
pub struct Contract {
    /// Id of the operation.
    pub id: &'static str,
    /// Its parameters without the two scope headers.
    pub parameters: &'static [Parameter],
    /// What the body of the request must look like.
    pub body: Option<&'static Schema>,
    /// What the body of the answer must look like.
    pub answer: Option<&'static Schema>,
}
