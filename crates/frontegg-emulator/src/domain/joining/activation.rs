//! Activating an account: the mail that somebody brings back proves their address, lets them into
//! the tenants that waited for it, and signs them in.

use serde_json::{Map, Value};

use super::onboarding::{self, Mail, Returned};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        caller::Caller,
        identifiers::emails,
        login::{self, ClientInfo, FirstFactor, Outcome, captcha},
        memberships,
        passwords::{self, PasswordOwner, Passwords},
        revocation::Change,
        settings::configuration,
        users,
    },
    ids,
    store::{
        Read, Store, Write,
        entity::{MembershipStatus, membership, user},
    },
};

/// What somebody activates their account with.
#[derive(Clone, Copy)]
pub(crate) struct Activating<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) token: &'a str,
    pub(crate) code: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    pub(crate) recaptcha_token: Option<&'a str>,
}

/// What a person's password is to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Password {
    /// They sign in without one.
    Needless,
    Missing,
    Set,
}

impl Password {
    async fn of(tx: &Read, user: &user::Model) -> DomainResult<Self> {
        if user.provider != "local" || !configuration::get(tx).await?.allows_passwords() {
            return Ok(Self::Needless);
        }
        // One that was set before the address was proven could be anybody's.
        let is_theirs = user.verified && passwords::stored(tx, &user.id).await?.is_some();
        Ok(if is_theirs { Self::Set } else { Self::Missing })
    }
}

/// Whether somebody who holds an activation token has to set a password; 400 when it is invalid. It
/// stays as it is.
pub(crate) async fn wants_password(tx: &Read, user_id: &str, token: &str) -> DomainResult<bool> {
    let user = users::require(tx, user_id).await?;
    let returned = Returned { mail: Mail::Activation, user_id, token, code: None };
    returned.look(tx).await?.map_err(|_| returned.refusal())?;
    Ok(Password::of(tx, &user).await? == Password::Missing)
}

/// Activates an account and signs its holder in, or says what is needed besides. Begin no transaction
/// before: hashing takes its time.
///
/// They bring a password of their own: one that was set before their address was proven could be
/// anybody's.
pub(crate) async fn activate(
    store: &Store,
    passwords: &Passwords,
    activating: Activating<'_>,
    client: &ClientInfo,
) -> DomainResult<Outcome> {
    let Activating { user_id, token, code, .. } = activating;
    let returned = Returned { mail: Mail::Activation, user_id, token, code };
    let tx = store.read().await?;
    let user = users::require(&tx, user_id).await?;
    let address = emails::primary(&tx, user_id).await?;
    let address = address.as_ref().map(|row| row.email.as_str());
    captcha::check(&tx, address, activating.recaptcha_token).await?;
    returned.look(&tx).await?.map_err(|_| returned.refusal())?;
    let password = Password::of(&tx, &user).await?;
    drop(tx);
    let new = match (activating.password, password) {
        (None, Password::Missing) => return Err(DomainError::bad_request("password is required")),
        (None, _) | (_, Password::Needless) => None,
        (Some(new), _) => Some(passwords::prepare(store, passwords, PasswordOwner::User(user_id), new).await?),
    };
    store
        .attempt(async |tx| {
            users::require(tx, user_id).await?;
            if let Tried::Refused(refusal) = returned.spend(tx).await? {
                return Ok(Tried::Refused(refusal));
            }
            users::prove(tx, user_id).await?;
            if let Some(new) = new {
                passwords::set(tx, user_id, new, Change::PasswordReset).await?;
            }
            let user = users::require(tx, user_id).await?;
            login::first_factor_done(tx, user, FirstFactor::Activation, client).await.map(Tried::Done)
        })
        .await
}

/// Mails a new token to whoever has that address and is not activated. That somebody is, only those
/// are told who may know of them: 400. To all others it looks as if they were not, as it does where
/// nobody has the address.
pub(crate) async fn resend(
    tx: &Write,
    caller: Caller<'_>,
    address: &str,
    context: Map<String, Value>,
) -> DomainResult<()> {
    emails::check(address)?;
    let found = emails::find(tx, address).await?;
    // Nobody takes as long to look for as somebody.
    let id = found.map_or_else(ids::new_id, |row| row.user_id);
    let (user, rows) = (users::find(tx, &id).await?, memberships::of_user(tx, &id).await?);
    if let Some(user) = user {
        if let Some(row) = waiting(&user, &rows)
            && !user.is_locked
        {
            onboarding::send(tx, Mail::Activation, &user, row, context).await?;
            return Ok(());
        }
        let may_know = match caller.tenant() {
            Some(tenant_id) => rows.iter().any(|row| row.tenant_id == tenant_id),
            None => true,
        };
        if may_know && waiting(&user, &rows).is_none() {
            return Err(DomainError::bad_request("User is already activated"));
        }
    }
    onboarding::pretend(tx, Mail::Activation, context).await
}

/// The membership that an activation is outstanding for.
fn waiting<'a>(user: &user::Model, rows: &'a [membership::Model]) -> Option<&'a membership::Model> {
    let first = || rows.first().filter(|_| !user.verified);
    rows.iter().find(|row| row.status == MembershipStatus::NotActivated).or_else(first)
}
