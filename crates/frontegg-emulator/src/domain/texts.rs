//! Texts that must say something.

use super::{DomainError, DomainResult};

/// Refuses those of the members that are given and blank. `place` goes before their names.
pub(crate) fn not_empty(place: &str, members: &[(&str, Option<&str>)]) -> DomainResult<()> {
    let blank = |(member, value): &(&str, Option<&str>)| {
        value.is_some_and(|value| value.trim().is_empty()).then(|| format!("{place}{member} should not be empty"))
    };
    let faults: Vec<String> = members.iter().filter_map(blank).collect();
    if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blank_text_is_named() {
        let error = not_empty("[1].", &[("key", Some(" ")), ("name", Some("")), ("id", None)]).expect_err("a refusal");
        assert_eq!(error.messages(), ["[1].key should not be empty", "[1].name should not be empty"]);
        assert!(not_empty("", &[("key", Some("a")), ("name", None)]).is_ok());
    }
}
