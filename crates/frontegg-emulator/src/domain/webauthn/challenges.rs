//! Challenges for WebAuthn devices: drawn, kept under a handle, valid once and for a short time.
//!
//! Of the handle only its fingerprint is kept. The challenge itself is kept as it is, since it has to
//! be compared and is worth nothing without the device.

use std::time::Duration;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ModelTrait, QueryFilter};

use crate::{
    domain::{DomainResult, webauthn},
    ids,
    store::{
        Fetch, Read, Write,
        entity::{CeremonyPurpose, webauthn_challenge},
    },
};

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
pub(crate) struct Posed {
    pub(crate) handle: String,
    /// In base64url.
    pub(crate) challenge: String,
}

impl Ceremony<'_> {
    /// Draws a challenge. It voids the one of before for the same.
    pub(crate) async fn pose(self, tx: &Write) -> DomainResult<Posed> {
        let mut void = Condition::any().add(webauthn_challenge::Column::ExpiresAt.lte(tx.now()));
        if self.user_id.is_some() {
            void = void.add(self.condition());
        }
        webauthn_challenge::Entity::delete_many().filter(void).exec(tx).await?;
        let posed = Posed { handle: ids::new_secret(), challenge: webauthn::encode(ids::random::<32>()) };
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
        Ok(posed)
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

/// Takes a challenge away: it has been answered, rightly or not.
pub(crate) async fn spend(tx: &Write, challenge: webauthn_challenge::Model) -> DomainResult<()> {
    challenge.delete(tx).await?;
    Ok(())
}
