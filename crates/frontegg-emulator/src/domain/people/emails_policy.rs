//! Whether people may change their own address.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        DomainResult,
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
};

/// The kind of the settings document.
const KIND: &str = "user-emails-policy";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Policy>(KIND);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Policy {
    allow_email_change: bool,
}

/// Whether people may change their own address; administrators always may.
pub(crate) async fn allows_change(tx: &Read) -> DomainResult<bool> {
    let policy: Policy = settings::get(tx, Owner::Environment, KIND).await?;
    Ok(policy.allow_email_change)
}

/// Permits or forbids it. Changes that were asked for before may still be confirmed.
pub(crate) async fn allow_change(tx: &Write, allow_email_change: bool) -> DomainResult<()> {
    settings::put(tx, Owner::Environment, KIND, &Policy { allow_email_change }).await
}
