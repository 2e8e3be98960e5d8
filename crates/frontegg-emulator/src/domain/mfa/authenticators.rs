//! Authenticator apps: offered with a fresh secret, a factor once their first code was shown.
//!
//! Each step of time counts once for an app. One transaction writes at a time, so of several
//! requests with one code exactly one finds its step unused.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter,
};

use frontegg_model::enums::MfaStrategy;

use super::{
    bad_code,
    changes::{self, Proven, RememberDevice},
    configuration,
    devices::{self, Devices, OwnDevice},
    not_enrolled,
    pending::{self, Pending},
    totp,
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        identifiers::{emails, usernames},
        sessions::SecondFactor,
        users,
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{authenticator, user},
    },
};

/// What an app is set up with: shown only now.
pub(crate) struct Offer {
    /// A picture to be scanned.
    pub(crate) qr_code: String,
    /// The same to be typed.
    pub(crate) secret: String,
}

/// Offers a fresh secret to the person, in place of the one offered before: in a sign-in under way
/// that one's, else their own. 400 while apps are switched off.
pub(crate) async fn offer(tx: &Write, user: &user::Model, pending_id: Option<&str>) -> DomainResult<Offer> {
    let configuration = configuration::get(tx).await?;
    configuration.require_active(&[MfaStrategy::AuthenticatorApp])?;
    authenticator::Entity::delete_many().filter(offered(&user.id, pending_id)).exec(tx).await?;
    let secret = totp::new_secret();
    let row = authenticator::ActiveModel {
        id: Set(ids::new_id()),
        user_id: Set(user.id.clone()),
        pending_id: Set(pending_id.map(str::to_owned)),
        secret: Set(secret.clone()),
        last_step: Set(None),
        created_at: Set(tx.stamp()),
        confirmed_at: Set(None),
    };
    authenticator::Entity::insert(row).exec_without_returning(tx).await?;
    let account = account(tx, user).await?;
    let qr_code = totp::qr_code(&secret, &configuration.authenticator.service_name, &account)?;
    Ok(Offer { qr_code, secret })
}

/// Gives somebody an app that they have set up elsewhere, by its [secret](super::read_secret).
pub(crate) async fn bring(tx: &Write, user_id: &str, secret: String) -> DomainResult<()> {
    let row = authenticator::ActiveModel {
        id: Set(tx.row_id::<authenticator::Entity>(&[user_id]).await?),
        user_id: Set(user_id.to_owned()),
        pending_id: Set(None),
        secret: Set(secret),
        last_step: Set(None),
        created_at: Set(tx.stamp()),
        confirmed_at: Set(Some(tx.now())),
    };
    authenticator::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// A code that is right now of an app that somebody has, or else is setting up; 404 without any.
pub(crate) async fn right_code(tx: &Read, user_id: &str) -> DomainResult<String> {
    let apps = authenticator::Entity::find().filter(authenticator::Column::UserId.eq(user_id)).fetch_all(tx).await?;
    let app = apps.into_iter().max_by_key(|app| (app.confirmed_at.is_some(), app.created_at));
    let app = app.ok_or_else(|| DomainError::not_found("The user has no authenticator app"))?;
    totp::right_code(&app.secret, tx.now(), app.last_step)
}

/// The same for a signed-in person.
pub(crate) async fn offer_to(tx: &Write, user_id: &str) -> DomainResult<Offer> {
    let user = users::require(tx, user_id).await?;
    offer(tx, &user, None).await
}

/// The same in a sign-in that demands it.
pub(crate) async fn offer_at_sign_in(tx: &Write, mfa_token: &str) -> DomainResult<Offer> {
    let pending = pending::find(tx, mfa_token).await?;
    changes::require_enrolling(tx, &pending).await?;
    offer(tx, &pending.user, Some(&pending.id)).await
}

/// Makes the offered app a factor of a signed-in person, for its first code. With the first factor
/// comes a recovery code.
pub(crate) async fn confirm(tx: &Write, user_id: &str, code: &str) -> DomainResult<Tried<Option<String>>> {
    let user = users::require(tx, user_id).await?;
    let app = find_offered(tx, user_id, None).await?.ok_or_else(not_started)?;
    if !accept_first(tx, app, code).await? {
        return Ok(Tried::Refused(bad_code()));
    }
    changes::enrolled(tx, &user).await.map(Tried::Done)
}

/// The same in a sign-in that demands it, which goes on.
pub(crate) async fn confirm_at_sign_in(
    tx: &Write,
    mfa_token: &str,
    code: &str,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    let pending = pending::find(tx, mfa_token).await?;
    changes::require_enrolling(tx, &pending).await?;
    let app = find_offered(tx, &pending.user.id, Some(&pending.id)).await?.ok_or_else(not_started)?;
    confirm_pending(tx, pending, app, code, remember).await
}

async fn confirm_pending(
    tx: &Write,
    pending: Pending,
    app: authenticator::Model,
    code: &str,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    configuration::get(tx).await?.require_active(&[MfaStrategy::AuthenticatorApp])?;
    if !accept_first(tx, app, code).await? {
        return changes::failed(tx, &pending).await;
    }
    changes::enrolled_at_sign_in(tx, pending, SecondFactor::Totp, remember).await.map(Tried::Done)
}

/// Goes on with a sign-in for the code of that app, or of any that the person has. Where the
/// sign-in has offered one and the person has none, its code makes it a factor.
pub(crate) async fn verify(
    tx: &Write,
    mfa_token: &str,
    device_id: Option<&str>,
    code: &str,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    let pending = pending::find(tx, mfa_token).await?;
    let devices = devices::offered(tx, &pending.user, pending.first).await?;
    if pending.enrolling
        && devices.is_empty()
        && device_id.is_none()
        && let Some(app) = find_offered(tx, &pending.user.id, Some(&pending.id)).await?
    {
        return confirm_pending(tx, pending, app, code, remember).await;
    }
    let apps = match device_id {
        Some(id) => std::slice::from_ref(devices.authenticator(id)?),
        None => &devices.authenticators,
    };
    if !accept(tx, apps, code).await? {
        return changes::failed(tx, &pending).await;
    }
    Ok(Tried::Done(changes::proven(pending, SecondFactor::Totp, remember)))
}

/// Who asks to be rid of something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Remover<'a> {
    /// A back end, on behalf of the person.
    Administrator,
    /// The person, with a code.
    Oneself(Option<&'a str>),
}

/// Takes all apps from the person, for a code of one of them; a back end takes every factor of
/// whatever kind.
pub(crate) async fn disable(tx: &Write, user_id: &str, remover: Remover<'_>) -> DomainResult<Tried<()>> {
    let user = users::require(tx, user_id).await?;
    let devices = enrolled(tx, user_id).await?;
    let code = match remover {
        Remover::Administrator => return changes::unenroll(tx, &user).await.map(Tried::Done),
        Remover::Oneself(code) => code,
    };
    if super::is_forced(tx, &user, None).await? {
        return Err(forced());
    }
    if !accept_from_holder(tx, &user, &devices.authenticators, code).await? {
        return Ok(Tried::Refused(bad_code()));
    }
    let ids = devices.authenticators.iter().map(|app| app.id.as_str());
    authenticator::Entity::delete_many().filter(authenticator::Column::Id.is_in(ids)).exec(tx).await?;
    changes::removed(tx, &user).await.map(Tried::Done)
}

/// Takes one app from the person.
pub(crate) async fn remove(tx: &Write, device: OwnDevice<'_>, remover: Remover<'_>) -> DomainResult<Tried<()>> {
    let OwnDevice { user_id, device_id } = device;
    let user = users::require(tx, user_id).await?;
    let devices = enrolled(tx, user_id).await?;
    let app = devices.authenticator(device_id)?.clone();
    if let Remover::Oneself(code) = remover {
        require_removable(tx, &user, &devices).await?;
        if !accept_from_holder(tx, &user, std::slice::from_ref(&app), code).await? {
            return Ok(Tried::Refused(bad_code()));
        }
    }
    app.delete(tx).await?;
    changes::removed(tx, &user).await.map(Tried::Done)
}

/// Refuses, with 403, to take the last factor from a person who has to have one.
pub(super) async fn require_removable(tx: &Read, user: &user::Model, devices: &Devices) -> DomainResult<()> {
    if devices.count() == 1 && super::is_forced(tx, user, None).await? { Err(forced()) } else { Ok(()) }
}

async fn enrolled(tx: &Read, user_id: &str) -> DomainResult<Devices> {
    let devices = devices::of_user(tx, user_id).await?;
    if devices.is_enrolled() { Ok(devices) } else { Err(not_enrolled()) }
}

/// Whether the code is one of these apps now; its step is used up by that. Wrong ones count against
/// the person as those of sign-ins do, or a stolen token would leave time to guess.
async fn accept_from_holder(
    tx: &Write,
    user: &user::Model,
    apps: &[authenticator::Model],
    code: Option<&str>,
) -> DomainResult<bool> {
    let code = code.filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| DomainError::bad_request("token is required"))?;
    if pending::is_guessing(tx, &user.id).await? {
        return Ok(false);
    }
    let is_right = accept(tx, apps, code).await?;
    if !is_right {
        pending::guessed_wrong(tx, &user.id).await?;
    }
    Ok(is_right)
}

/// Whether the code is one of these apps now; its step is used up by that.
async fn accept(tx: &Write, apps: &[authenticator::Model], code: &str) -> DomainResult<bool> {
    for app in apps {
        if let Some(step) = totp::matching_step(&app.secret, code, tx.now(), app.last_step) {
            use_up(tx, app.clone(), step).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

async fn use_up(tx: &Write, app: authenticator::Model, step: i64) -> DomainResult<()> {
    let mut row = app.into_active_model();
    row.last_step = Set(Some(step));
    row.update(tx).await?;
    Ok(())
}

/// Makes an offered app a factor if the code is its own.
async fn accept_first(tx: &Write, app: authenticator::Model, code: &str) -> DomainResult<bool> {
    let Some(step) = totp::matching_step(&app.secret, code, tx.now(), None) else {
        return Ok(false);
    };
    let mut row = app.into_active_model();
    row.last_step = Set(Some(step));
    row.confirmed_at = Set(Some(tx.now()));
    row.pending_id = Set(None);
    row.update(tx).await?;
    Ok(true)
}

async fn find_offered(
    tx: &Read,
    user_id: &str,
    pending_id: Option<&str>,
) -> DomainResult<Option<authenticator::Model>> {
    Ok(authenticator::Entity::find().filter(offered(user_id, pending_id)).fetch_one(tx).await?)
}

fn offered(user_id: &str, pending_id: Option<&str>) -> Condition {
    Condition::all()
        .add(authenticator::Column::UserId.eq(user_id))
        .add(authenticator::Column::ConfirmedAt.is_null())
        .add(match pending_id {
            Some(id) => authenticator::Column::PendingId.eq(id),
            None => authenticator::Column::PendingId.is_null(),
        })
}

/// What the app shows below the issuer.
async fn account(tx: &Read, user: &user::Model) -> DomainResult<String> {
    if let Some(email) = emails::primary_of(tx, std::slice::from_ref(&user.id)).await?.remove(&user.id) {
        return Ok(email.email);
    }
    let username = usernames::of_user(tx, &user.id).await?;
    Ok(username.map_or_else(|| user.id.clone(), |row| row.username))
}

fn not_started() -> DomainError {
    DomainError::bad_request("MFA enrollment was not started")
}

fn forced() -> DomainError {
    DomainError::forbidden("MFA is enforced and cannot be disabled")
}
