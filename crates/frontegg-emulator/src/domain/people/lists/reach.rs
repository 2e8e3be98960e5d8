//! Whose lists a caller may see.

use std::collections::BTreeSet;

use crate::{
    domain::{
        DomainResult,
        caller::Caller,
        memberships,
        tenants::{self, hierarchy},
    },
    store::Read,
};

/// Among whom to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everybody.
    Environment,
    /// The members of these tenants.
    Tenants(Vec<String>),
}

/// What a list is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// The tenant of the token or, for the environment's token, of the header.
    pub(crate) tenant: Option<&'a str>,
    /// The tenant to narrow to.
    pub(crate) asked: Option<&'a str>,
    pub(crate) include_sub_tenants: bool,
}

/// How much of the tree below a tenant counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    Itself,
    All,
}

impl Scope<'_> {
    fn depth(&self) -> Depth {
        if self.include_sub_tenants { Depth::All } else { Depth::Itself }
    }
}

/// The tenants in question. A user's token sees the tenants below its own only where its holder
/// may enter them.
pub(crate) async fn reach(
    tx: &Read,
    caller: Caller<'_>,
    caller_id: Option<&str>,
    scope: Scope<'_>,
) -> DomainResult<Reach> {
    let Some(base) = scope.tenant else {
        return match scope.asked {
            Some(asked) => Ok(Reach::Tenants(with_below(tx, asked, scope.depth()).await?)),
            None => Ok(Reach::Environment),
        };
    };
    let reaches_down = !caller.is_user() || reaches_down(tx, caller_id, base).await?;
    let down = if reaches_down { Depth::All } else { Depth::Itself };
    let Some(asked) = scope.asked.filter(|asked| *asked != base) else {
        return Ok(Reach::Tenants(with_below(tx, base, down.min(scope.depth())).await?));
    };
    let within: BTreeSet<String> = with_below(tx, base, down).await?.into_iter().collect();
    if !within.contains(asked) {
        return Ok(Reach::Tenants(Vec::new()));
    }
    Ok(Reach::Tenants(with_below(tx, asked, scope.depth()).await?))
}

async fn with_below(tx: &Read, tenant_id: &str, depth: Depth) -> DomainResult<Vec<String>> {
    let mut tenants = vec![tenant_id.to_owned()];
    if depth == Depth::All {
        tenants.extend(hierarchy::below(tx, tenant_id).await?.into_iter().map(|(id, _)| id));
    }
    Ok(tenants)
}

async fn reaches_down(tx: &Read, user_id: Option<&str>, tenant_id: &str) -> DomainResult<bool> {
    let Some(user_id) = user_id else { return Ok(false) };
    let Some(row) = memberships::find(tx, user_id, tenant_id).await? else { return Ok(false) };
    let tenant = tenants::find(tx, tenant_id).await?;
    Ok(memberships::reaches_down(&row, tenant.as_ref()))
}
