//! Passwords that count as known from a data leak: those that the emulator was told of, as it asks
//! nobody. Only fingerprints of them are kept.

use std::collections::BTreeSet;

use crate::{
    domain::{
        DomainResult,
        settings::{self, Form, Owner},
    },
    ids,
    store::{Read, Write},
};

/// The kind of the settings document.
const KIND: &str = "leaked-passwords";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<BTreeSet<String>>(KIND);

/// From now on these count as leaked, and no others.
pub(crate) async fn set(tx: &Write, passwords: impl IntoIterator<Item = &str>) -> DomainResult<()> {
    let fingerprints: BTreeSet<String> = passwords.into_iter().map(ids::fingerprint).collect();
    settings::put(tx, Owner::Environment, KIND, &fingerprints).await
}

/// Whether that password counts as leaked.
pub(crate) async fn is_leaked(tx: &Read, password: &str) -> DomainResult<bool> {
    let fingerprints: BTreeSet<String> = settings::get(tx, Owner::Environment, KIND).await?;
    Ok(fingerprints.contains(&ids::fingerprint(password)))
}
