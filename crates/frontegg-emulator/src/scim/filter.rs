//! Filters (RFC 7644, 3.4.2.2): a small language of comparisons, read by descent into a tree that is held against
//! resources as they are shown.

pub(super) mod comparison;

use serde_json::{Map, Value};

use self::comparison::{Comparison, Operator};
use super::{
    Error, Fault,
    schema::{Attribute, Mutability, ResourceType, Target},
    syntax::{Cursor, DEEPEST, LONGEST},
};

/// A condition on resources of one kind.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Present(Target),
    Compare(Target, Comparison),
    /// One value of an attribute fulfils all of it.
    Value(Target, Box<Self>),
    /// What asks for an attribute that resources of this kind do not have.
    Unknown,
}

/// What becomes of an attribute that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownAttributes {
    Refuse,
    /// Treats them as if they had no value, which is said of searches over several kinds (RFC 7644, 3.4.2.1).
    WithoutValue,
}

impl Filter {
    /// Reads a filter on resources of that kind.
    pub(crate) fn parse(text: &str, of: &'static ResourceType, unknown: UnknownAttributes) -> Result<Self, Error> {
        check_length(text, Fault::InvalidFilter)?;
        let mut parser = Parser { cursor: Cursor::new(text), scope: Scope::Resource(of), unknown, depth: 0 };
        parser.cursor.blanks();
        let filter = parser.any()?;
        parser.cursor.blanks();
        if parser.cursor.is_at_end() { Ok(filter) } else { Err(invalid("The filter does not end where it should")) }
    }

    /// Reads the filter in the brackets after a path's attribute, up to the closing one.
    pub(super) fn parse_value_filter(cursor: &mut Cursor<'_>, of: Target) -> Result<Self, Error> {
        let unknown = UnknownAttributes::Refuse;
        let mut parser = Parser { cursor: cursor.clone(), scope: Scope::Value(of.attribute), unknown, depth: 1 };
        parser.cursor.blanks();
        let filter = parser.any()?;
        parser.cursor.blanks();
        *cursor = parser.cursor;
        if cursor.eat(']') { Ok(filter) } else { Err(invalid("A bracket is not closed")) }
    }

    /// Whether a resource, or a value of an attribute, fulfils it.
    pub(crate) fn matches(&self, resource: &Map<String, Value>) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.matches(resource)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(resource)),
            Self::Not(filter) => !filter.matches(resource),
            Self::Present(target) => values(resource, *target).any(is_present),
            Self::Compare(target, comparison) => comparison.holds(values(resource, *target)),
            Self::Value(target, filter) => {
                values(resource, *target).filter_map(Value::as_object).any(|value| filter.matches(value))
            }
            Self::Unknown => false,
        }
    }

    /// The text that it wants one of these attributes to be equal to, whatever else it wants.
    pub(crate) fn equal_to(&self, attributes: &[&str]) -> Option<(&'static str, &str)> {
        match self {
            Self::All(filters) => filters.iter().find_map(|filter| filter.equal_to(attributes)),
            Self::Compare(Target { extension: None, attribute, part: None }, comparison)
                if attributes.contains(&attribute.name) =>
            {
                comparison.equal_text().map(|text| (attribute.name, text))
            }
            _ => None,
        }
    }

    /// Whether it asks for that attribute.
    pub(crate) fn mentions(&self, attribute: &str) -> bool {
        match self {
            Self::All(filters) | Self::Any(filters) => filters.iter().any(|filter| filter.mentions(attribute)),
            Self::Not(filter) => filter.mentions(attribute),
            Self::Present(target) | Self::Compare(target, _) | Self::Value(target, _) => {
                target.attribute.name == attribute
            }
            Self::Unknown => false,
        }
    }

    /// The members that a value must have for it to hold, where it says nothing but what they equal.
    pub(super) fn members(&self) -> Option<Map<String, Value>> {
        match self {
            Self::All(filters) => filters.iter().try_fold(Map::new(), |mut members, filter| {
                members.extend(filter.members()?);
                Some(members)
            }),
            Self::Compare(Target { attribute, part: None, .. }, comparison)
                if attribute.mutability != Mutability::ReadOnly =>
            {
                Some(Map::from_iter([(attribute.name.to_owned(), comparison.equal_value()?)]))
            }
            _ => None,
        }
    }
}

/// Refuses a text that is too long to be looked at.
pub(super) fn check_length(text: &str, fault: Fault) -> Result<(), Error> {
    if text.len() <= LONGEST {
        return Ok(());
    }
    Err(Error::new(fault, format!("It must not have more than {LONGEST} bytes")))
}

/// Whether there is a value: `false` is one, an empty text is none.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => values.iter().any(is_present),
        Value::Object(members) => members.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The values of an attribute or of a part of it, each by itself.
fn values(resource: &Map<String, Value>, target: Target) -> impl Iterator<Item = &Value> {
    let holder = match target.extension {
        Some(extension) => resource.get(extension.id).and_then(Value::as_object),
        None => Some(resource),
    };
    let value = holder.and_then(|holder| holder.get(target.attribute.name));
    let each = match value {
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    each.iter().filter_map(move |value| match target.part {
        Some(part) => value.get(part.name),
        None => Some(value),
    })
}

fn invalid(detail: &str) -> Error {
    Error::new(Fault::InvalidFilter, detail)
}

/// What names stand for.
#[derive(Clone, Copy)]
enum Scope {
    Resource(&'static ResourceType),
    /// Within the brackets after an attribute.
    Value(&'static Attribute),
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    scope: Scope,
    unknown: UnknownAttributes,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Filter, Error> {
        let mut filters = vec![self.all()?];
        while self.connective("or")? {
            filters.push(self.all()?);
        }
        Ok(one_or(filters, Filter::Any))
    }

    fn all(&mut self) -> Result<Filter, Error> {
        let mut filters = vec![self.factor()?];
        while self.connective("and")? {
            filters.push(self.factor()?);
        }
        Ok(one_or(filters, Filter::All))
    }

    /// Passes ` and ` or ` or `, if it is next.
    fn connective(&mut self, keyword: &str) -> Result<bool, Error> {
        let mut ahead = self.cursor.clone();
        ahead.blanks();
        if !ahead.keyword(keyword) {
            return Ok(false);
        }
        if !ahead.blanks() && !ahead.sees('(') {
            return Err(invalid("A blank is missing"));
        }
        self.cursor = ahead;
        Ok(true)
    }

    fn factor(&mut self) -> Result<Filter, Error> {
        if self.cursor.sees('(') {
            return self.group();
        }
        let mut ahead = self.cursor.clone();
        if ahead.keyword("not") {
            ahead.blanks();
            if ahead.sees('(') {
                self.cursor = ahead;
                return Ok(Filter::Not(Box::new(self.group()?)));
            }
        }
        self.expression()
    }

    fn group(&mut self) -> Result<Filter, Error> {
        self.deeper(|parser| {
            parser.cursor.eat('(');
            parser.cursor.blanks();
            let filter = parser.any()?;
            parser.cursor.blanks();
            if parser.cursor.eat(')') { Ok(filter) } else { Err(invalid("A parenthesis is not closed")) }
        })
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == DEEPEST {
            return Err(invalid("The filter is nested too deeply"));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn expression(&mut self) -> Result<Filter, Error> {
        let name = self.cursor.word().ok_or_else(|| invalid("The name of an attribute is missing"))?;
        let target = self.target(name)?;
        if self.cursor.sees('[') {
            return self.value_path(target);
        }
        self.rest_of_comparison(target)
    }

    /// `pr`, or an operator and what to compare with.
    fn rest_of_comparison(&mut self, target: Option<Target>) -> Result<Filter, Error> {
        self.cursor.blanks();
        if self.cursor.keyword("pr") {
            return Ok(target.map_or(Filter::Unknown, Filter::Present));
        }
        let operator = self.cursor.word().and_then(Operator::named).ok_or_else(|| invalid("An operator is missing"))?;
        self.cursor.blanks();
        let literal = self.cursor.literal().ok_or_else(|| invalid("A value to compare with is missing"))?;
        let Some(target) = target else { return Ok(Filter::Unknown) };
        let attribute = target.part.unwrap_or(target.attribute);
        let Some(compared) = attribute.compared() else {
            return Err(invalid("An attribute with parts cannot be compared as a whole"));
        };
        let comparison = Comparison::new(operator, compared, literal)?;
        // `members eq "…"` is about their values.
        let part = target.part.or_else(|| Some(compared).filter(|compared| !std::ptr::eq(*compared, attribute)));
        Ok(Filter::Compare(Target { part, ..target }, comparison))
    }

    /// `emails[type eq "work"]`, and what some clients add to it: `.value eq "…"`.
    fn value_path(&mut self, target: Option<Target>) -> Result<Filter, Error> {
        let target = target.ok_or_else(|| invalid("No attribute of that name has several values"))?;
        if target.part.is_some() || target.attribute.parts().is_empty() {
            return Err(invalid("Only an attribute with parts has a filter in brackets"));
        }
        self.cursor.eat('[');
        let outer = std::mem::replace(&mut self.scope, Scope::Value(target.attribute));
        let filter = self.deeper(|parser| {
            parser.cursor.blanks();
            let filter = parser.any()?;
            parser.cursor.blanks();
            if !parser.cursor.eat(']') {
                return Err(invalid("A bracket is not closed"));
            }
            if !parser.cursor.eat('.') {
                return Ok(filter);
            }
            let name = parser.cursor.word().ok_or_else(|| invalid("The name of a part is missing"))?;
            let part = parser.target(name)?;
            Ok(Filter::All(vec![filter, parser.rest_of_comparison(part)?]))
        });
        self.scope = outer;
        Ok(Filter::Value(target, Box::new(filter?)))
    }

    fn target(&self, name: &str) -> Result<Option<Target>, Error> {
        let target = match self.scope {
            Scope::Resource(of) => of.target(name, Fault::InvalidFilter),
            Scope::Value(attribute) => attribute
                .part(name)
                .map(|attribute| Target { extension: None, attribute, part: None })
                .ok_or_else(|| invalid("There is no part of that name")),
        };
        match (target, self.unknown) {
            (Ok(target), _) => Ok(Some(target)),
            (Err(_), UnknownAttributes::WithoutValue) => Ok(None),
            (Err(error), UnknownAttributes::Refuse) => Err(error),
        }
    }
}

fn one_or(mut filters: Vec<Filter>, several: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        Some(last) => {
            filters.push(last);
            several(filters)
        }
        None => several(filters),
    }
}

#[cfg(test)]
mod tests;
