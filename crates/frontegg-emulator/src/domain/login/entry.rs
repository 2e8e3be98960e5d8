//! Whether somebody may come in, and into which tenant.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{ClientInfo, Inviting, require_unlocked};
use crate::{
    domain::{
        DomainError, DomainResult, Refusal,
        applications::{self, tenants::Access},
        identifiers::emails,
        memberships::{self, Entrance},
        restrictions::networks,
        sessions::{self, Destination},
        settings::configuration::IdentityConfiguration,
        tenants,
    },
    store::{
        Read, Write,
        catalog::Application,
        entity::{MembershipStatus, membership, user},
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
/// worked in (with the application), else the oldest that is open to them from where they are, and for the
/// application. One that they are about to join will do. 403 when there is none, 404 when there is only some that
/// lacks the application.
pub(super) async fn choose(
    tx: &Read,
    user: &user::Model,
    client: &ClientInfo,
    joining: Option<&Inviting>,
) -> DomainResult<Entry> {
    let application = &applications::named(tx, client.application_id.as_deref()).await?;
    let Open { rows: open, chosen, refusal } = open_memberships(tx, user, application, client).await?;
    let of_member = |tenant_id: &str| open.iter().find(|row| row.tenant_id == tenant_id).map(Entry::of);
    if let Some(Destination { tenant_id, .. }) = client.destination() {
        if let Some(entry) = of_member(tenant_id) {
            return Ok(entry);
        }
        require(tx, user, tenant_id, application, client).await?;
        return Ok(Entry::new(tenant_id));
    }
    if let Some(alias) = &client.alias
        && let Some(tenant) = tenants::find_by_alias(tx, alias).await?
    {
        let tenant_id = tenant.tenant_id.as_str();
        if let Some(entry) = of_member(tenant_id) {
            return Ok(entry);
        }
        if let Some(inviting) = joining.filter(|inviting| inviting.tenant_id() == tenant_id) {
            inviting.access().require(application)?;
        } else {
            require(tx, user, tenant_id, application, client).await?;
        }
        return Ok(Entry::new(tenant_id));
    }
    let wished = [chosen, user.active_tenant_id.clone()];
    for tenant_id in wished.iter().flatten() {
        if let Some(entry) = of_member(tenant_id) {
            return Ok(entry);
        }
        if is_open(require(tx, user, tenant_id, application, client).await)? {
            return Ok(Entry::new(tenant_id));
        }
    }
    if let Some(entry) = open.first().map(Entry::of) {
        return Ok(entry);
    }
    let Some(inviting) = joining else {
        return Err(refusal.unwrap_or_else(|| DomainError::forbidden("User has no tenant to sign in to")));
    };
    inviting.access().require(application)?;
    Ok(Entry::new(inviting.tenant_id()))
}

/// Where somebody can come in.
struct Open {
    /// The oldest first.
    rows: Vec<membership::Model>,
    /// Where they chose to work with the application.
    chosen: Option<String>,
    /// What alone keeps them out of the oldest of the others: the application, or where they are.
    refusal: Option<DomainError>,
}

/// The memberships by which the person can enter a tenant.
async fn open_memberships(
    tx: &Read,
    user: &user::Model,
    application: &Application,
    client: &ClientInfo,
) -> DomainResult<Open> {
    // Their documents are known from then on.
    tx.tenants_of(&user.id).await?;
    let entrances = memberships::entrances(tx, &user.id, &application.id).await?;
    let mut open = Open { rows: Vec::new(), chosen: chosen(&entrances), refusal: None };
    for entrance in entrances {
        if !entrance.is_open(tx) {
            continue;
        }
        match admit(tx, &entrance.membership.tenant_id, entrance.access(), application, client).await {
            Ok(()) => open.rows.push(entrance.membership),
            Err(error) if keeps_out(&error) => _ = open.refusal.get_or_insert(error),
            Err(error) => return Err(error),
        }
    }
    Ok(open)
}

/// The tenant that the person chose to work in with the application.
pub(super) fn chosen(entrances: &[Entrance]) -> Option<String> {
    entrances.iter().find(|entrance| entrance.is_chosen()).map(|entrance| entrance.membership.tenant_id.clone())
}

/// Refuses an application that is not open to somebody in a tenant, and anybody who is where nobody may enter it from.
pub(super) async fn admit(
    tx: &Read,
    tenant_id: &str,
    access: Access,
    application: &Application,
    client: &ClientInfo,
) -> DomainResult<()> {
    access.require(application)?;
    networks::require(tx, tenant_id, client.ip_address).await
}

/// Refuses a person who cannot enter that tenant from where they are, also one whose invitation to it is still open,
/// with 403; and with 404 where the tenant lacks the application.
pub(super) async fn require(
    tx: &Read,
    user: &user::Model,
    tenant_id: &str,
    application: &Application,
    client: &ClientInfo,
) -> DomainResult<()> {
    let row = memberships::find(tx, &user.id, tenant_id).await?;
    if row.is_some_and(|row| !memberships::is_open(tx, &row)) {
        return Err(memberships::no_entry());
    }
    let access = memberships::require_entry_for(tx, user, tenant_id, &application.id).await?;
    admit(tx, tenant_id, access, application, client).await
}

/// Refuses whoever goes to another tenant in a session, where they cannot enter that; see [`require`]. An activation that
/// is outstanding is no hindrance.
pub(crate) async fn require_entry(
    tx: &Read,
    user: &user::Model,
    tenant_id: &str,
    session_id: Option<&str>,
    client: &ClientInfo,
) -> DomainResult<()> {
    let session = match session_id {
        Some(id) => sessions::find(tx, id).await?,
        None => None,
    };
    let confined_to = session.as_ref().and_then(|session| session.confined_to.as_deref());
    if confined_to.is_some_and(|confined_to| confined_to != tenant_id) {
        return Err(memberships::no_entry());
    }
    let app_id = session.and_then(|session| session.application_id);
    let application = applications::known_or_default(tx, app_id.as_deref()).await?;
    let access = memberships::require_entry_for(tx, user, tenant_id, &application.id).await?;
    admit(tx, tenant_id, access, &application, client).await
}

/// Turns the refusal of an entry into a no.
pub(super) fn is_open(entry: DomainResult<()>) -> DomainResult<bool> {
    match entry {
        Ok(()) => Ok(true),
        Err(error) if keeps_out(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether it says that somebody may not enter, or not for the application.
fn keeps_out(error: &DomainError) -> bool {
    matches!(error.refusal(), Refusal::Forbidden | Refusal::NotFound)
}
