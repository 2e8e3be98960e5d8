//! Comparing the values of an attribute with a literal.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{invalid, is_present};
use crate::{
    scim::{
        Error,
        schema::{Attribute, Kind},
    },
    text,
};

/// An operator that takes a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    pub(super) fn named(word: &str) -> Option<Self> {
        let operator = match word.to_ascii_lowercase().as_str() {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "co" => Self::Contains,
            "sw" => Self::StartsWith,
            "ew" => Self::EndsWith,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        };
        Some(operator)
    }

    fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    fn is_of_texts(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }

    fn of_texts(self, value: &str, literal: &str) -> bool {
        match self {
            Self::Contains => value.contains(literal),
            Self::StartsWith => value.starts_with(literal),
            Self::EndsWith => value.ends_with(literal),
            _ => self.of_order(value.cmp(literal)),
        }
    }

    fn of_order(self, order: Ordering) -> bool {
        match self {
            Self::Equal | Self::NotEqual => order.is_eq(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Contains | Self::StartsWith | Self::EndsWith => false,
        }
    }
}

/// What values are compared with.
#[derive(Clone, Debug)]
enum Literal {
    /// Only whether there is a value.
    Null,
    Boolean(bool),
    /// As it was written, and as it is compared.
    Text {
        written: String,
        compared: String,
    },
    Moment(DateTime<Utc>),
}

/// An operator with its literal.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    operator: Operator,
    literal: Literal,
    is_case_exact: bool,
}

impl Comparison {
    /// Refuses what cannot be compared so.
    pub(super) fn new(operator: Operator, attribute: &Attribute, literal: Value) -> Result<Self, Error> {
        let is_case_exact = attribute.is_case_exact;
        let literal = match (attribute.kind, literal) {
            (_, Value::Null) if operator.is_equality() => Literal::Null,
            (Kind::Boolean, literal) if operator.is_equality() => {
                Literal::Boolean(boolean(&literal).ok_or_else(|| invalid("It can only be true or false"))?)
            }
            (Kind::Boolean, _) => return Err(invalid("It can only be equal or not")),
            (Kind::Binary, _) if !operator.is_equality() => return Err(invalid("It can only be equal or not")),
            (Kind::DateTime, _) if operator.is_of_texts() => return Err(invalid("Only texts have parts")),
            (Kind::DateTime, Value::String(text)) => {
                let moment = DateTime::parse_from_rfc3339(&text);
                Literal::Moment(moment.map_err(|_| invalid("It can only be compared with a date and time"))?.to_utc())
            }
            (Kind::String | Kind::Reference(_) | Kind::Binary, Value::String(written)) => {
                let compared = if is_case_exact { written.clone() } else { text::fold(&written) };
                Literal::Text { written, compared }
            }
            _ => return Err(invalid("The value to compare with is of another kind than the attribute")),
        };
        Ok(Self { operator, literal, is_case_exact })
    }

    /// Whether one of the values fulfils it; `ne` says that none is equal.
    pub(super) fn holds<'v>(&self, mut values: impl Iterator<Item = &'v Value>) -> bool {
        let any = match &self.literal {
            Literal::Null => !values.any(is_present),
            _ => values.any(|value| self.holds_of(value)),
        };
        any != (self.operator == Operator::NotEqual)
    }

    fn holds_of(&self, value: &Value) -> bool {
        match (&self.literal, value) {
            (Literal::Boolean(literal), Value::Bool(value)) => value == literal,
            (Literal::Text { compared, .. }, Value::String(value)) if self.is_case_exact => {
                self.operator.of_texts(value, compared)
            }
            (Literal::Text { compared, .. }, Value::String(value)) => {
                self.operator.of_texts(&text::fold(value), compared)
            }
            (Literal::Moment(literal), Value::String(value)) => DateTime::parse_from_rfc3339(value)
                .is_ok_and(|value| self.operator.of_order(value.to_utc().cmp(literal))),
            _ => false,
        }
    }

    /// The text that it wants a value to be equal to.
    pub(super) fn equal_text(&self) -> Option<&str> {
        match &self.literal {
            Literal::Text { written, .. } if self.operator == Operator::Equal => Some(written),
            _ => None,
        }
    }

    /// The value that it wants.
    pub(super) fn equal_value(&self) -> Option<Value> {
        match &self.literal {
            Literal::Boolean(value) if self.operator == Operator::Equal => Some((*value).into()),
            _ => self.equal_text().map(Into::into),
        }
    }
}

/// Yes or no, also as the text that some clients write in its place.
pub(in crate::scim) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
