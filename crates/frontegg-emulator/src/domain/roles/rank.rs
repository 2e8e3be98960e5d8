//! The level rule: with a user's token, people and roles are managed up to one's own level, never above it.

use sea_orm::{FromQueryResult, Statement};

use crate::{
    domain::{
        DomainError, DomainResult,
        caller::{Caller, Grants},
    },
    store::{Fetch, Read, entity::role, query::parameters},
};

/// How strong a caller is. A lower level is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    /// Above every role.
    Unlimited,
    /// As strong as the strongest role held.
    Level(i32),
    /// Without any role.
    Powerless,
}

impl Rank {
    /// Whether a role of this level is not stronger than the caller.
    pub(crate) fn reaches(self, level: i32) -> bool {
        match self {
            Self::Unlimited => true,
            Self::Level(own) => own <= level,
            Self::Powerless => false,
        }
    }

    /// 403 for a role of a level that is stronger than the caller.
    pub(crate) fn require(self, level: i32) -> DomainResult<()> {
        if self.reaches(level) {
            return Ok(());
        }
        Err(DomainError::forbidden("Roles can only be managed up to your own level"))
    }
}

/// 403 unless the caller may give and take all these roles.
pub(crate) async fn may_grant(tx: &Read, caller: Caller<'_>, roles: &[role::Model]) -> DomainResult<()> {
    let Some(strongest) = roles.iter().map(|role| role.level).min() else { return Ok(()) };
    rank(tx, caller).await?.require(strongest)
}

/// How strong the caller is: by the roles that the token names, at the levels that they have now.
pub(crate) async fn rank(tx: &Read, caller: Caller<'_>) -> DomainResult<Rank> {
    let Caller::User(grants) = caller else { return Ok(Rank::Unlimited) };
    let levels = held(tx, grants).await?;
    Ok(levels.into_iter().min().map_or(Rank::Powerless, Rank::Level))
}

#[derive(Debug, FromQueryResult)]
struct Held {
    key: String,
    level: i32,
}

/// The level of each role that the token names. A key may also stand for a role of a tenant above,
/// held by sub-tenant access; one that the tenant itself sees goes before it, and of several the
/// weakest counts.
async fn held(tx: &Read, grants: Grants<'_>) -> DomainResult<Vec<i32>> {
    if grants.roles.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "WITH RECURSIVE above (tenant_id) AS (
            SELECT parent_id FROM tenant_edges WHERE child_id = $1
            UNION
            SELECT edge.parent_id FROM above JOIN tenant_edges edge ON edge.child_id = above.tenant_id
        )
        SELECT key, level FROM roles
        WHERE key IN ({keys})
            AND (tenant_id IS NULL OR tenant_id = $1 OR tenant_id IN (SELECT tenant_id FROM above))
        ORDER BY key, COALESCE(tenant_id <> $1, FALSE), level DESC",
        keys = parameters(2, grants.roles.len()),
    );
    let values = std::iter::once(grants.tenant_id).chain(grants.roles.iter().map(String::as_str));
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values.map(Into::into));
    let mut rows = Held::find_by_statement(statement).fetch_all(tx).await?;
    rows.dedup_by(|next, first| next.key == first.key);
    Ok(rows.into_iter().map(|row| row.level).collect())
}
