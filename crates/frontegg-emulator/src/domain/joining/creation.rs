//! How people come into tenants: by invitation, created by a back end, added as a known person.

use super::onboarding::{self, Mail, Recipient};
use crate::{
    domain::{
        DomainError, DomainResult, applications,
        caller::Caller,
        identifiers::{emails, usernames},
        memberships::{self, MemberKey, NewMembership},
        people::person::{self, Person},
        restrictions::mail_domains,
        settings::{Owner, configuration},
        tenants,
        users::{self, NewUser},
    },
    store::{
        Read, Write,
        entity::{MembershipStatus, membership, tenant, user},
    },
};

/// Somebody to invite.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invitation {
    /// What becomes their profile if they are new; known people keep theirs.
    pub(crate) person: NewUser,
    /// The default ones when absent.
    pub(crate) role_ids: Option<Vec<String>>,
    /// For how many seconds; for ever when absent.
    pub(crate) seconds: Option<i64>,
    pub(crate) silent: bool,
    /// The application that they are invited to, where one is named.
    pub(crate) application_id: Option<String>,
    /// What the mail should say besides, a JSON object.
    pub(crate) mail_context: serde_json::Map<String, serde_json::Value>,
}

/// A person and their place in the tenant.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    pub(crate) person: Person,
    pub(crate) membership: membership::Model,
}

/// Invites somebody to a tenant: new people get an account, known ones a further membership and keep
/// their own profile and password, and whoever has not answered an invitation gets it by mail again.
/// All others who have a place in the tenant are refused: nothing of what is said would come true.
pub(crate) async fn invite(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    invitation: Invitation,
) -> DomainResult<Joined> {
    invitation.person.check()?;
    let tenant = open_tenant(tx, tenant_id).await?;
    if let Some(app_id) = &invitation.application_id {
        applications::named(tx, Some(app_id)).await?;
        applications::tenants::require(tx, app_id, tenant_id).await?;
    }
    let known = known_person(tx, &invitation.person).await?;
    let present = match &known {
        Some(person) => memberships::find(tx, &person.user.id, tenant_id).await?,
        None => None,
    };
    if present.is_none() {
        mail_domains::require(tx, Owner::Tenant(tenant_id), invitation.person.email.as_deref()).await?;
    }
    let silent = invitation.silent;
    let context = invitation.mail_context.clone();
    let (joined, mail) = match (known, present) {
        (Some(person), Some(membership)) => {
            memberships::may_manage(tx, caller, &membership).await?;
            if silent || membership.status != MembershipStatus::PendingInvitation {
                return Err(DomainError::conflict("User already exists in the tenant"));
            }
            (Joined { person, membership }, Mail::Invitation)
        }
        (Some(person), None) => {
            // A back end may add people without asking them.
            let asked = !silent || caller.is_user();
            let (status, mail) = match (asked, person.user.verified) {
                (false, _) => (MembershipStatus::PendingLogin, Mail::Invitation),
                (true, true) => (MembershipStatus::PendingInvitation, Mail::Invitation),
                // Their account waits for its owner, who comes into all tenants by activating it.
                (true, false) => (MembershipStatus::NotActivated, Mail::Activation),
            };
            let place = place(tx, caller, &tenant, invitation.role_ids, invitation.seconds, status).await?;
            let place = NewMembership { invited_as: invitation.person.email, ..place };
            (join(tx, person, &tenant, place).await?, mail)
        }
        (None, _) => (newcomer(tx, caller, &tenant, invitation).await?, Mail::Activation),
    };
    if !silent {
        joined.tell(tx, mail, &tenant, context).await?;
    }
    Ok(joined)
}

/// Creates an account and its first membership. Whom a back end vouches for, and who has no address to
/// get a mail at, needs no activation. A user's or API token vouches for nobody.
///
/// What may be refused is looked at before anything is written, so that the other entries of a list
/// can go on.
async fn newcomer(
    tx: &Write,
    caller: Caller<'_>,
    tenant: &tenant::Model,
    invitation: Invitation,
) -> DomainResult<Joined> {
    let vouches = !caller.is_user();
    let verified = vouches && (invitation.person.verified || invitation.silent);
    let needless = vouches && invitation.silent || invitation.person.email.is_none();
    let status = if needless { MembershipStatus::PendingLogin } else { MembershipStatus::NotActivated };
    let place = place(tx, caller, tenant, invitation.role_ids, invitation.seconds, status).await?;
    let person = NewUser { verified, ..invitation.person };
    join(tx, create(tx, person, tenant).await?, tenant, place).await
}

/// Creates somebody whom [`known_person`] does not know, to join that tenant.
pub(super) async fn create(tx: &Write, new: NewUser, tenant: &tenant::Model) -> DomainResult<Person> {
    let email = new.email.clone();
    let new = NewUser { active_tenant_id: Some(tenant.tenant_id.clone()), ..new };
    Ok(person::newcomer(users::create(tx, new).await?, email))
}

/// A place in a tenant with these roles, or the default ones, as far as it may be given.
async fn place(
    tx: &Read,
    caller: Caller<'_>,
    tenant: &tenant::Model,
    role_ids: Option<Vec<String>>,
    seconds: Option<i64>,
    status: MembershipStatus,
) -> DomainResult<NewMembership> {
    let expires_at = memberships::limit(tx, seconds).await?;
    let roles = memberships::named_or_default(tx, caller, &tenant.tenant_id, role_ids).await?;
    Ok(NewMembership { roles, status, expires_at, invited_as: None })
}

pub(super) async fn join(
    tx: &Write,
    person: Person,
    tenant: &tenant::Model,
    place: NewMembership,
) -> DomainResult<Joined> {
    let membership = memberships::join(tx, &person.user, tenant, place).await?;
    Ok(Joined { person, membership })
}

impl Joined {
    async fn tell(
        &self,
        tx: &Write,
        mail: Mail,
        tenant: &tenant::Model,
        context: serde_json::Map<String, serde_json::Value>,
    ) -> DomainResult<()> {
        let Person { user, email, .. } = &self.person;
        let to = Recipient { user, email: email.as_deref(), membership: &self.membership, tenant_name: &tenant.name };
        onboarding::send_to(tx, mail, to, context).await.map(drop)
    }
}

/// Who that is, if anybody has the address or, without one, the username.
pub(super) async fn known_person(tx: &Read, person: &NewUser) -> DomainResult<Option<Person>> {
    let by_email = match &person.email {
        Some(email) => emails::find(tx, email).await?.map(|row| row.user_id),
        None => None,
    };
    let by_username = match &person.username {
        Some(username) => usernames::find(tx, username).await?.map(|row| row.user_id),
        None => None,
    };
    let id = match (by_email, by_username) {
        (Some(id), Some(other)) if id != other => {
            return Err(DomainError::conflict("Username already exists"));
        }
        (None, Some(_)) if person.email.is_some() => {
            return Err(DomainError::conflict("Username already exists"));
        }
        (Some(id), _) | (None, Some(id)) => id,
        (None, None) => return Ok(None),
    };
    person::find(tx, &id).await
}

/// The tenant to invite to: one that exists, unless the environment takes any, and is not locked.
async fn open_tenant(tx: &Write, tenant_id: &str) -> DomainResult<tenant::Model> {
    let tenant = match tenants::find(tx, tenant_id).await? {
        Some(tenant) => tenant,
        None => {
            if configuration::get(tx).await?.skip_tenant_validation {
                tenants::ensure(tx, tenant_id).await?
            } else {
                tenants::require(tx, tenant_id).await?
            }
        }
    };
    require_unlocked(tenant)
}

/// Nobody is invited to a locked tenant.
pub(super) fn require_unlocked(tenant: tenant::Model) -> DomainResult<tenant::Model> {
    if tenant.is_locked {
        return Err(DomainError::bad_request("The tenant is locked").code("ER-01239"));
    }
    Ok(tenant)
}

/// Creates somebody who is not known yet, in a tenant that exists, without any mail.
pub(crate) async fn create_in_tenant(
    tx: &Write,
    tenant_id: &str,
    person: NewUser,
    role_ids: Option<Vec<String>>,
    seconds: Option<i64>,
) -> DomainResult<Joined> {
    person.check()?;
    let tenant = tenants::require(tx, tenant_id).await?;
    let place = place(tx, Caller::Environment, &tenant, role_ids, seconds, MembershipStatus::PendingLogin).await?;
    if let Some(email) = &person.email {
        emails::require_free(tx, email).await?;
    }
    join(tx, create(tx, person, &tenant).await?, &tenant, place).await
}

/// Whether somebody is told by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mailing {
    Send,
    Silent,
}

/// What becomes of a tenant id that nobody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownTenant {
    /// The tenant is created.
    Create,
    /// 404.
    Refuse,
}

/// Makes a known person a member of a further tenant, with the default roles.
pub(crate) async fn add_to_tenant(
    tx: &Write,
    user_id: &str,
    tenant_id: &str,
    mailing: Mailing,
    unknown: UnknownTenant,
) -> DomainResult<()> {
    let person = person::require(tx, user_id).await?;
    let tenant = require_unlocked(tenant_of(tx, tenant_id, unknown).await?)?;
    memberships::require_none(tx, MemberKey { user_id, tenant_id }).await?;
    mail_domains::require(tx, Owner::Tenant(tenant_id), person.email.as_deref()).await?;
    let status = match mailing {
        Mailing::Silent => MembershipStatus::PendingLogin,
        Mailing::Send => MembershipStatus::PendingInvitation,
    };
    let place = place(tx, Caller::Environment, &tenant, None, None, status).await?;
    let joined = join(tx, person, &tenant, place).await?;
    if mailing == Mailing::Send {
        joined.tell(tx, Mail::Invitation, &tenant, serde_json::Map::new()).await?;
    }
    Ok(())
}

/// Sends a person to a tenant to work in. They become a member if they are none.
pub(crate) async fn set_active_tenant(
    tx: &Write,
    user_id: &str,
    tenant_id: &str,
    unknown: UnknownTenant,
) -> DomainResult<user::Model> {
    let user = users::require(tx, user_id).await?;
    let tenant = tenant_of(tx, tenant_id, unknown).await?;
    if memberships::find(tx, user_id, tenant_id).await?.is_none() {
        let place = place(tx, Caller::Environment, &tenant, None, None, MembershipStatus::Activated).await?;
        memberships::join(tx, &user, &tenant, place).await?;
    }
    users::set_active_tenant(tx, user, tenant_id).await
}

async fn tenant_of(tx: &Write, tenant_id: &str, unknown: UnknownTenant) -> DomainResult<tenant::Model> {
    match unknown {
        UnknownTenant::Refuse => tenants::require(tx, tenant_id).await,
        UnknownTenant::Create => tenants::ensure(tx, tenant_id).await,
    }
}
