//! Recovery codes: for the day on which a person has lost all second factors.
//!
//! A code has 120 random bits, so its fingerprint tells nothing. A spent one is still known: whoever
//! brings it learns that there is nothing left to recover, and nobody else does.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::{changes, devices};
use crate::{
    domain::{DomainError, DomainResult, Tried, codes::dummy_work, identifiers::emails},
    ids,
    store::{
        Fetch, Write,
        entity::{recovery_code, user},
    },
};

/// Letters and digits of a code: none that look alike.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// How many there are, and how many stand together.
const LENGTH: usize = 24;
const GROUP: usize = 6;

/// Gives the person a code in place of any earlier one. It can be shown only now.
pub(super) async fn issue(tx: &Write, user_id: &str) -> DomainResult<String> {
    let letters = ids::random::<LENGTH>().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
    let groups: Vec<String> = letters.chunks(GROUP).map(|group| group.iter().collect()).collect();
    let code = groups.join("-");
    let row = recovery_code::ActiveModel {
        user_id: Set(user_id.to_owned()),
        fingerprint: Set(fingerprint(&code)),
        created_at: Set(tx.now()),
        spent_at: Set(None),
    };
    let rest = [recovery_code::Column::Fingerprint, recovery_code::Column::CreatedAt, recovery_code::Column::SpentAt];
    recovery_code::Entity::insert(row)
        .on_conflict(OnConflict::column(recovery_code::Column::UserId).update_columns(rest).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(code)
}

/// Makes the person's code good for nothing.
pub(super) async fn void(tx: &Write, user_id: &str) -> DomainResult<()> {
    recovery_code::Entity::update_many()
        .col_expr(recovery_code::Column::SpentAt, Expr::value(tx.now()))
        .filter(recovery_code::Column::UserId.eq(user_id))
        .filter(recovery_code::Column::SpentAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes all second factors from the person with that address, for their code. 401 for a wrong code
/// and for nobody alike; 400 for a code that is spent.
pub(crate) async fn recover(tx: &Write, address: &str, code: &str) -> DomainResult<Tried<()>> {
    let user_id = emails::find(tx, address).await?.map(|row| row.user_id).unwrap_or_default();
    let user = user::Entity::find_by_id(user_id.as_str()).fetch_one(tx).await?;
    let row = recovery_code::Entity::find_by_id(user_id.as_str())
        .filter(recovery_code::Column::Fingerprint.eq(fingerprint(code)))
        .fetch_one(tx)
        .await?;
    let Some((user, row)) = user.zip(row) else {
        dummy_work::write(tx).await?;
        return Ok(Tried::Refused(DomainError::unauthorized("Email or recovery code is wrong")));
    };
    if row.spent_at.is_some() {
        return Ok(Tried::Refused(super::not_enrolled()));
    }
    let mut row = row.into_active_model();
    row.spent_at = Set(Some(tx.now()));
    row.update(tx).await?;
    devices::delete_all(tx, &user.id).await?;
    changes::recovered(tx, &user).await?;
    Ok(Tried::Done(()))
}

/// What is kept of a code, however it is written.
fn fingerprint(code: &str) -> String {
    let code: String = code.chars().filter(|character| character.is_alphanumeric()).collect();
    ids::fingerprint(&code.to_uppercase())
}
