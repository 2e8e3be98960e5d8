//! Phone numbers in international form: several per person. Anybody may claim a number, but only one
//! person has proven it.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, SimpleExpr},
};

use super::Proof;
use crate::{
    domain::{
        DomainError, DomainResult,
        revocation::{self, Change},
    },
    store::{
        Fetch, Read, Write,
        entity::{phone_number, user},
    },
};

/// Numbers that people see are hidden but for so many digits.
const SHOWN: usize = 2;

/// A number for display: so long, whatever its length.
pub(crate) fn masked(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let end: String = digits[digits.len().saturating_sub(SHOWN)..].iter().collect();
    format!("********{end}")
}

/// Refuses what is not a plus and 7 to 15 digits (E.164).
pub(crate) fn check(number: &str) -> DomainResult<()> {
    let digits = number.strip_prefix('+').unwrap_or_default();
    let fits = (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    if fits {
        Ok(())
    } else {
        let message = "phoneNumber must be in international form, a plus and 7 to 15 digits";
        Err(DomainError::bad_request(message))
    }
}

/// The rows that say whose a number is.
pub(crate) fn counts() -> SimpleExpr {
    phone_number::Column::Verified.eq(true)
}

/// The record of whoever has proven a number.
pub(crate) async fn find(tx: &Read, number: &str) -> DomainResult<Option<phone_number::Model>> {
    Ok(phone_number::Entity::find()
        .filter(phone_number::Column::PhoneNumber.eq(number))
        .filter(counts())
        .fetch_one(tx)
        .await?)
}

/// A person's record of a number, proven or not.
async fn own(tx: &Read, user_id: &str, number: &str) -> DomainResult<Option<phone_number::Model>> {
    Ok(phone_number::Entity::find()
        .filter(phone_number::Column::UserId.eq(user_id))
        .filter(phone_number::Column::PhoneNumber.eq(number))
        .fetch_one(tx)
        .await?)
}

/// A person's record with that id, or 404.
pub(crate) async fn require_own(tx: &Read, user_id: &str, phone_id: &str) -> DomainResult<phone_number::Model> {
    phone_number::Entity::find_by_id(phone_id)
        .filter(phone_number::Column::UserId.eq(user_id))
        .fetch_one(tx)
        .await?
        .ok_or_else(|| DomainError::not_found("Phone number not found"))
}

/// All numbers of a person, the oldest first.
pub(crate) async fn of_user(tx: &Read, user_id: &str) -> DomainResult<Vec<phone_number::Model>> {
    Ok(phone_number::Entity::find()
        .filter(phone_number::Column::UserId.eq(user_id))
        .order_by_asc(phone_number::Column::CreatedAt)
        .order_by_asc(phone_number::Column::Id)
        .fetch_all(tx)
        .await?)
}

/// Refuses a number that somebody has proven.
pub(crate) async fn require_free(tx: &Read, number: &str) -> DomainResult<()> {
    match find(tx, number).await? {
        Some(_) => Err(taken()),
        None => Ok(()),
    }
}

/// Refuses a number that somebody else has proven.
pub(crate) async fn require_free_for(tx: &Read, user_id: &str, number: &str) -> DomainResult<()> {
    match find(tx, number).await? {
        Some(row) if row.user_id != user_id => Err(taken()),
        _ => Ok(()),
    }
}

/// Gives a person a number, or declares one they hold verified.
pub(crate) async fn add(tx: &Write, user_id: &str, number: &str, proof: Proof) -> DomainResult<phone_number::Model> {
    check(number)?;
    require_free_for(tx, user_id, number).await?;
    if let Some(row) = own(tx, user_id, number).await? {
        if row.verified || !proof.is_proven() {
            return Ok(row);
        }
        let mut row = row.into_active_model();
        row.verified = Set(true);
        row.updated_at = Set(tx.now());
        return Ok(row.update(tx).await?);
    }
    let created_at = tx.stamp();
    let row = phone_number::ActiveModel {
        id: Set(tx.row_id::<phone_number::Entity>(&[user_id, number]).await?),
        user_id: Set(user_id.to_owned()),
        phone_number: Set(number.to_owned()),
        verified: Set(proof.is_proven()),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    Ok(row.insert(tx).await?)
}

/// Declares a number proven by a person, who gets it if they have it not. Says when that was, even if
/// it was proven before.
pub(crate) async fn prove(tx: &Write, user_id: &str, number: &str) -> DomainResult<()> {
    let mut row = add(tx, user_id, number, Proof::Proven).await?.into_active_model();
    row.updated_at = Set(tx.now());
    row.update(tx).await?;
    Ok(())
}

/// Takes a number away, from the profile too when it shows this one.
pub(crate) async fn remove(tx: &Write, user_id: &str, phone_id: &str) -> DomainResult<()> {
    let row = require_own(tx, user_id, phone_id).await?;
    user::Entity::update_many()
        .col_expr(user::Column::PhoneNumber, Expr::value(None::<String>))
        .filter(user::Column::Id.eq(user_id))
        .filter(user::Column::PhoneNumber.eq(row.phone_number.as_str()))
        .exec(tx)
        .await?;
    revocation::void(tx, user_id, Change::PhoneNumber).await?;
    row.delete(tx).await?;
    Ok(())
}

fn taken() -> DomainError {
    DomainError::conflict("Phone number already exists")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        domain::users::{self, NewUser},
        store::{Store, StoreTarget},
    };

    #[tokio::test]
    async fn a_number_that_goes_leaves_the_profile() {
        let store = Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.expect("a store");
        let tx = store.begin_write().await;
        let new = NewUser { username: Some("ada".to_owned()), ..NewUser::default() };
        let user = users::create(&tx, new).await.expect("a user");
        let (first, second) = ("+4915112345678", "+4915112345679");
        for number in [first, second] {
            users::add_phone_number(&tx, &user.id, number).await.expect("a number");
        }
        let shown = async || users::require(&tx, &user.id).await.expect("a user").phone_number;
        assert_eq!(shown().await.as_deref(), Some(first));
        let held = of_user(&tx, &user.id).await.expect("numbers");
        assert!(held.iter().all(|row| row.verified));
        remove(&tx, &user.id, &held[1].id).await.expect("a removal");
        assert_eq!(shown().await.as_deref(), Some(first));
        remove(&tx, &user.id, &held[0].id).await.expect("a removal");
        assert_eq!(shown().await, None);
        assert!(remove(&tx, &user.id, &held[0].id).await.is_err());
        assert!(require_free(&tx, first).await.is_ok());
    }

    #[test]
    fn numbers_are_international() {
        for good in ["+4915112345678", "+12025550123", "+2901234"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "+", "12025550123", "+0202555012", "+1 202 555 0123", "+1202555012345678", "+12025"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
