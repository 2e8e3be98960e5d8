//! Usernames: one per person, kept in lower case, each held by one person only.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, ModelTrait, QueryFilter};

use crate::{
    domain::{DomainError, DomainResult},
    store::{Fetch, Read, Write, entity::username},
};

/// What two spellings of one name have in common.
pub(crate) fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Refuses what a person may not choose as their name.
pub(crate) fn check(name: &str) -> DomainResult<()> {
    check_characters(name, "^$.!-#+'~_", 128)
}

/// Refuses what the bodies that create people do not take: fewer characters, but more of them.
pub(crate) fn check_at_creation(name: &str) -> DomainResult<()> {
    check_characters(name, "._-", 255)
}

fn check_characters(name: &str, signs: &str, longest: usize) -> DomainResult<()> {
    if name.is_empty() || name.len() > longest {
        let message = format!("username must have between 1 and {longest} characters");
        return Err(DomainError::bad_request(message));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || signs.contains(c)) {
        let message = format!("username must contain only letters, digits and the characters {signs}");
        return Err(DomainError::bad_request(message));
    }
    Ok(())
}

/// Who holds a username, in whatever case it is written.
pub(crate) async fn find(tx: &Read, name: &str) -> DomainResult<Option<username::Model>> {
    Ok(username::Entity::find_by_id(key(name)).fetch_one(tx).await?)
}

/// The username of a person.
pub(crate) async fn of_user(tx: &Read, user_id: &str) -> DomainResult<Option<username::Model>> {
    Ok(username::Entity::find().filter(username::Column::UserId.eq(user_id)).fetch_one(tx).await?)
}

/// Refuses a username that somebody holds.
pub(crate) async fn require_free(tx: &Read, name: &str) -> DomainResult<()> {
    match find(tx, name).await? {
        Some(_) => Err(DomainError::conflict("Username already exists")),
        None => Ok(()),
    }
}

/// Gives a person their username. Which characters it may have, the caller checks.
pub(crate) async fn add(tx: &Write, user_id: &str, name: &str) -> DomainResult<()> {
    require_free(tx, name).await?;
    if of_user(tx, user_id).await?.is_some() {
        return Err(DomainError::conflict("User already has a username"));
    }
    let row = username::ActiveModel {
        username: Set(key(name)),
        user_id: Set(user_id.to_owned()),
        created_at: Set(tx.stamp()),
    };
    row.insert(tx).await?;
    Ok(())
}

/// Releases a username, unless its owner could not be named any more.
pub(crate) async fn remove(tx: &Write, row: username::Model) -> DomainResult<()> {
    let has_email = !super::emails::of_user(tx, &row.user_id).await?.is_empty();
    let has_number = !super::phones::of_user(tx, &row.user_id).await?.is_empty();
    if !has_email && !has_number {
        return Err(DomainError::bad_request("The only identifier of a user cannot be deleted"));
    }
    row.delete(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, check_at_creation};

    #[test]
    fn the_two_ways_take_different_names() {
        let long = "a".repeat(129);
        for (name, own, created) in [
            ("Ada.Lovelace_1815-x", true, true),
            ("a^$.!-#+'~_", true, false),
            (long.as_str(), false, true),
            ("", false, false),
            ("ada lovelace", false, false),
            ("ada@acme.test", false, false),
            ("адa", false, false),
        ] {
            assert_eq!(check(name).is_ok(), own, "{name}");
            assert_eq!(check_at_creation(name).is_ok(), created, "{name}");
        }
    }
}
