//! The document's schemas and operations as static tables.
//!
//! The generated tables have what the documents state, not what the Rust types can hold: the types accept
//! unknown enum values and have no bounds, requests are held to both.

/// The schema of a JSON value.
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
        /// The format of the string.
        format: Format,
    },
    /// An integer.
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
        /// The schema of every item.
        items: &'static Schema,
        /// Fewest items.
        min: usize,
        /// Most items.
        max: usize,
    },
    /// An object. Members that are not declared are ignored, or refused where a server is strict.
    Object(&'static [Member]),
    /// An object that may have further members of any kind.
    Open(&'static [Member]),
    /// An object with members of any name.
    Map(&'static Schema),
    /// An object with a discriminator: the member that tells which schema applies.
    Tagged(&'static str, &'static [(&'static str, &'static Schema)]),
    /// `null`, or this.
    Nullable(&'static Schema),
}

impl Schema {
    /// Any string.
    pub const STRING: Self = Self::String { min: 0, max: usize::MAX, format: Format::Text };
    /// Any string that is secret.
    pub const SECRET: Self = Self::String { min: 0, max: usize::MAX, format: Format::Secret };
    /// A string that is not empty.
    pub const NOT_EMPTY: Self = Self::String { min: 1, max: usize::MAX, format: Format::Text };
    /// A string that is secret and not empty.
    pub const NOT_EMPTY_SECRET: Self = Self::String { min: 1, max: usize::MAX, format: Format::Secret };
    /// A point in time.
    pub const DATE_TIME: Self = Self::String { min: 0, max: usize::MAX, format: Format::DateTime };
    /// JSON in a string.
    pub const JSON_TEXT: Self = Self::String { min: 0, max: usize::MAX, format: Format::Json };
    /// Any integer of 64 bits.
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

/// The format of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// No particular format.
    Text,
    /// A secret: `format: password` of the documents.
    Secret,
    /// A point in time (RFC 3339).
    DateTime,
    /// JSON; a request may have the value itself instead of a string.
    Json,
}

/// A member of an object: its name, whether it is required, and its schema.
#[derive(Debug, Clone, Copy)]
pub struct Member(pub &'static str, pub Presence, pub &'static Schema);

/// Whether a member or parameter is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is required.
    Required,
    /// It may be missing.
    Optional,
}

/// A parameter: where it is, its name, whether it is required, and its schema.
#[derive(Debug, Clone, Copy)]
pub struct Parameter(pub Place, pub &'static str, pub Presence, pub &'static Schema);

/// Where a parameter is: `in` of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path. Path parameters come first, in the order of the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// The contract of an operation: what the documents state beyond the table of operations.
#[derive(Debug, Clone, Copy)]
pub struct Contract {
    /// Id of the operation.
    pub id: &'static str,
    /// Its parameters without the two scope headers.
    pub parameters: &'static [Parameter],
    /// The request's body.
    pub body: Option<Body>,
    /// The schema of the answer.
    pub answer: Option<&'static Schema>,
}

/// The body of a request: whether it is required, and its schema.
#[derive(Debug, Clone, Copy)]
pub struct Body(pub Presence, pub &'static Schema);
