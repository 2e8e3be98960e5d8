//! People who are looked for in the user pools: whoever is unknown here, and whoever has come from a pool and has no
//! password here.
//!
//! Of the pools that serve the application, in their order, the first that knows the address decides. Whoever it lets in
//! is made a person here. One of a pool that migrates has their password here from then on, and the pool is never asked
//! again; any other is asked of the pool each time. Nobody is asked of a pool who has a password here, or who has come by
//! another way.

use super::{ClientInfo, refused};
use crate::{
    domain::{
        DomainError, DomainResult,
        identifiers::{Identifier, emails},
        user_pools::{
            self,
            accounts::{self, Account, UserPoolAnswer},
            arrival::Arrival,
            configuration::Rules,
            people::{self, PoolKey},
        },
    },
    store::{
        Read, Write,
        entity::{UserPoolKind, user},
    },
};

/// The pool of which somebody is asked, as it knows them.
#[derive(Debug)]
pub(super) struct Asked {
    rules: Rules,
    pub(super) account: Account,
}

/// The pool that decides about whoever signs in with that, if any does. It takes one statement, whoever it is, and none
/// without pools. 502 when its provider cannot be reached.
pub(super) async fn find(
    tx: &Read,
    identifier: Identifier<'_>,
    user_id: Option<&str>,
    client: &ClientInfo,
) -> DomainResult<Option<Asked>> {
    let catalog = tx.catalog().await?;
    let mut pools = user_pools::serving(&catalog, client.application_id.as_deref());
    // Their people come by way of the provider, never with a password.
    pools.retain(|pool| pool.row.kind != UserPoolKind::Federation);
    let Some(address) = identifier.email().filter(|_| !pools.is_empty()) else { return Ok(None) };
    let mut known = accounts::of_address(tx, pools.iter().map(|pool| pool.row.id.as_str()).collect(), address).await?;
    let decides = |account: &Account| user_id.is_none() || account.user_id.as_deref() == user_id;
    for pool in pools {
        let Some(place) = known.iter().position(|account| account.pool_id == pool.row.id && decides(account)) else {
            continue;
        };
        let account = known.swap_remove(place);
        if account.has_own_password {
            return Ok(None);
        }
        if account.person.answer == UserPoolAnswer::Outage {
            return Err(DomainError::bad_gateway("The user pool cannot be reached"));
        }
        let rules = user_pools::configuration::of(&pool.row)?.rules();
        return Ok(Some(Asked { rules, account }));
    }
    Ok(None)
}

impl Asked {
    /// The hash of the password that lets them in, if any does.
    pub(super) fn password_hash(&self) -> Option<&str> {
        let compares = self.account.person.answer == UserPoolAnswer::Compared;
        self.account.password_hash.as_deref().filter(|_| compares)
    }

    /// The person here whose password was right there; made now if nobody is. Refused where somebody else has come by
    /// the address meanwhile.
    pub(super) async fn enter(&self, tx: &Write) -> DomainResult<user::Model> {
        let Account { pool_id, address_key, password_hash, person, .. } = &self.account;
        let arrival = Arrival {
            pool: PoolKey { pool_id, account_key: address_key },
            rules: &self.rules,
            person,
            password_hash: password_hash.as_deref().filter(|_| self.rules.is_migrated),
        };
        match people::user_id(tx, arrival.pool).await? {
            Some(user_id) => arrival.again(tx, &user_id).await,
            None if emails::find(tx, &person.email).await?.is_some() => Err(refused()),
            None => arrival.first(tx).await,
        }
    }
}
