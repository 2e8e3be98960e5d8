//! The second factors that people have.

use frontegg_model::enums::MfaStrategy;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr},
};

use super::configuration::{self, Configuration};
use crate::{
    domain::{DomainError, DomainResult, identifiers::emails, sessions::FirstFactor},
    store::{
        Fetch, Read, Write,
        entity::{WebAuthnDevice, authenticator, mfa_phone, user, webauthn_credential},
        query::OneColumn,
    },
};

/// All kinds of WebAuthn devices.
pub(crate) const WEBAUTHN: [MfaStrategy; 2] = [MfaStrategy::WebAuthnPlatform, MfaStrategy::WebAuthnCrossPlatform];

/// A second factor of a person, as they name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnDevice<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) device_id: &'a str,
}

/// Second factors of a person, each kind the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    pub(crate) authenticators: Vec<authenticator::Model>,
    pub(crate) phones: Vec<mfa_phone::Model>,
    pub(crate) webauthn: Vec<webauthn_credential::Model>,
    /// Addresses that get codes. They need not be set up.
    pub(crate) emails: Vec<String>,
}

impl Devices {
    /// Whether the person has set up any.
    pub(crate) fn is_enrolled(&self) -> bool {
        self.count() > 0
    }

    /// How many the person has set up.
    pub(crate) fn count(&self) -> usize {
        self.authenticators.len() + self.phones.len() + self.webauthn.len()
    }

    /// Whether there is nothing to prove oneself with.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_enrolled() && self.emails.is_empty()
    }

    /// The authenticator app with that id, or 404.
    pub(crate) fn authenticator(&self, id: &str) -> DomainResult<&authenticator::Model> {
        self.authenticators.iter().find(|row| row.id == id).ok_or_else(not_found)
    }

    /// The phone with that id, or 404.
    pub(crate) fn phone(&self, id: &str) -> DomainResult<&mfa_phone::Model> {
        self.phones.iter().find(|row| row.id == id).ok_or_else(not_found)
    }

    /// The WebAuthn device with that id, or 404.
    pub(crate) fn webauthn(&self, id: &str) -> DomainResult<&webauthn_credential::Model> {
        self.webauthn.iter().find(|row| row.id == id).ok_or_else(not_found)
    }

    /// Those of the methods that are switched on.
    fn active(mut self, configuration: &Configuration) -> Self {
        if !configuration.is_active(&MfaStrategy::AuthenticatorApp) {
            self.authenticators.clear();
        }
        if !configuration.is_active(&MfaStrategy::Sms) {
            self.phones.clear();
        }
        self.webauthn.retain(|row| configuration.is_active(&method(row.device_type)));
        self
    }
}

/// The method that such a device is of.
pub(crate) fn method(device: WebAuthnDevice) -> MfaStrategy {
    match device {
        WebAuthnDevice::Platform => MfaStrategy::WebAuthnPlatform,
        WebAuthnDevice::CrossPlatform => MfaStrategy::WebAuthnCrossPlatform,
    }
}

/// What is said of a device that the person does not have.
pub(crate) fn not_found() -> DomainError {
    DomainError::not_found("MFA device not found")
}

/// How many second factors the person of a row of `users` has set up.
pub(crate) fn set_up() -> SimpleExpr {
    let apps = theirs(authenticator::Entity, authenticator::Column::UserId)
        .and_where(authenticator::Column::ConfirmedAt.is_not_null())
        .to_owned();
    let phones = theirs(mfa_phone::Entity, mfa_phone::Column::UserId);
    let credentials = theirs(webauthn_credential::Entity, webauthn_credential::Column::UserId)
        .and_where(webauthn_credential::Column::IsPasskey.eq(false))
        .to_owned();
    let [apps, phones, credentials] =
        [apps, phones, credentials].map(|count| SimpleExpr::SubQuery(None, Box::new(count.into())));
    apps.add(phones).add(credentials)
}

/// How many rows of a table belong to the person.
fn theirs<E: EntityTrait>(table: E, owner: E::Column) -> SelectStatement {
    let of_person = Expr::col((table, owner)).equals((user::Entity, user::Column::Id));
    Query::select().expr(Func::count(Expr::val(1))).from(table).and_where(of_person).to_owned()
}

/// All that the person has set up, also of methods that are switched off. Passkeys are not among them.
pub(crate) async fn of_user(tx: &Read, user_id: &str) -> DomainResult<Devices> {
    let count = user::Entity::find_by_id(user_id).select_only().expr_as(set_up(), "count");
    // Most people have none, and then nothing else is asked.
    if count.one_column::<i64>().fetch_one(tx).await?.unwrap_or_default() == 0 {
        return Ok(Devices::default());
    }
    let authenticators = authenticator::Entity::find()
        .filter(authenticator::Column::UserId.eq(user_id))
        .filter(authenticator::Column::ConfirmedAt.is_not_null())
        .order_by_asc(authenticator::Column::CreatedAt)
        .order_by_asc(authenticator::Column::Id)
        .fetch_all(tx)
        .await?;
    let phones = mfa_phone::Entity::find()
        .filter(mfa_phone::Column::UserId.eq(user_id))
        .order_by_asc(mfa_phone::Column::CreatedAt)
        .order_by_asc(mfa_phone::Column::Id)
        .fetch_all(tx)
        .await?;
    let webauthn = webauthn_credential::Entity::find()
        .filter(webauthn_credential::Column::UserId.eq(user_id))
        .filter(webauthn_credential::Column::IsPasskey.eq(false))
        .order_by_asc(webauthn_credential::Column::CreatedAt)
        .order_by_asc(webauthn_credential::Column::Id)
        .fetch_all(tx)
        .await?;
    Ok(Devices { authenticators, phones, webauthn, emails: Vec::new() })
}

/// All that the person has set up, with the proven address that gets codes while codes by mail are active.
pub(crate) async fn all(tx: &Read, user_id: &str) -> DomainResult<Devices> {
    let emails = addresses(tx, &configuration::get(tx).await?, user_id).await?;
    Ok(Devices { emails, ..of_user(tx, user_id).await? })
}

/// Where codes by mail go, if they are active: the person's proven address.
async fn addresses(tx: &Read, configuration: &Configuration, user_id: &str) -> DomainResult<Vec<String>> {
    if !configuration.is_active(&MfaStrategy::EmailCode) {
        return Ok(Vec::new());
    }
    let primary = emails::primary_of(tx, &[user_id.to_owned()]).await?;
    Ok(primary.into_values().filter(|row| row.verified).map(|row| row.email).collect())
}

/// What the person can prove the second factor with, after that first one: what they have set up of
/// the active methods, and their proven address while codes by mail are active. Whoever came in by a
/// mail has proven the mailbox already, and it does not count twice.
pub(crate) async fn offered(tx: &Read, user: &user::Model, first: FirstFactor) -> DomainResult<Devices> {
    let configuration = configuration::get(tx).await?;
    let mut devices = of_user(tx, &user.id).await?.active(&configuration);
    let by_mail = matches!(first, FirstFactor::EmailCode | FirstFactor::MagicLink);
    if !by_mail {
        devices.emails = addresses(tx, &configuration, &user.id).await?;
    }
    Ok(devices)
}

/// Takes every second factor from the person, also those that are being set up.
pub(super) async fn delete_all(tx: &Write, user_id: &str) -> DomainResult<()> {
    authenticator::Entity::delete_many().filter(authenticator::Column::UserId.eq(user_id)).exec(tx).await?;
    mfa_phone::Entity::delete_many().filter(mfa_phone::Column::UserId.eq(user_id)).exec(tx).await?;
    webauthn_credential::Entity::delete_many()
        .filter(webauthn_credential::Column::UserId.eq(user_id))
        .filter(webauthn_credential::Column::IsPasskey.eq(false))
        .exec(tx)
        .await?;
    Ok(())
}
