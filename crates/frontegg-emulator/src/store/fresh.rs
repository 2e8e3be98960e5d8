//! Fresh stores for tests: one of each engine, as far as its server is installed; and rows to put into them.

use std::ops::Deref;

use frontegg_test_harness::place::Place;
use sea_orm::ActiveValue::Set;

use super::{
    Store, Write,
    entity::{tenant, user},
};
use crate::{clock::Clock, ids};

/// A store in a place of its own, which goes after it.
#[derive(Debug)]
pub(crate) struct Fresh {
    store: Store,
    place: Place,
}

impl Fresh {
    /// Opens a store there, beside others maybe.
    pub(crate) async fn at(place: &Place) -> Self {
        Self { store: open(place.url()).await, place: place.clone() }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        !self.place.url().starts_with("postgres:")
    }

    pub(crate) async fn in_memory() -> Self {
        Self::at(&Place::memory()).await
    }

    /// One of each engine.
    pub(crate) async fn all() -> Vec<Self> {
        let mut stores = Vec::new();
        for place in places().await {
            stores.push(Self::at(&place).await);
        }
        stores
    }
}

impl Deref for Fresh {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// A place for a store of each engine.
pub(crate) async fn places() -> Vec<Place> {
    Place::all(fill).await
}

async fn open(url: &str) -> Store {
    Store::open(&url.parse().expect("a store"), Clock::default(), "http://emulator.test").await.expect("a store")
}

/// A database with nothing but its schema, to make others from.
async fn fill(url: &str) {
    open(url).await.close().await;
}

/// The row of a tenant of that name.
pub(crate) fn tenant_row(tx: &Write, tenant_id: &str) -> tenant::ActiveModel {
    tenant::ActiveModel {
        id: Set(ids::new_id()),
        tenant_id: Set(tenant_id.to_owned()),
        name: Set(tenant_id.to_owned()),
        is_reseller: Set(false),
        metadata: Set("{}".to_owned()),
        details: Set("{}".to_owned()),
        is_locked: Set(false),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
        ..Default::default()
    }
}

/// Somebody of whom nothing is known, to be changed and saved.
pub(crate) fn user_row(tx: &Write, id: &str) -> user::ActiveModel {
    user::ActiveModel {
        id: Set(id.to_owned()),
        provider: Set("local".to_owned()),
        managed_by: Set("frontegg".to_owned()),
        verified: Set(false),
        is_locked: Set(false),
        failed_logins: Set(0),
        super_user: Set(false),
        invisible: Set(false),
        mfa_bypass: Set(false),
        metadata: Set("{}".to_owned()),
        vendor_metadata: Set("{}".to_owned()),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
        ..Default::default()
    }
}
