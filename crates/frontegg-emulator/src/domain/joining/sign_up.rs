//! People who come by themselves: an account with a tenant of its own, or in the tenant that an
//! invite leads to.

use serde_json::{Map, Value};

use super::onboarding::{self, Mail};
use crate::{
    domain::{
        DomainError, DomainResult, applications,
        caller::Caller,
        identifiers::{Proof, emails},
        login::{self, ClientInfo, FirstFactor, Inviting, Outcome, captcha},
        memberships::{self, NewMembership},
        passwords::{self, PasswordOwner, Passwords},
        restrictions::mail_domains,
        settings::{
            Owner,
            configuration::{self, IdentityConfiguration},
        },
        tenants::{self, Changes, NewTenant},
        users::{self, NewUser},
    },
    store::{
        Read, Store, Write,
        entity::{MembershipStatus, membership, user},
    },
};

/// Somebody who signs up.
#[derive(Clone, Default)]
pub(crate) struct Newcomer {
    pub(crate) person: NewUser,
    pub(crate) password: Option<String>,
    /// The name of their tenant, if they get one of their own.
    pub(crate) company_name: String,
    /// Those for first members, and the default ones, when absent.
    pub(crate) role_ids: Option<Vec<String>>,
    /// Whether they get no mail.
    pub(crate) silent: bool,
    /// What the mail should say besides, a JSON object.
    pub(crate) mail_context: Map<String, Value>,
    pub(crate) recaptcha_token: Option<String>,
}

/// What came of it.
pub(crate) struct SignedUp {
    pub(crate) user_id: String,
    pub(crate) tenant_id: String,
    /// How the sign-in goes on; nothing, when the account has to be activated first.
    pub(crate) outcome: Option<Outcome>,
    /// What belongs to the code that was mailed, where codes are.
    pub(crate) activation_token: Option<String>,
}

/// Somebody who has an account and a tenant now.
pub(crate) struct Admitted {
    pub(crate) user: user::Model,
    membership: membership::Model,
    /// Whether they have to prove their address before they sign in.
    pub(crate) waits: bool,
    /// What belongs to the code that was mailed, where codes are.
    activation_token: Option<String>,
}

/// Whether people are known by usernames, and not only by their addresses.
pub(crate) fn takes_usernames(configuration: &IdentityConfiguration) -> bool {
    configuration.auth_strategy.starts_with("Username")
}

/// Refuses usernames where people are known by their addresses.
pub(crate) async fn require_usernames(tx: &Read) -> DomainResult<()> {
    if takes_usernames(&configuration::get(tx).await?) {
        Ok(())
    } else {
        Err(DomainError::forbidden("Signing up with a username is not the strategy of this environment"))
    }
}

/// Signs somebody up, and in where nothing has to be proven first. Begin no transaction before.
pub(crate) async fn sign_up(
    store: &Store,
    passwords: &Passwords,
    newcomer: Newcomer,
    client: &ClientInfo,
) -> DomainResult<SignedUp> {
    newcomer.person.check()?;
    if newcomer.company_name.trim().is_empty() {
        return Err(DomainError::bad_request("companyName should not be empty"));
    }
    let tx = store.read().await?;
    let email = newcomer.person.email.as_deref();
    captcha::check(&tx, email, newcomer.recaptcha_token.as_deref()).await?;
    require_open(&tx, email).await?;
    let inviting = login::inviting(&tx, client).await?;
    require_application(&tx, inviting.as_ref(), client).await?;
    drop(tx);
    let tenant_id = inviting.as_ref().map(Inviting::tenant_id);
    let hash = match &newcomer.password {
        Some(password) => {
            let new = passwords::prepare(store, passwords, PasswordOwner::Newcomer { tenant_id }, password).await?;
            Some(new.into_hash())
        }
        None => None,
    };
    // Boxed, as it is a long way.
    store.write(async |tx| Box::pin(create(tx, newcomer, hash, client)).await).await
}

/// Admits somebody whom an identity provider has told of, by the same rules.
pub(crate) async fn by_provider(tx: &Write, newcomer: Newcomer, client: &ClientInfo) -> DomainResult<Admitted> {
    newcomer.person.check()?;
    require_open(tx, newcomer.person.email.as_deref()).await?;
    require_application(tx, login::inviting(tx, client).await?.as_ref(), client).await?;
    admit(tx, newcomer, None, client).await
}

/// Refuses those who would get a tenant of their own where the application goes to no new ones.
async fn require_application(tx: &Read, inviting: Option<&Inviting>, client: &ClientInfo) -> DomainResult<()> {
    let application = applications::named(tx, client.application_id.as_deref()).await?;
    if inviting.is_some() || applications::tenants::goes_to_new_tenants(&application) {
        Ok(())
    } else {
        Err(applications::tenants::missing())
    }
}

/// Refuses newcomers where the environment takes none, or none with such an address.
async fn require_open(tx: &Read, email: Option<&str>) -> DomainResult<()> {
    if !configuration::get(tx).await?.allow_signups {
        return Err(DomainError::forbidden("Sign-up is not allowed in this environment"));
    }
    mail_domains::require(tx, Owner::Environment, email).await
}

async fn create(
    tx: &Write,
    newcomer: Newcomer,
    password_hash: Option<String>,
    client: &ClientInfo,
) -> DomainResult<SignedUp> {
    let Admitted { user, membership, waits, activation_token } = admit(tx, newcomer, password_hash, client).await?;
    let mut signed_up =
        SignedUp { user_id: user.id.clone(), tenant_id: membership.tenant_id, outcome: None, activation_token };
    if !waits {
        signed_up.outcome = Some(login::first_factor_done(tx, user, FirstFactor::SignUp, &arrived(client)).await?);
    }
    Ok(signed_up)
}

/// How somebody goes on who was admitted: the invite and the login page have served their purpose.
pub(crate) fn arrived(client: &ClientInfo) -> ClientInfo {
    ClientInfo { alias: None, ..client.clone().invited(None) }
}

/// Makes an account and a membership, and mails how to activate it where the address has to be proven first.
async fn admit(
    tx: &Write,
    newcomer: Newcomer,
    password_hash: Option<String>,
    client: &ClientInfo,
) -> DomainResult<Admitted> {
    let has_email = newcomer.person.email.is_some();
    let is_known = newcomer.person.verified || configuration::get(tx).await?.allow_not_verified_users_login;
    let waits = has_email && !is_known;
    let person = NewUser { password_hash, ..newcomer.person };
    let user = match holder(tx, &person).await? {
        Some(Holder { user, waits: true }) if waits => anew(tx, user, person).await?,
        Some(_) => return Err(emails::taken()),
        None => users::create(tx, person).await?,
    };
    let status = if waits { MembershipStatus::NotActivated } else { MembershipStatus::Activated };
    let membership = match login::inviting(tx, client).await? {
        Some(inviting) => inviting.join_as(tx, &user, status).await?,
        None => found(tx, &user, &newcomer.company_name, newcomer.role_ids, status).await?,
    };
    let user = users::require(tx, &user.id).await?;
    let mut admitted = Admitted { user, membership, waits, activation_token: None };
    if waits && !newcomer.silent {
        let Admitted { user, membership, .. } = &admitted;
        let issued = onboarding::send(tx, Mail::Activation, user, membership, newcomer.mail_context).await?;
        // The token alone activates nobody where a code belongs to it.
        admitted.activation_token = issued.filter(|issued| issued.code.is_some()).map(|issued| issued.token);
    }
    Ok(admitted)
}

/// Whoever has an address already.
struct Holder {
    user: user::Model,
    /// Whether the account waits for the owner of the address: anybody may have made it. It keeps nobody from
    /// signing up: who proves the address has it.
    waits: bool,
}

async fn holder(tx: &Read, person: &NewUser) -> DomainResult<Option<Holder>> {
    let Some(email) = &person.email else { return Ok(None) };
    let Some(row) = emails::find(tx, email).await? else { return Ok(None) };
    let user = users::require(tx, &row.user_id).await?;
    Ok(Some(Holder { waits: !user.verified && !row.verified, user }))
}

/// What somebody says of themselves takes the place of what was said in their name before. The password
/// will be set by whoever proves the address.
async fn anew(tx: &Write, user: user::Model, person: NewUser) -> DomainResult<user::Model> {
    let changes = users::Changes { name: person.name, metadata: person.metadata, ..users::Changes::default() };
    users::update(tx, user, changes, Proof::Unproven).await
}

/// Founds a tenant with its first member.
async fn found(
    tx: &Write,
    user: &user::Model,
    name: &str,
    role_ids: Option<Vec<String>>,
    status: MembershipStatus,
) -> DomainResult<membership::Model> {
    let record = Changes { name: Some(name.to_owned()), ..Changes::default() };
    let tenant = tenants::create(tx, NewTenant { record, ..NewTenant::default() }).await?;
    let roles = memberships::named_or_default(tx, Caller::Environment, &tenant.tenant_id, role_ids).await?;
    memberships::join(tx, user, &tenant, NewMembership { roles, status, expires_at: None, invited_as: None }).await
}
