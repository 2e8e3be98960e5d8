//! In place of PostgreSQL where the emulator is built without it. There is none of these.

#![expect(clippy::unused_async, reason = "what it stands for waits")]

use std::sync::Arc;

use sea_orm::{DatabaseTransaction, DbErr, QueryResult, Statement};
use secrecy::SecretString;

use super::{Rule, StoreError, tx::Inner};

pub(super) fn broken_rule(_: &DbErr) -> Option<Rule> {
    None
}

pub(super) fn is_full(_: &DbErr) -> bool {
    false
}

pub(super) fn is_unreachable(_: &DbErr) -> bool {
    false
}

#[derive(Debug)]
pub(super) enum Postgres {}

pub(super) enum PostgresTx {}

pub(super) enum Link {}

impl Postgres {
    pub(super) async fn open(_: &SecretString) -> Result<Self, StoreError> {
        let message = "this emulator was built without PostgreSQL, which is its feature `postgres`";
        Err(StoreError(DbErr::Custom(message.to_owned())))
    }

    pub(super) async fn read(&self) -> Result<Inner, StoreError> {
        match *self {}
    }

    pub(super) async fn write(&self) -> Result<Inner, StoreError> {
        match *self {}
    }

    pub(super) async fn glance(&self, _: Statement) -> Result<Option<QueryResult>, DbErr> {
        match *self {}
    }

    pub(super) async fn check(&self) -> Result<(), StoreError> {
        match *self {}
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        match *self {}
    }
}

impl PostgresTx {
    pub(super) fn tx(&self) -> &DatabaseTransaction {
        match *self {}
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        match *self {}
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self {}
    }
}

impl Link {
    pub(super) async fn unless_away<T>(&self, _: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        match *self {}
    }
}
