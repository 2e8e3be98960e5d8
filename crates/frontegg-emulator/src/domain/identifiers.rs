//! What people are known by: emails, a username, phone numbers. Each belongs to one person in the
//! whole environment.

pub(crate) mod emails;
pub(crate) mod lists;
pub(crate) mod phones;
pub(crate) mod usernames;

use sea_orm::EntityTrait;

use super::DomainResult;
use crate::store::{Fetch, Read, entity::user};

/// By what somebody says who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identifier<'a> {
    Email(&'a str),
    PhoneNumber(&'a str),
    UserId(&'a str),
    Username(&'a str),
}

impl<'a> Identifier<'a> {
    /// What all spellings of it have in common.
    pub(crate) fn key(self) -> String {
        match self {
            Self::Email(address) => emails::key(address),
            Self::Username(name) => usernames::key(name),
            Self::PhoneNumber(text) | Self::UserId(text) => text.to_owned(),
        }
    }

    /// The address, where it is one.
    pub(crate) fn email(self) -> Option<&'a str> {
        match self {
            Self::Email(address) => Some(address),
            Self::PhoneNumber(_) | Self::UserId(_) | Self::Username(_) => None,
        }
    }

    /// The id of the person who has it.
    pub(crate) async fn user_id(self, tx: &Read) -> DomainResult<Option<String>> {
        Ok(match self {
            Self::Email(address) => emails::find(tx, address).await?.map(|row| row.user_id),
            Self::PhoneNumber(number) => phones::find(tx, number).await?.map(|row| row.user_id),
            Self::UserId(id) => Some(id.to_owned()),
            Self::Username(name) => usernames::find(tx, name).await?.map(|row| row.user_id),
        })
    }

    /// The person who has it. Nobody takes as long to look for as somebody.
    pub(crate) async fn user(self, tx: &Read) -> DomainResult<Option<user::Model>> {
        let id = self.user_id(tx).await?.unwrap_or_default();
        Ok(user::Entity::find_by_id(id).fetch_one(tx).await?)
    }
}

/// Whether it was shown that an address or number is the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Proven,
    Unproven,
}

impl Proof {
    pub(crate) fn is_proven(self) -> bool {
        self == Self::Proven
    }
}

/// As an administrator or the store says it.
impl From<bool> for Proof {
    fn from(verified: bool) -> Self {
        if verified { Self::Proven } else { Self::Unproven }
    }
}
