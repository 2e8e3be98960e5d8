//! Signing in: what is still needed after a factor has been proven, and what comes of it.
//!
//! Every way of signing in ends here. Whoever has found out who it is calls [`first_factor_done`];
//! that starts a session, or says what else the person has to do first. A second factor comes back
//! with the token of the sign-in under way ([`pending`](super::mfa::pending)) and goes on with
//! [`second_factor_done`].
//! What is given out is an [`Outcome`]; `api::sign_in` turns it into the one answer of all of them.

pub(crate) mod captcha;
mod entry;
mod invites;
pub(crate) mod passkey;
mod password;
pub(crate) mod passwordless;
mod renewal;
mod step_up;
#[cfg(test)]
mod tests;
mod user_pools;

use frontegg_model::enums::MfaStrategy;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

use super::{
    DomainError, DomainResult,
    memberships::MemberKey,
    mfa::{
        self, Demand, Devices, Proven, RememberDevice, Remembered,
        pending::{self, Asked, Closed},
    },
    passwords,
    sessions::{self, Opened},
    settings::configuration::{self, CookieSameSite, IdentityConfiguration},
};
use crate::{
    store::{Read, Write, entity::user},
    tokens::Payload,
};

pub(crate) use super::sessions::{ClientInfo, FirstFactor};
use entry::Entry;
pub(crate) use entry::require_entry;
pub(crate) use invites::{Inviting, inviting};
pub(crate) use password::{PasswordCredentials, with_password};
pub(crate) use renewal::{log_out, renew};
pub(crate) use step_up::step_up;

/// What comes of a sign-in.
#[derive(Clone)]
pub(crate) enum Outcome {
    SignedIn(Box<SignedIn>),
    /// A second factor is wanted, of those that the person has.
    MfaChallenge {
        mfa_token: String,
        devices: Devices,
    },
    /// A second factor is wanted, and the person has none yet.
    MfaEnrollment {
        mfa_token: String,
        strategies: Vec<MfaStrategy>,
        qr_code: Option<String>,
    },
    /// The password is known from a data leak. A mail tells the person how to set another.
    PasswordLeaked,
    /// The password is too old; the token serves to set another.
    PasswordExpired {
        user_id: String,
        reset_token: String,
        recovery_code: Option<String>,
    },
}

/// A session and what is told of it.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) user_id: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    /// What the token is to say.
    pub(crate) payload: Payload,
    pub(crate) opened: Opened,
    pub(crate) same_site: CookieSameSite,
    pub(crate) extras: Extras,
}

/// What is told besides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    /// Minutes until the password is too old, and how many minutes before that people are reminded.
    pub(crate) password_due: Option<(i64, i64)>,
    /// Shown once, when the first second factor was enrolled.
    pub(crate) recovery_code: Option<String>,
    /// What makes this browser skip the second factor.
    pub(crate) remembered: Option<Remembered>,
}

impl From<Asked> for Outcome {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Challenge { mfa_token, devices } => Self::MfaChallenge { mfa_token, devices },
            Asked::Enrollment { mfa_token, strategies, qr_code } => {
                Self::MfaEnrollment { mfa_token, strategies, qr_code }
            }
        }
    }
}

/// Goes on with a person who has proven a first factor. Nothing is compared here any more.
pub(crate) async fn first_factor_done(
    tx: &Write,
    user: user::Model,
    first: FirstFactor,
    client: &ClientInfo,
) -> DomainResult<Outcome> {
    proceed(tx, user, first, client, Leak::Unknown).await
}

/// Whether the password that somebody came with is known from a data leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leak {
    Known,
    Unknown,
}

async fn proceed(
    tx: &Write,
    user: user::Model,
    first: FirstFactor,
    client: &ClientInfo,
    leak: Leak,
) -> DomainResult<Outcome> {
    let configuration = configuration::get(tx).await?;
    entry::require_allowed(tx, &user, &configuration).await?;
    let inviting = inviting(tx, client).await?;
    // Who cannot enter anywhere is told so before being asked for more.
    let entry = entry::choose(tx, &user, client, inviting.as_ref()).await?;
    if leak == Leak::Known {
        return Ok(Outcome::PasswordLeaked);
    }
    match mfa::demand(tx, &user, first, client).await? {
        Demand::Nothing => {
            if let Some(inviting) = inviting {
                inviting.join(tx, &user).await?;
            }
            finish(
                tx,
                &configuration,
                user,
                Authenticated { first, amr: first.amr() },
                client,
                entry,
                Extras::default(),
            )
            .await
        }
        demand => Ok(pending::open(tx, &user, first, client, None, demand).await?.into()),
    }
}

/// Goes on with a person who has proven the second factor of a sign-in under way, which is over by
/// that.
pub(crate) async fn second_factor_done(tx: &Write, proven: Proven, client: &ClientInfo) -> DomainResult<Outcome> {
    let Proven { pending, second, recovery_code, remember } = proven;
    let Closed { user, first, raising, client } = pending.close(tx, client).await?;
    let amr = second.amr_after(first);
    let application_id = client.application_id.as_deref();
    let remembered =
        if remember == RememberDevice::Yes { mfa::remember(tx, &user, application_id).await? } else { None };
    let extras = Extras { recovery_code, remembered, ..Extras::default() };
    let configuration = configuration::get(tx).await?;
    if let Some(raising) = raising {
        step_up::finish(tx, &configuration, user, &raising, &amr, &client, extras).await
    } else {
        if let Some(inviting) = inviting(tx, &client).await? {
            inviting.join(tx, &user).await?;
        }
        let entry = entry::choose(tx, &user, &client, None).await?;
        finish(tx, &configuration, user, Authenticated { first, amr: &amr }, &client, entry, extras).await
    }
}

/// By what a person has proven who they are.
#[derive(Clone, Copy)]
struct Authenticated<'a> {
    first: FirstFactor,
    /// All of it, as the token says it.
    amr: &'a [&'static str],
}

/// The last steps: the age of the password, then a session.
async fn finish(
    tx: &Write,
    configuration: &IdentityConfiguration,
    user: user::Model,
    authenticated: Authenticated<'_>,
    client: &ClientInfo,
    entry: Entry,
    mut extras: Extras,
) -> DomainResult<Outcome> {
    if authenticated.first == FirstFactor::Password
        && let Some(due) = passwords::rotation::due(tx, &user.id).await?
    {
        if due.is_over(tx.now()) {
            let reset_token = passwords::reset::issue(tx, &user.id).await?;
            let recovery_code = extras.recovery_code;
            return Ok(Outcome::PasswordExpired { user_id: user.id, reset_token, recovery_code });
        }
        extras.password_due = due.minutes_left(tx.now()).map(|left| (left, due.notification_period));
    }
    entry.activate(tx, &user.id).await?;
    let tenant_id = entry.tenant_id;
    let opened = sessions::start(
        tx,
        configuration,
        MemberKey { user_id: &user.id, tenant_id: &tenant_id },
        authenticated.amr,
        client,
    )
    .await?;
    tx.trail().signed_in(&user.id, &tenant_id);
    let user = note_login(tx, user, &tenant_id).await?;
    signed_in(tx, configuration, &user, &tenant_id, opened, extras).await
}

/// The outcome for a session that is open, with a token for that tenant.
async fn signed_in(
    tx: &Read,
    configuration: &IdentityConfiguration,
    user: &user::Model,
    tenant_id: &str,
    opened: Opened,
    extras: Extras,
) -> DomainResult<Outcome> {
    let claims = sessions::claims(tx, configuration, user, &opened.session, tenant_id).await?;
    Ok(Outcome::SignedIn(Box::new(SignedIn {
        user_id: claims.sub.clone(),
        email: claims.email.clone(),
        email_verified: claims.email_verified,
        payload: sessions::payload(tx, configuration, &opened.session, claims).await?,
        opened,
        same_site: configuration.cookie_same_site,
        extras,
    })))
}

/// The tenant of the session is the one that the person works in from now on.
async fn note_login(tx: &Write, user: user::Model, tenant_id: &str) -> DomainResult<user::Model> {
    let mut row = user.into_active_model();
    row.last_login = Set(Some(tx.now()));
    row.active_tenant_id.set_ne(Some(tenant_id.to_owned()));
    Ok(row.update(tx).await?)
}

/// Said of a wrong password, of a locked person and of nobody alike.
fn refused() -> DomainError {
    DomainError::unauthorized("Incorrect email or password")
}

/// Refuses people who are barred from the whole environment.
fn require_unlocked(user: &user::Model) -> DomainResult<()> {
    if user.is_locked { Err(DomainError::unauthorized("User is locked")) } else { Ok(()) }
}
