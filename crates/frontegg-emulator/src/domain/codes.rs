//! What is valid once: the token of a link, the code of a message with its handle.
//!
//! Only fingerprints are stored. A code is fingerprinted together with its handle, so that the
//! store does not give it away, except where the code has to be found without one. Codes die after
//! [`TRIES`] wrong guesses, everything dies by time, and a new one voids the old.
//!
//! What counts a wrong try gives [`Tried`], so that the count is kept where it is refused.

pub(crate) mod bare;
pub(crate) mod dummy_work;

use std::time::Duration;

use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::SimpleExpr,
};

use super::{DomainResult, Tried};
use crate::{
    ids,
    store::{
        Fetch, Read, Write,
        entity::{Purpose, one_time_token},
    },
    text,
};

/// Wrong guesses that a code survives are one fewer.
pub(crate) const TRIES: i32 = 5;

/// How long codes and their handles live where no setting says otherwise.
pub(crate) const LIFETIME: Duration = Duration::from_mins(5);

/// For whom and what something is issued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) user_id: &'a str,
    /// The membership that is meant, where a person may have one for each.
    pub(crate) membership_id: Option<&'a str>,
    /// What it is about: an address, a number, the id of a device.
    pub(crate) target: Option<&'a str>,
    /// What only the browser knows that it is valid in.
    pub(crate) device: Option<&'a str>,
    /// How long it is valid.
    pub(crate) lifetime: Duration,
}

/// A handle with its code, in clear: to be sent or shown, never stored.
pub(crate) struct Handle {
    pub(crate) token: String,
    pub(crate) code: String,
}

/// Why something that was presented is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidCode {
    /// There is no such thing, or it was replaced, or it is somebody else's.
    Unknown,
    /// It has expired.
    Expired,
    /// It has been used.
    Spent,
    /// The code is wrong.
    Wrong,
    /// Too many wrong codes came before.
    Exhausted,
}

/// What is stored of something issued, or why it is invalid.
pub(crate) type Checked = Result<one_time_token::Model, InvalidCode>;

/// The same where a wrong try is counted.
pub(crate) type Counted = Tried<one_time_token::Model, InvalidCode>;

/// A code as it is typed, with the handle that it was sent under.
#[derive(Clone, Copy)]
pub(crate) struct TypedCode<'a> {
    pub(crate) handle: &'a str,
    pub(crate) code: &'a str,
}

/// A person's code about something, known by that instead of a handle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) target: &'a str,
}

/// What is presented: a token of a kind, by somebody, for something. What is absent does not matter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presented<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) token: &'a str,
    pub(crate) user_id: Option<&'a str>,
    pub(crate) target: Option<&'a str>,
    pub(crate) devices: Option<&'a [&'a str]>,
}

impl<'a> Grant<'a> {
    /// For a person, valid for [`LIFETIME`].
    pub(crate) fn new(purpose: Purpose, user_id: &'a str) -> Self {
        Self { purpose, user_id, membership_id: None, target: None, device: None, lifetime: LIFETIME }
    }

    /// The same for one of their memberships.
    pub(crate) fn membership(self, id: impl Into<Option<&'a str>>) -> Self {
        Self { membership_id: id.into(), ..self }
    }

    /// The same about something.
    pub(crate) fn target(self, target: &'a str) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The same, valid only in the browser that knows that secret.
    pub(crate) fn device(self, device: Option<&'a str>) -> Self {
        Self { device, ..self }
    }

    /// The same for another time.
    pub(crate) fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// Issues a token, for a link or as a handle without a code. It voids those that the person has
    /// for the same purpose (and membership).
    pub(crate) async fn token(self, tx: &Write) -> DomainResult<String> {
        self.void_others(tx, Condition::all()).await?;
        let token = ids::new_secret();
        self.insert(tx, &token, None).await?;
        Ok(token)
    }

    /// Issues a code with its handle. They void those that the person has for the same purpose (and
    /// membership).
    pub(crate) async fn code(self, tx: &Write) -> DomainResult<Handle> {
        self.void_others(tx, Condition::all()).await?;
        self.handle(tx).await
    }

    /// Issues a code with its handle beside those that the person has about other things, as for
    /// several phone numbers.
    pub(crate) async fn code_per_target(self, tx: &Write) -> DomainResult<Handle> {
        self.void_same(tx).await?;
        self.handle(tx).await
    }

    /// Issues a code that is presented without a handle: no two that are valid at once are equal.
    pub(crate) async fn bare_code(self, tx: &Write) -> DomainResult<String> {
        self.void_others(tx, Condition::all()).await?;
        loop {
            let code = ids::new_code();
            let print = bare_fingerprint(self.purpose, &code);
            if !Self::is_pending(tx, self.purpose, &print).await? {
                self.insert(tx, &ids::new_secret(), Some(print)).await?;
                return Ok(code);
            }
        }
    }

    /// Issues a code that its holder presents by saying who they are and what it is about, in place
    /// of earlier ones about the same: [`spend_own`].
    pub(crate) async fn own_code(self, tx: &Write) -> DomainResult<String> {
        self.void_same(tx).await?;
        let code = ids::new_code();
        // The token, which nobody gets, is salt for the code.
        let token = ids::new_secret();
        self.insert(tx, &token, Some(code_fingerprint(&ids::fingerprint(&token), &code))).await?;
        Ok(code)
    }

    async fn is_pending(tx: &Read, purpose: Purpose, code_fingerprint: &str) -> DomainResult<bool> {
        let row = pending(tx, purpose).filter(one_time_token::Column::CodeFingerprint.eq(code_fingerprint));
        Ok(row.fetch_one(tx).await?.is_some())
    }

    async fn handle(self, tx: &Write) -> DomainResult<Handle> {
        let (token, code) = (ids::new_secret(), ids::new_code());
        self.insert(tx, &token, Some(code_fingerprint(&token, &code))).await?;
        Ok(Handle { token, code })
    }

    /// Voids those about the same. Dead ones go too, or somebody could fill the store.
    async fn void_same(&self, tx: &Write) -> DomainResult<()> {
        let same = match self.target {
            Some(target) => one_time_token::Column::Target.eq(target),
            None => one_time_token::Column::Target.is_null(),
        };
        let dead = one_time_token::Column::ExpiresAt.lte(tx.now());
        self.void_others(tx, Condition::any().add(same).add(dead)).await
    }

    async fn void_others(&self, tx: &Write, which: Condition) -> DomainResult<()> {
        let membership = match self.membership_id {
            Some(id) => one_time_token::Column::MembershipId.eq(id),
            None => one_time_token::Column::MembershipId.is_null(),
        };
        one_time_token::Entity::delete_many()
            .filter(of(self.purpose, self.user_id))
            .filter(membership)
            .filter(which)
            .exec(tx)
            .await?;
        Ok(())
    }

    async fn insert(&self, tx: &Write, token: &str, code_fingerprint: Option<String>) -> DomainResult<()> {
        let keys =
            [&*self.purpose.to_value(), self.user_id, self.membership_id.unwrap_or(""), self.target.unwrap_or("")];
        let id = tx.row_id::<one_time_token::Entity>(&keys).await?;
        let code_fingerprint = Set(code_fingerprint);
        let row = one_time_token::ActiveModel { id: Set(id), code_fingerprint, ..self.row(tx, token) };
        one_time_token::Entity::insert(row).exec_without_returning(tx).await?;
        Ok(())
    }

    /// What is stored of a token without a code.
    pub(crate) fn row(&self, tx: &Write, token: &str) -> one_time_token::ActiveModel {
        one_time_token::ActiveModel {
            id: Set(ids::new_id()),
            kind: Set(self.purpose),
            user_id: Set(self.user_id.to_owned()),
            membership_id: Set(self.membership_id.map(str::to_owned)),
            fingerprint: Set(ids::fingerprint(token)),
            code_fingerprint: Set(None),
            target: Set(self.target.map(str::to_owned)),
            attempts: Set(0),
            blind_attempts: Set(0),
            created_at: Set(tx.stamp()),
            expires_at: Set(tx.now().after(self.lifetime)),
            spent_at: Set(None),
            device: Set(self.device.map(ids::fingerprint)),
        }
    }
}

impl<'a> Presented<'a> {
    /// A token for a purpose, whoever presents it.
    pub(crate) fn new(purpose: Purpose, token: &'a str) -> Self {
        Self { purpose, token, user_id: None, target: None, devices: None }
    }

    /// The same, valid only if it was issued for that person.
    pub(crate) fn user(self, user_id: &'a str) -> Self {
        Self { user_id: Some(user_id), ..self }
    }

    /// The same, valid only if it was issued about that.
    pub(crate) fn target(self, target: &'a str) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The same, valid only if it was issued for the browser that knows one of these secrets.
    pub(crate) fn devices(self, devices: &'a [&'a str]) -> Self {
        Self { devices: Some(devices), ..self }
    }

    /// Looks whether the token is valid, and leaves it so.
    pub(crate) async fn look(self, tx: &Read) -> DomainResult<Checked> {
        let mut row = one_time_token::Entity::find()
            .filter(one_time_token::Column::Kind.eq(self.purpose))
            .filter(one_time_token::Column::Fingerprint.eq(ids::fingerprint(self.token)));
        if let Some(user_id) = self.user_id {
            row = row.filter(one_time_token::Column::UserId.eq(user_id));
        }
        if let Some(target) = self.target {
            row = row.filter(one_time_token::Column::Target.eq(target));
        }
        if let Some(devices) = self.devices {
            row = row.filter(of_browser(devices));
        }
        Ok(judged(tx, row.fetch_one(tx).await?))
    }

    /// Spends a token that is presented alone, as that of a link is. Where a code belongs to it the
    /// token alone is invalid.
    pub(crate) async fn spend(self, tx: &Write) -> DomainResult<Checked> {
        let row = match self.look(tx).await? {
            Ok(row) if row.code_fingerprint.is_none() => row,
            Ok(_) => return Ok(Err(InvalidCode::Wrong)),
            Err(invalid) => return Ok(Err(invalid)),
        };
        Ok(Ok(spend(tx, row).await?))
    }

    /// Spends a handle with its code; counts a wrong code.
    pub(crate) async fn spend_with(self, tx: &Write, code: &str) -> DomainResult<Counted> {
        match self.look(tx).await? {
            Ok(row) => compare(tx, row, &code_fingerprint(self.token, code)).await,
            Err(invalid) => Ok(Tried::Refused(invalid)),
        }
    }
}

/// Spends a code that a person presents who says what it is about; counts a wrong one.
pub(crate) async fn spend_own(tx: &Write, purpose: Purpose, own: Own<'_>, code: &str) -> DomainResult<Counted> {
    let row = one_time_token::Entity::find()
        .filter(of(purpose, own.user_id))
        .filter(one_time_token::Column::Target.eq(own.target));
    match judged(tx, row.fetch_one(tx).await?) {
        Ok(row) => {
            let print = code_fingerprint(&row.fingerprint, code);
            compare(tx, row, &print).await
        }
        Err(invalid) => Ok(Tried::Refused(invalid)),
    }
}

/// Whether something is still good.
fn judged(tx: &Read, row: Option<one_time_token::Model>) -> Checked {
    let row = row.ok_or(InvalidCode::Unknown)?;
    if row.spent_at.is_some() {
        Err(InvalidCode::Spent)
    } else if row.attempts >= TRIES {
        Err(InvalidCode::Exhausted)
    } else if row.expires_at <= tx.now() {
        Err(InvalidCode::Expired)
    } else {
        Ok(row)
    }
}

/// Spends something whose code has that fingerprint; counts a miss where it has another. They are
/// fingerprints of secrets that nobody can choose: comparing them tells nothing.
async fn compare(tx: &Write, row: one_time_token::Model, code_fingerprint: &str) -> DomainResult<Counted> {
    if row.code_fingerprint.as_deref() == Some(code_fingerprint) {
        return Ok(Tried::Done(spend(tx, row).await?));
    }
    tx.trail().person(&row.user_id);
    miss(tx, row).await?;
    Ok(Tried::Refused(InvalidCode::Wrong))
}

/// Marks something as used; it is never good again.
pub(crate) async fn spend(tx: &Write, row: one_time_token::Model) -> DomainResult<one_time_token::Model> {
    let mut row = row.into_active_model();
    row.spent_at = Set(Some(tx.now()));
    Ok(row.update(tx).await?)
}

/// Counts a wrong guess, for handles whose code is checked elsewhere; true when it was the last.
pub(crate) async fn miss(tx: &Write, row: one_time_token::Model) -> DomainResult<bool> {
    let attempts = row.attempts + 1;
    let mut row = row.into_active_model();
    row.attempts = Set(attempts);
    row.update(tx).await?;
    Ok(attempts >= TRIES)
}

/// Voids all that a person has for a purpose.
pub(crate) async fn void(tx: &Write, purpose: Purpose, user_id: &str) -> DomainResult<()> {
    one_time_token::Entity::delete_many().filter(of(purpose, user_id)).exec(tx).await?;
    Ok(())
}

fn of(purpose: Purpose, user_id: &str) -> Condition {
    Condition::all().add(one_time_token::Column::Kind.eq(purpose)).add(one_time_token::Column::UserId.eq(user_id))
}

/// Those issued for the browser that knows one of these secrets; none where it knows none.
fn of_browser(devices: &[&str]) -> SimpleExpr {
    one_time_token::Column::Device.is_in(devices.iter().map(|device| ids::fingerprint(device)))
}

fn pending(tx: &Read, purpose: Purpose) -> sea_orm::Select<one_time_token::Entity> {
    one_time_token::Entity::find().filter(is_pending(tx, purpose))
}

fn is_pending(tx: &Read, purpose: Purpose) -> Condition {
    Condition::all()
        .add(one_time_token::Column::Kind.eq(purpose))
        .add(one_time_token::Column::SpentAt.is_null())
        .add(one_time_token::Column::ExpiresAt.gt(tx.now()))
        .add(one_time_token::Column::Attempts.lt(TRIES))
}

/// What is kept of a code, however it is typed.
fn code_fingerprint(token: &str, code: &str) -> String {
    ids::fingerprint(&format!("{token}:{}", text::typed_code(code)))
}

fn bare_fingerprint(purpose: Purpose, code: &str) -> String {
    use sea_orm::ActiveEnum as _;
    ids::fingerprint(&format!("{}:{}", purpose.to_value(), text::typed_code(code)))
}

#[cfg(test)]
mod tests;
