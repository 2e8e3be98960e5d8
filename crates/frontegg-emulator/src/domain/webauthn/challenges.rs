//! Challenges for WebAuthn devices: drawn, kept under a handle, valid once and for a short time.
//!
//! Of the handle only its fingerprint is kept. The challenge itself is kept as it is, since it has to
//! be compared and is worth nothing without the device.

use std::time::Duration;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ModelTrait, QueryFilter};

use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        webauthn::{self, Fault},
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{CeremonyPurpose, webauthn_challenge},
    },
};

/// What is said of a challenge that was never posed for this, has been answered, or is too old.
pub(crate) const UNKNOWN: &str = "The WebAuthn challenge is unknown or has expired";
/// How long a person may take to touch the device.
pub(crate) const LIFETIME: Duration = Duration::from_mins(2);

/// For whom and what a challenge is posed. It is valid for nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ceremony<'a> {
    pub(crate) purpose: CeremonyPurpose,
    /// None where the device is to say who it is.
    pub(crate) user_id: Option<&'a str>,
    /// The sign-in that waits for the answer.
    pub(crate) pending_id: Option<&'a str>,
    /// The row of the device that is to answer.
    pub(crate) credential_id: Option<&'a str>,
}

/// A challenge on its way to the browser.
#[derive(Clone)]
pub(crate) struct Posed {
    pub(crate) handle: String,
    /// In base64url.
    pub(crate) challenge: String,
}

impl Ceremony<'_> {
    /// Draws a challenge. It voids the one of before for the same.
    pub(crate) async fn pose(self, tx: &Write) -> DomainResult<Posed> {
        let posed = Posed { handle: ids::new_secret(), challenge: draw() };
        self.keep(tx, &posed).await?;
        Ok(posed)
    }

    /// The same for browsers that bring back nothing but what the device has signed: the challenge is its own handle.
    pub(crate) async fn pose_bare(self, tx: &Write) -> DomainResult<Posed> {
        let challenge = draw();
        let posed = Posed { handle: challenge.clone(), challenge };
        self.keep(tx, &posed).await?;
        Ok(posed)
    }

    async fn keep(self, tx: &Write, posed: &Posed) -> DomainResult<()> {
        let mut void = Condition::any().add(webauthn_challenge::Column::ExpiresAt.lte(tx.now()));
        if self.user_id.is_some() {
            void = void.add(self.condition());
        }
        webauthn_challenge::Entity::delete_many().filter(void).exec(tx).await?;
        let row = webauthn_challenge::ActiveModel {
            fingerprint: Set(ids::fingerprint(&posed.handle)),
            purpose: Set(self.purpose),
            user_id: Set(self.user_id.map(str::to_owned)),
            pending_id: Set(self.pending_id.map(str::to_owned)),
            credential_id: Set(self.credential_id.map(str::to_owned)),
            challenge: Set(posed.challenge.clone()),
            created_at: Set(tx.stamp()),
            expires_at: Set(tx.now().after(LIFETIME)),
        };
        webauthn_challenge::Entity::insert(row).exec_without_returning(tx).await?;
        Ok(())
    }

    /// The challenge behind a handle, while it is valid and was posed for just this.
    pub(crate) async fn find(self, tx: &Read, handle: &str) -> DomainResult<Option<webauthn_challenge::Model>> {
        let row = webauthn_challenge::Entity::find_by_id(ids::fingerprint(handle))
            .filter(webauthn_challenge::Column::ExpiresAt.gt(tx.now()))
            .filter(self.condition());
        Ok(row.fetch_one(tx).await?)
    }

    fn condition(self) -> Condition {
        let is = |column: webauthn_challenge::Column, value: Option<&str>| match value {
            Some(value) => column.eq(value),
            None => column.is_null(),
        };
        Condition::all()
            .add(webauthn_challenge::Column::Purpose.eq(self.purpose))
            .add(is(webauthn_challenge::Column::UserId, self.user_id))
            .add(is(webauthn_challenge::Column::PendingId, self.pending_id))
            .add(is(webauthn_challenge::Column::CredentialId, self.credential_id))
    }
}

fn draw() -> String {
    webauthn::encode(ids::random::<32>())
}

/// Takes a challenge away, as it has been answered, rightly or not; what the answer proves, or why it does not hold. One
/// that cannot be read is no answer: it is refused with 400 and changes nothing.
pub(crate) async fn settle<T>(
    tx: &Write,
    challenge: webauthn_challenge::Model,
    verified: Result<T, Fault>,
) -> DomainResult<Tried<T>> {
    match verified {
        Ok(verified) => {
            challenge.delete(tx).await?;
            Ok(Tried::Done(verified))
        }
        Err(Fault::Unreadable(text)) => Err(DomainError::bad_request(text)),
        Err(fault @ Fault::Refused(_)) => {
            challenge.delete(tx).await?;
            Ok(Tried::Refused(DomainError::unauthorized(fault.to_string())))
        }
    }
}
