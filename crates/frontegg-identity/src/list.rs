//! Lists in addresses: several values that travel as one text with commas between them.

use frontegg_client::{Error, types::ApiError};

/// A list of values by which an operation selects or narrows.
///
/// The API reads a list at its commas and knows no way to write one that belongs to a value. A call whose list has such a
/// value is an error of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), and so is one with an empty list, which
/// the API would take for none at all: it would answer with everything. Nothing is sent then.
///
/// ```
/// use frontegg_identity::params::ListUsers;
///
/// let known = vec!["ada".to_owned(), "grace".to_owned()];
/// let params = ListUsers::new().ids(&known);
/// assert_eq!(params.ids.unwrap().values(), known);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List(Vec<String>);

impl List {
    /// The values, in the order of the request.
    pub fn values(&self) -> &[String] {
        &self.0
    }

    /// The list as it travels under a name.
    pub(crate) fn joined(&self, name: &str) -> Result<String, Refusal> {
        if self.0.is_empty() {
            return Err(Refusal(format!("{name} is empty, which the API would take for no such list")));
        }
        if self.0.iter().any(|value| value.contains(',')) {
            return Err(Refusal(format!("a value of {name} has a comma, at which the API would part it")));
        }
        Ok(self.0.join(","))
    }
}

/// Why a list cannot travel.
#[derive(Debug)]
pub(crate) struct Refusal(String);

impl From<Refusal> for Error<ApiError> {
    fn from(refusal: Refusal) -> Self {
        Self::InvalidRequest(refusal.0)
    }
}

impl<V: AsRef<str>> FromIterator<V> for List {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        Self(values.into_iter().map(|value| value.as_ref().to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_joined_by_commas() {
        assert_eq!(["ada", "grace"].into_iter().collect::<List>().joined("_ids").unwrap(), "ada,grace");
        assert_eq!(["ada".to_owned()].iter().collect::<List>().joined("_ids").unwrap(), "ada");
    }

    #[test]
    fn what_the_api_would_read_otherwise_is_refused() {
        for (values, refusal) in [
            (vec!["Lovelace, Ada"], "a value of _ids has a comma, at which the API would part it"),
            (vec![], "_ids is empty, which the API would take for no such list"),
        ] {
            let Err(Refusal(text)) = values.into_iter().collect::<List>().joined("_ids") else { panic!("not refused") };
            assert_eq!(text, refusal);
        }
    }
}
