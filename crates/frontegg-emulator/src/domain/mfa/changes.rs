//! What follows when a second factor is proven, added or removed, whatever its kind: the recovery code
//! comes and goes, and the person is told.
//!
//! Whoever has checked a factor ends here. In a sign-in: [`proven`] with one that the person has,
//! [`enrolled_at_sign_in`] with one just set up, [`failed`] with a wrong answer. Of a signed-in
//! person: [`enrolled`] after the row of a factor was written, [`removed`] after one was deleted.

use frontegg_model::enums::EmailTemplateType;

use super::{
    devices,
    pending::{self, Pending},
    recovery,
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        identifiers::emails,
        messages::outbox,
        revocation::{self, Change},
        sessions::SecondFactor,
    },
    store::{Read, Write, entity::user},
};

/// Whether the browser of a sign-in is to skip the second factor from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RememberDevice {
    Yes,
    No,
}

/// A sign-in whose second factor was proven, for it to go on.
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) pending: Pending,
    pub(crate) second: SecondFactor,
    /// To be shown with the answer, where the factor was the person's first.
    pub(crate) recovery_code: Option<String>,
    pub(crate) remember: RememberDevice,
}

/// What a sign-in goes on with whose second factor was proven.
pub(super) fn proven(pending: Pending, second: SecondFactor, remember: RememberDevice) -> Proven {
    Proven { pending, second, recovery_code: None, remember }
}

/// What a sign-in goes on with in which a second factor was set up; its row is there.
pub(super) async fn enrolled_at_sign_in(
    tx: &Write,
    pending: Pending,
    second: SecondFactor,
    remember: RememberDevice,
) -> DomainResult<Proven> {
    let recovery_code = enrolled(tx, &pending.user).await?;
    Ok(Proven { pending, second, recovery_code, remember })
}

/// Counts a wrong answer in a sign-in; what to refuse it with, after the commit.
pub(crate) async fn failed<T>(tx: &Write, pending: &Pending) -> DomainResult<Tried<T>> {
    tx.trail().person(&pending.user.id);
    pending::failed(tx, pending).await?;
    Ok(Tried::Refused(DomainError::unauthorized(super::BAD_CODE)))
}

/// Refuses, with 403, to set up a factor in a sign-in of somebody who has one: else whoever knows the
/// password would do without it.
pub(crate) async fn require_enrolling(tx: &Read, pending: &Pending) -> DomainResult<()> {
    if pending.enrolling && devices::offered(tx, &pending.user, pending.first).await?.is_empty() {
        return Ok(());
    }
    Err(DomainError::forbidden("User already has a second factor"))
}

/// What follows when a factor has been added: with the first one comes a recovery code.
pub(crate) async fn enrolled(tx: &Write, user: &user::Model) -> DomainResult<Option<String>> {
    let is_first = devices::of_user(tx, &user.id).await?.count() == 1;
    let kind = if is_first { EmailTemplateType::MfaEnroll } else { EmailTemplateType::NewMfaMethod };
    tell(tx, user, kind).await?;
    if is_first { recovery::issue(tx, &user.id).await.map(Some) } else { Ok(None) }
}

/// What follows when a passkey has been added: whoever it belongs to is told, as a stolen session could do it too.
pub(super) async fn passkey_added(tx: &Write, user: &user::Model) -> DomainResult<()> {
    tell(tx, user, EmailTemplateType::NewMfaMethod).await
}

/// What follows when a factor has been removed: with the last one goes what belonged to them.
pub(crate) async fn removed(tx: &Write, user: &user::Model) -> DomainResult<()> {
    if devices::of_user(tx, &user.id).await?.is_enrolled() {
        return tell(tx, user, EmailTemplateType::RemoveMfaMethod).await;
    }
    recovery::void(tx, &user.id).await?;
    revocation::void(tx, &user.id, Change::SecondFactors).await?;
    tell(tx, user, EmailTemplateType::MfaUnenroll).await
}

/// Takes all factors from a person; nothing happens where there are none.
pub(crate) async fn unenroll(tx: &Write, user: &user::Model) -> DomainResult<()> {
    let had_any = devices::of_user(tx, &user.id).await?.is_enrolled();
    devices::delete_all(tx, &user.id).await?;
    if had_any {
        return removed(tx, user).await;
    }
    recovery::void(tx, &user.id).await?;
    revocation::void(tx, &user.id, Change::SecondFactors).await
}

/// What follows when a person has recovered by their code.
pub(super) async fn recovered(tx: &Write, user: &user::Model) -> DomainResult<()> {
    revocation::void(tx, &user.id, Change::SecondFactors).await?;
    tell(tx, user, EmailTemplateType::MfaRecoveryCode).await
}

/// Mails the person, where they have an address.
async fn tell(tx: &Write, user: &user::Model, kind: EmailTemplateType) -> DomainResult<()> {
    if let Some(email) = emails::primary_of(tx, std::slice::from_ref(&user.id)).await?.remove(&user.id) {
        outbox::mail(kind, &email.email).user(user).send(tx).await?;
    }
    Ok(())
}
