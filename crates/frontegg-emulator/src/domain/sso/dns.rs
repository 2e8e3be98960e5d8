//! What the name servers say of mail domains: TXT records (RFC 1035 §3.3.14) in a table that tests write, as the emulator
//! asks nobody. It stands in the store, since processes that share one must see the same.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        DomainError, DomainResult, input,
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
    text,
};

/// The kind of the settings document.
const KIND: &str = "dns";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Vec<TxtRecord>>(KIND);

/// A TXT record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TxtRecord {
    /// Whose it is: a domain, or a name below one that may begin with an underscore.
    pub name: String,
    /// What it says, its strings joined.
    pub text: String,
}

impl TxtRecord {
    /// A record of that name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// All records, as they were told.
pub(crate) async fn list(tx: &Read) -> DomainResult<Vec<TxtRecord>> {
    settings::get(tx, Owner::Environment, KIND).await
}

/// From now on these records are there, and no others.
pub(crate) async fn set(tx: &Write, records: Vec<TxtRecord>) -> DomainResult<()> {
    input::at_most("records", &records)?;
    for record in &records {
        if folded(&record.name).is_none() {
            return Err(DomainError::bad_request(format!("{} is no name of DNS", record.name)));
        }
    }
    settings::put(tx, Owner::Environment, KIND, &records).await
}

/// Whether a name has a record with that text.
pub(super) async fn has(tx: &Read, name: &str, text: &str) -> DomainResult<bool> {
    let name = folded(name);
    let records = list(tx).await?;
    Ok(name.is_some() && records.iter().any(|record| record.text == text && folded(&record.name) == name))
}

/// A name in the form in which names are compared: those of services have an underscore before a label (RFC 8552).
fn folded(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let labels = name.split('.').map(|label| {
        let (mark, label) = if let Some(label) = label.strip_prefix('_') { ("_", label) } else { ("", label) };
        text::ascii_domain(label).map(|label| format!("{mark}{label}"))
    });
    labels.collect::<Option<Vec<_>>>().map(|labels| labels.join("."))
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn names_are_compared_as_dns_does() {
        for (one, other) in [
            ("Acme.test", "acme.test."),
            ("_saml-domain-challenge.acme.test", "_SAML-domain-challenge.ACME.test"),
            ("münchen.example", "xn--mnchen-3ya.example"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
            assert!(folded(one).is_some(), "{one}");
        }
        for bad in ["", ".", "a..b", "a b.test", "__a.test", "-a.test"] {
            assert_eq!(folded(bad), None, "{bad}");
        }
    }
}
