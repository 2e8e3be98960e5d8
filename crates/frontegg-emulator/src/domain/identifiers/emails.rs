//! Email addresses: several per person, one of them primary. Anybody may claim an address beside their
//! own, but a claim that is not proven finds nobody and blocks nobody: an address is held by whoever has
//! proven it, else by the account that was made for it and waits for its owner.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter,
    QueryOrder,
};

use super::Proof;
use crate::{
    domain::{
        DomainError, DomainResult,
        revocation::{self, Change},
    },
    store::{
        Fetch, Read, Write,
        entity::{user, user_email},
        query,
    },
    text,
};

/// The longest address that a mail server has to take, and the longest part of it before the `@`, in
/// bytes (RFC 5321).
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// What all spellings of one address have in common; see [`text::address_key`].
pub(crate) fn key(address: &str) -> String {
    text::address_key(address)
}

/// Refuses what cannot be an address, by the rule of class-validator's `isEmail` without quoted names.
/// Whether anybody reads it only a mail can tell.
pub(crate) fn check(address: &str) -> DomainResult<()> {
    if is_address(address) { Ok(()) } else { Err(DomainError::bad_request("email must be an email")) }
}

fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let local = text::composed(local);
    address.len() <= LONGEST
        && local.len() <= LONGEST_LOCAL
        && !text::has_invisible(address)
        && local.split('.').all(|part| !part.is_empty() && part.chars().all(is_of_local_part))
        && text::ascii_domain(domain).is_some_and(|domain| is_of_a_top_level(&domain))
}

/// Letters, digits and signs of ASCII but for those with a meaning in mails, and the letters beyond it
/// of the first plane.
fn is_of_local_part(character: char) -> bool {
    match character {
        '!'..='~' => !"()<>[]:;,\\\"@".contains(character),
        '\u{a1}'..='\u{d7ff}' | '\u{f900}'..='\u{ffef}' => !character.is_whitespace(),
        _ => false,
    }
}

/// Whether a domain hangs below a top-level one, which addresses of the network and names of single
/// machines do not.
fn is_of_a_top_level(domain: &str) -> bool {
    let Some((_, top)) = domain.rsplit_once('.') else { return false };
    let is_word = top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word || top.starts_with("xn--")
}

/// The rows that say whose an address is: those of whoever has proven it, and of the account that was
/// made for it.
pub(crate) fn counts() -> Condition {
    Condition::any().add(user_email::Column::Verified.eq(true)).add(user_email::Column::IsPrimary.eq(true))
}

/// The record of an address, however it is spelled, of whoever holds it.
pub(crate) async fn find(tx: &Read, address: &str) -> DomainResult<Option<user_email::Model>> {
    let held = user_email::Entity::find().filter(user_email::Column::AddressKey.eq(key(address))).filter(counts());
    Ok(held.order_by_desc(user_email::Column::Verified).fetch_one(tx).await?)
}

/// Records of addresses that begin so, as they are shown or as DNS has their domain.
pub(crate) fn begins(text: &str) -> Condition {
    Condition::any()
        .add(query::starts_with(user_email::Column::EmailFolded, text))
        .add(query::begins(user_email::Column::AddressKey, &text.to_ascii_lowercase()))
}

/// All addresses of a person, the primary one first.
pub(crate) async fn of_user(tx: &Read, user_id: &str) -> DomainResult<Vec<user_email::Model>> {
    Ok(user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .order_by_desc(user_email::Column::IsPrimary)
        .order_by_asc(user_email::Column::CreatedAt)
        .order_by_asc(user_email::Column::Id)
        .fetch_all(tx)
        .await?)
}

/// The primary address of each of these people who has one.
pub(crate) async fn primary_of(tx: &Read, user_ids: &[String]) -> DomainResult<BTreeMap<String, user_email::Model>> {
    let rows = user_email::Entity::find()
        .filter(user_email::Column::UserId.is_in(user_ids))
        .filter(user_email::Column::IsPrimary.eq(true))
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.user_id.clone(), row)).collect())
}

/// Refuses an address that somebody holds.
pub(crate) async fn require_free(tx: &Read, address: &str) -> DomainResult<()> {
    match find(tx, address).await? {
        Some(_) => Err(taken()),
        None => Ok(()),
    }
}

/// Gives somebody who was just made their first address, which nobody [holds](require_free).
pub(crate) async fn add_first(
    tx: &Write,
    user_id: &str,
    address: &str,
    proof: Proof,
) -> DomainResult<user_email::Model> {
    insert(tx, user_id, address, proof, AddressRank::Primary).await
}

/// Gives a person a further address; their first one becomes the primary one.
pub(crate) async fn add(tx: &Write, user_id: &str, address: &str, proof: Proof) -> DomainResult<user_email::Model> {
    check(address)?;
    let held = of_user(tx, user_id).await?;
    let (first, key) = (held.is_empty(), key(address));
    if held.iter().any(|row| row.address_key == key) {
        return Err(taken());
    }
    match find(tx, address).await? {
        // A mere claim keeps clear of those who have proven the address only.
        Some(holder) if holder.verified || first || proof.is_proven() => return Err(taken()),
        _ => {}
    }
    let rank = if first { AddressRank::Primary } else { AddressRank::Further };
    let row = insert(tx, user_id, address, proof, rank).await?;
    if first && proof.is_proven() {
        prove(tx, user_id).await?;
    }
    Ok(row)
}

/// Takes an address other than the primary one away.
pub(crate) async fn remove(tx: &Write, user_id: &str, email_id: &str) -> DomainResult<()> {
    let row = user_email::Entity::find_by_id(email_id)
        .filter(user_email::Column::UserId.eq(user_id))
        .fetch_one(tx)
        .await?
        .ok_or_else(unknown)?;
    if row.is_primary {
        return Err(DomainError::bad_request("The primary email cannot be deleted"));
    }
    row.delete(tx).await?;
    Ok(())
}

/// Makes a verified address of the person their primary one; the former stays beside it.
pub(crate) async fn make_primary(tx: &Write, user_id: &str, address: &str) -> DomainResult<()> {
    let held = of_user(tx, user_id).await?;
    let key = key(address);
    let row = held.iter().find(|row| row.address_key == key).ok_or_else(unknown)?;
    if !row.verified {
        return Err(DomainError::bad_request("Email is not verified"));
    }
    if row.is_primary {
        return Ok(());
    }
    // One primary address at any time: the former steps down first.
    for former in held.iter().filter(|row| row.is_primary) {
        rank(tx, former.clone(), AddressRank::Further).await?;
    }
    rank(tx, row.clone(), AddressRank::Primary).await?;
    revocation::void(tx, user_id, Change::PrimaryEmail).await?;
    prove(tx, user_id).await
}

/// Puts an address in the place of the primary one, which is dropped. The new one counts as
/// verified if it is proven.
pub(crate) async fn replace_primary(tx: &Write, user_id: &str, address: &str, proof: Proof) -> DomainResult<()> {
    check(address)?;
    let key = key(address);
    if find(tx, address).await?.is_some_and(|row| row.user_id != user_id) {
        return Err(taken());
    }
    let held = of_user(tx, user_id).await?;
    for row in held.into_iter().filter(|row| row.is_primary || row.address_key == key) {
        row.delete(tx).await?;
    }
    insert(tx, user_id, address, proof, AddressRank::Primary).await?;
    revocation::void(tx, user_id, Change::PrimaryEmail).await
}

/// Declares an address of a person proven: it is theirs from then on, whoever else has claimed it.
pub(crate) async fn verify(tx: &Write, row: user_email::Model) -> DomainResult<()> {
    drop_claims(tx, &row.user_id, &row.address_key).await?;
    if row.is_primary {
        prove(tx, &row.user_id).await?;
    }
    let mut row = row.into_active_model();
    row.verified.set_ne(true);
    row.updated_at = Set(tx.now());
    row.update(tx).await?;
    Ok(())
}

/// The address that mails to a person go to.
pub(crate) async fn primary(tx: &Read, user_id: &str) -> DomainResult<Option<user_email::Model>> {
    let row = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::IsPrimary.eq(true));
    Ok(row.fetch_one(tx).await?)
}

/// The record of an address that the person has or claims, or 404.
pub(crate) async fn require_own(tx: &Read, user_id: &str, address: &str) -> DomainResult<user_email::Model> {
    let own = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::AddressKey.eq(key(address)));
    own.fetch_one(tx).await?.ok_or_else(unknown)
}

/// Refuses an address that somebody else has proven, or that is the person's primary one already.
pub(crate) async fn require_free_for(tx: &Read, user_id: &str, address: &str) -> DomainResult<()> {
    check(address)?;
    match find(tx, address).await? {
        Some(row) if row.user_id == user_id && row.is_primary || row.user_id != user_id && row.verified => Err(taken()),
        _ => Ok(()),
    }
}

/// Declares the primary address proven.
pub(crate) async fn verify_primary(tx: &Write, user_id: &str) -> DomainResult<()> {
    if let Some(row) = primary(tx, user_id).await?.filter(|row| !row.verified) {
        drop_claims(tx, user_id, &row.address_key).await?;
    }
    user_email::Entity::update_many()
        .col_expr(user_email::Column::Verified, true.into())
        .col_expr(user_email::Column::UpdatedAt, query::touched(user_email::Column::CreatedAt, tx))
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .filter(user_email::Column::Verified.eq(false))
        .exec(tx)
        .await?;
    Ok(())
}

/// Which of a person's addresses it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AddressRank {
    Primary,
    Further,
}

async fn insert(
    tx: &Write,
    user_id: &str,
    address: &str,
    proof: Proof,
    rank: AddressRank,
) -> DomainResult<user_email::Model> {
    let key = key(address);
    if proof.is_proven() {
        drop_claims(tx, user_id, &key).await?;
    }
    let created_at = tx.stamp();
    let row = user_email::ActiveModel {
        id: Set(tx.row_id::<user_email::Entity>(&[user_id, &key]).await?),
        user_id: Set(user_id.to_owned()),
        email: Set(address.to_owned()),
        verified: Set(proof.is_proven()),
        is_primary: Set(rank == AddressRank::Primary),
        created_at: Set(created_at),
        updated_at: Set(created_at),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// Drops what others have claimed of an address that somebody has proven.
async fn drop_claims(tx: &Write, user_id: &str, address_key: &str) -> DomainResult<()> {
    user_email::Entity::delete_many()
        .filter(user_email::Column::AddressKey.eq(address_key))
        .filter(user_email::Column::UserId.ne(user_id))
        .filter(user_email::Column::Verified.eq(false))
        .exec(tx)
        .await?;
    Ok(())
}

async fn rank(tx: &Write, row: user_email::Model, rank: AddressRank) -> DomainResult<()> {
    let mut row = row.into_active_model();
    row.is_primary = Set(rank == AddressRank::Primary);
    row.updated_at = Set(tx.now());
    row.update(tx).await?;
    Ok(())
}

/// A person whose primary address is proven is verified.
async fn prove(tx: &Write, user_id: &str) -> DomainResult<()> {
    user::Entity::update_many()
        .col_expr(user::Column::Verified, true.into())
        .filter(user::Column::Id.eq(user_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Said of an address that somebody holds.
pub(crate) fn taken() -> DomainError {
    DomainError::conflict("Email already exists")
}

fn unknown() -> DomainError {
    DomainError::not_found("Email not found")
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn addresses_are_told_from_other_text() {
        let longest = format!("{}@acme.test", "a".repeat(64));
        for good in [
            "ada@acme.test",
            "ada+tag.x@sub.acme.test",
            "ünï@exämple.test",
            "u\u{308}n@exa\u{308}mple.test",
            "o'neil@x.test",
            "!#$%&'*+-/=?^_`{|}~@x.test",
            "ada@xn--mnchen-3ya.example",
            "ada@example.рф",
            "ada@a--b.example",
            &longest,
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = format!("ada@{}.test", "a.".repeat(125));
        let longer = format!("a{longest}");
        for bad in [
            "",
            "ada",
            "@acme.test",
            "ada@",
            "a b@x.test",
            "a@b@c.test",
            "a@x..test",
            ".a@x.test",
            "a.@x.test",
            "a@x.test\r\nBcc: b@x.test",
            "<a@x.test>",
            "\"a b\"@x.test",
            "ada@gmail",
            "ada@localhost",
            "ada@127.0.0.1",
            "ada@[127.0.0.1]",
            "ada@[::1]",
            "ada@example.123",
            "ada@example.c0m",
            "ada@example.c",
            "ada@-example.com",
            "ada@example-.com",
            "ada@exa_mple.com",
            "ada@example.com.",
            "ada@.example.com",
            "a\u{200b}da@x.test",
            "ada\u{202e}@x.test",
            "ada@x\u{ad}x.test",
            "a\u{2060}@x.test",
            "\u{feff}ada@x.test",
            "a\u{2028}b@x.test",
            "a\u{a0}b@x.test",
            "\u{1f600}@x.test",
            &long,
            &longer,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
