//! What is wrong with a request, in the words of RFC 7644, 3.12.

/// The kind of a fault, with the keyword that `scimType` has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    Uniqueness,
}

impl Fault {
    /// The value of `scimType`.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::InvalidPath => "invalidPath",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidValue => "invalidValue",
            Self::Mutability => "mutability",
            Self::NoTarget => "noTarget",
            Self::Uniqueness => "uniqueness",
        }
    }
}

/// Why a request cannot be done. No value of the request stands in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) fault: Fault,
    pub(crate) detail: String,
}

impl Error {
    pub(crate) fn new(fault: Fault, detail: impl Into<String>) -> Self {
        Self { fault, detail: detail.into() }
    }

    pub(super) fn value(detail: impl Into<String>) -> Self {
        Self::new(Fault::InvalidValue, detail)
    }

    pub(super) fn syntax(detail: impl Into<String>) -> Self {
        Self::new(Fault::InvalidSyntax, detail)
    }
}
