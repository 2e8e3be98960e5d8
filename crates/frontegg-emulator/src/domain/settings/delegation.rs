//! Whether somebody may act for somebody else with a token that names both (RFC 8693, 4.1).

use serde::{Deserialize, Serialize};

use super::{Form, Owner};
use crate::{
    domain::DomainResult,
    store::{Read, Write},
};

/// The kind of the settings document.
const KIND: &str = "delegation";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Delegation>(KIND);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Delegation {
    enabled: bool,
}

/// Whether such tokens are given out.
pub(crate) async fn is_enabled(tx: &Read) -> DomainResult<bool> {
    let delegation: Delegation = super::get(tx, Owner::Environment, KIND).await?;
    Ok(delegation.enabled)
}

/// Has them given out, or no more. Those that are out stay valid.
pub(crate) async fn enable(tx: &Write, enabled: bool) -> DomainResult<()> {
    super::put(tx, Owner::Environment, KIND, &Delegation { enabled }).await
}
