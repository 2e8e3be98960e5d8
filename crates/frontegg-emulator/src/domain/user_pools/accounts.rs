//! What Auth0, Cognito, Firebase or custom code would answer at a sign-in: a table for each pool that a test fills, so
//! that people can be moved over without the provider.
//!
//! It stands in the store, since processes that share one must answer alike, and goes with its pool. Of passwords only
//! hashes are kept, made as those of people here, and they are compared as those are.

use std::collections::BTreeMap;

use frontegg_model::Secret;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::require;
use crate::{
    domain::{
        DomainError, DomainResult,
        identifiers::{emails, phones},
        passwords::{Passwords, check_size},
        settings, tenants,
    },
    store::{
        Fetch, Read, Store,
        entity::{UserPoolKind, password, user_pool, user_pool_account, user_pool_user},
        query,
    },
};

/// Most people of one pool: for each of them a password is hashed.
const MOST: usize = 1_000;

/// What the provider of a user pool answers when somebody signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UserPoolAnswer {
    /// Whether the password is right.
    #[default]
    Compared,
    /// That the password is wrong, whichever it is.
    WrongPassword,
    /// That the person is locked.
    Locked,
    /// Nothing: it cannot be reached.
    Outage,
}

/// Somebody whom the provider of a user pool knows, and what it says of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct UserPoolPerson {
    /// The address that they sign in with.
    pub email: String,
    /// Their password. Without one, every password is wrong. It is never shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// What the provider answers when they sign in.
    #[serde(default)]
    pub answer: UserPoolAnswer,
    /// Whether they have proven their address there.
    #[serde(default = "proven")]
    pub email_verified: bool,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address of their picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_picture_url: Option<String>,
    /// Their phone number, a plus and 7 to 15 digits (E.164).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Their attributes, which become their metadata; one of them may name their tenant.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The keys of their roles; of Auth0 only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The tenant that the code returns; of custom code only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
}

fn proven() -> bool {
    true
}

impl UserPoolPerson {
    /// Somebody without a password, with a proven address.
    pub fn new(email: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            password: None,
            answer: UserPoolAnswer::default(),
            email_verified: proven(),
            name: None,
            profile_picture_url: None,
            phone_number: None,
            metadata: Map::new(),
            roles: Vec::new(),
            tenant_id: None,
        }
    }

    /// The same with a password.
    #[must_use]
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The same, of whom the provider says something else than whether their password is right.
    #[must_use]
    pub fn answer(mut self, answer: UserPoolAnswer) -> Self {
        self.answer = answer;
        self
    }

    /// The same with an address that they may not have proven.
    #[must_use]
    pub fn email_verified(mut self, verified: bool) -> Self {
        self.email_verified = verified;
        self
    }

    /// The same with a name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same with a picture.
    #[must_use]
    pub fn profile_picture_url(mut self, url: impl Into<String>) -> Self {
        self.profile_picture_url = Some(url.into());
        self
    }

    /// The same with a phone number.
    #[must_use]
    pub fn phone_number(mut self, number: impl Into<String>) -> Self {
        self.phone_number = Some(number.into());
        self
    }

    /// The same with one more attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// The same with these roles, by their keys.
    #[must_use]
    pub fn roles(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.roles = keys.into_iter().map(Into::into).collect();
        self
    }

    /// The same in a tenant.
    #[must_use]
    pub fn tenant_id(mut self, id: impl Into<String>) -> Self {
        self.tenant_id = Some(id.into());
        self
    }

    fn check(&self, kind: UserPoolKind) -> DomainResult<()> {
        emails::check(&self.email)?;
        self.password.as_ref().map_or(Ok(()), |password| check_size(password.expose()))?;
        self.phone_number.as_deref().map_or(Ok(()), phones::check)?;
        self.tenant_id.as_deref().map_or(Ok(()), tenants::check_id)?;
        if !self.roles.is_empty() && kind != UserPoolKind::Auth0 {
            return Err(DomainError::bad_request("roles come from pools of Auth0 only"));
        }
        if self.tenant_id.is_some() && kind != UserPoolKind::CustomCode {
            return Err(DomainError::bad_request("tenantId comes from pools of custom code only"));
        }
        Ok(())
    }
}

/// From now on the provider of a pool knows these people, and no others. Begin no transaction before: each password is
/// hashed.
pub(crate) async fn replace(
    store: &Store,
    passwords: &Passwords,
    pool_id: &str,
    people: Vec<UserPoolPerson>,
) -> DomainResult<()> {
    let tx = store.read().await?;
    let kind = require_told(&tx, pool_id).await?.kind;
    drop(tx);
    check(kind, &people)?;
    let mut rows = Vec::with_capacity(people.len());
    for mut person in people {
        let password_hash = match person.password.take() {
            Some(password) => Some(passwords.hash(password.expose()).await?),
            None => None,
        };
        rows.push(user_pool_account::ActiveModel {
            pool_id: Set(pool_id.to_owned()),
            address_key: Set(emails::key(&person.email)),
            email: Set(person.email.clone()),
            password_hash: Set(password_hash),
            document: Set(serde_json::to_string(&person).map_err(DomainError::internal)?),
        });
    }
    store
        .write(async |tx| {
            require(tx, pool_id).await?;
            let of_pool = user_pool_account::Column::PoolId.eq(pool_id);
            user_pool_account::Entity::delete_many().filter(of_pool).exec(tx).await?;
            Ok(query::insert_all(rows, tx).await?)
        })
        .await
}

/// The people whom the provider of a pool knows, by their addresses, without their passwords.
pub(crate) async fn list(tx: &Read, pool_id: &str) -> DomainResult<Vec<UserPoolPerson>> {
    require_told(tx, pool_id).await?;
    let rows = user_pool_account::Entity::find()
        .filter(user_pool_account::Column::PoolId.eq(pool_id))
        .order_by_asc(user_pool_account::Column::AddressKey)
        .fetch_all(tx)
        .await?;
    rows.iter().map(person).collect()
}

/// A pool whose provider's answers are told, or 404; a provider of a federation answers itself.
async fn require_told(tx: &Read, pool_id: &str) -> DomainResult<user_pool::Model> {
    let pool = require(tx, pool_id).await?.row;
    if pool.kind == UserPoolKind::Federation {
        return Err(DomainError::bad_request("The provider of a federation pool answers itself"));
    }
    Ok(pool)
}

fn check(kind: UserPoolKind, people: &[UserPoolPerson]) -> DomainResult<()> {
    if people.len() > MOST {
        return Err(DomainError::bad_request(format!("people must not have more than {MOST} entries")));
    }
    let mut places = BTreeMap::new();
    for (index, person) in people.iter().enumerate() {
        let at = |why: &str| DomainError::bad_request(format!("people[{index}]: {why}"));
        person.check(kind).map_err(|error| at(&error.messages().join("; ")))?;
        if let Some(first) = places.insert(emails::key(&person.email), index) {
            return Err(at(&format!("people[{first}] has the same address")));
        }
    }
    Ok(())
}

/// Refuses a text that tells of nobody.
pub(crate) fn check_document(text: &str) -> DomainResult<()> {
    match settings::read::<UserPoolPerson>(text)?.password {
        Some(_) => Err(DomainError::bad_request("a password is kept as its hash only")),
        None => Ok(()),
    }
}

/// What the provider says of somebody.
fn person(row: &user_pool_account::Model) -> DomainResult<UserPoolPerson> {
    serde_json::from_str(&row.document).map_err(DomainError::internal)
}

/// Somebody whom the provider of a pool knows, and whom they have become here.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) pool_id: String,
    /// By which the pool knows them.
    pub(crate) address_key: String,
    pub(crate) password_hash: Option<String>,
    pub(crate) person: UserPoolPerson,
    /// The person here, once they have come.
    pub(crate) user_id: Option<String>,
    /// Whether that person has a password here.
    pub(crate) has_own_password: bool,
}

/// The accounts of an address in these pools, in one statement.
pub(crate) async fn of_address(tx: &Read, pool_ids: Vec<&str>, address: &str) -> DomainResult<Vec<Account>> {
    let rows = user_pool_account::Entity::find()
        .find_also_related(user_pool_user::Entity)
        .and_also_related(password::Entity)
        .filter(user_pool_account::Column::AddressKey.eq(emails::key(address)))
        .filter(user_pool_account::Column::PoolId.is_in(pool_ids))
        .fetch_all(tx)
        .await?;
    let account = |(row, user, password): (user_pool_account::Model, Option<user_pool_user::Model>, Option<_>)| {
        let person = person(&row)?;
        Ok(Account {
            person,
            pool_id: row.pool_id,
            address_key: row.address_key,
            password_hash: row.password_hash,
            user_id: user.map(|user| user.user_id),
            has_own_password: password.is_some(),
        })
    };
    rows.into_iter().map(account).collect()
}
