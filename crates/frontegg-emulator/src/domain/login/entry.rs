//! Whether somebody may come in, and into which tenant.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{ClientInfo, Inviting, require_unlocked};
use crate::{
    domain::{
        DomainError, DomainResult, Refusal, identifiers::emails, memberships, restrictions::networks,
        settings::configuration::IdentityConfiguration, tenants,
    },
    store::{
        Fetch, Read, Write,
        entity::{MembershipStatus, application_tenant, membership, tenant, user},
        query,
    },
};

/// Refuses people who may not sign in wherever they want to go: locked ones, and those whose address
/// is not proven while the environment asks for that. Who has no address has none to prove.
pub(super) async fn require_allowed(
    tx: &Read,
    user: &user::Model,
    configuration: &IdentityConfiguration,
) -> DomainResult<()> {
    require_unlocked(user)?;
    if user.verified || configuration.allow_not_verified_users_login {
        return Ok(());
    }
    let addresses = emails::primary_of(tx, std::slice::from_ref(&user.id)).await?;
    if addresses.is_empty() { Ok(()) } else { Err(DomainError::forbidden("User is not verified")) }
}

/// Where a sign-in leads.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) tenant_id: String,
    /// Whether the person is a member who has never signed in.
    is_first: bool,
}

impl Entry {
    fn new(tenant_id: &str) -> Self {
        Self { tenant_id: tenant_id.to_owned(), is_first: false }
    }

    fn of(row: &membership::Model) -> Self {
        let is_first = row.status == MembershipStatus::PendingLogin;
        Self { tenant_id: row.tenant_id.clone(), is_first }
    }

    /// A member who signs in for the first time is one of the active ones from then on.
    pub(super) async fn activate(&self, tx: &Write, user_id: &str) -> DomainResult<()> {
        if !self.is_first {
            return Ok(());
        }
        membership::Entity::update_many()
            .col_expr(membership::Column::Status, Expr::value(MembershipStatus::Activated))
            .col_expr(membership::Column::UpdatedAt, query::touched(membership::Column::CreatedAt, tx))
            .filter(membership::Column::UserId.eq(user_id))
            .filter(membership::Column::TenantId.eq(self.tenant_id.as_str()))
            .exec(tx)
            .await?;
        Ok(())
    }
}

/// The tenant that a sign-in leads to: that of the login page, else the one that the person last
/// worked in (with the application), else the oldest that is open to them from where they are. One that they
/// are about to join will do. 403 when there is none.
pub(super) async fn choose(
    tx: &Read,
    user: &user::Model,
    client: &ClientInfo,
    joining: Option<&Inviting>,
) -> DomainResult<Entry> {
    let Open { rows: open, barred } = open_memberships(tx, user, client).await?;
    let of_member = |tenant_id: &str| open.iter().find(|row| row.tenant_id == tenant_id).map(Entry::of);
    if let Some(alias) = &client.alias
        && let Some(tenant) = tenants::find_by_alias(tx, alias).await?
    {
        let tenant_id = tenant.tenant_id.as_str();
        if let Some(entry) = of_member(tenant_id) {
            return Ok(entry);
        }
        if joining.is_none_or(|inviting| inviting.tenant_id() != tenant_id) {
            require(tx, user, tenant_id, client).await?;
        }
        return Ok(Entry::new(tenant_id));
    }
    let wished = [of_application(tx, user, client.application_id.as_deref()).await?, user.active_tenant_id.clone()];
    for tenant_id in wished.iter().flatten() {
        if let Some(entry) = of_member(tenant_id) {
            return Ok(entry);
        }
        if is_open(require(tx, user, tenant_id, client).await)? {
            return Ok(Entry::new(tenant_id));
        }
    }
    let other = open.first().map(Entry::of);
    let other = other.or_else(|| joining.map(|inviting| Entry::new(inviting.tenant_id())));
    other.ok_or_else(|| {
        if barred { networks::barred() } else { DomainError::forbidden("User has no tenant to sign in to") }
    })
}

/// Where somebody can come in.
struct Open {
    /// The oldest first.
    rows: Vec<membership::Model>,
    /// Whether they are kept out of others only by where they are.
    barred: bool,
}

/// The memberships by which the person can enter a tenant.
async fn open_memberships(tx: &Read, user: &user::Model, client: &ClientInfo) -> DomainResult<Open> {
    // Their documents are known from then on.
    tx.tenants_of(&user.id).await?;
    let enterable = |(row, tenant): &(membership::Model, tenant::Model)| {
        tenant.deleted_at.is_none() && !tenant.is_locked && memberships::is_open(tx, row)
    };
    let mut open = Open { rows: Vec::new(), barred: false };
    for (row, _) in memberships::with_tenants(tx, &user.id).await?.into_iter().filter(enterable) {
        if networks::admits(tx, &row.tenant_id, client.ip_address).await? {
            open.rows.push(row);
        } else {
            open.barred = true;
        }
    }
    Ok(open)
}

/// The tenant that the person works in with that application, if they chose one.
pub(super) async fn of_application(
    tx: &Read,
    user: &user::Model,
    application_id: Option<&str>,
) -> DomainResult<Option<String>> {
    let Some(application_id) = application_id else {
        return Ok(None);
    };
    let key = (user.id.clone(), application_id.to_owned());
    Ok(application_tenant::Entity::find_by_id(key).fetch_one(tx).await?.map(|row| row.tenant_id))
}

/// Refuses, with 403, a person who cannot enter that tenant from where they are; also one whose invitation
/// to it is still open.
pub(super) async fn require(tx: &Read, user: &user::Model, tenant_id: &str, client: &ClientInfo) -> DomainResult<()> {
    let row = memberships::find(tx, &user.id, tenant_id).await?;
    if row.is_some_and(|row| !memberships::is_open(tx, &row)) {
        return Err(memberships::no_entry());
    }
    memberships::require_entry(tx, user, tenant_id).await?;
    networks::require(tx, tenant_id, client.ip_address).await
}

/// Turns the refusal of an entry into a no.
pub(super) fn is_open(entry: DomainResult<()>) -> DomainResult<bool> {
    match entry {
        Ok(()) => Ok(true),
        Err(error) if error.refusal() == Refusal::Forbidden => Ok(false),
        Err(error) => Err(error),
    }
}
