//! In place of PostgreSQL where the emulator is built without it. There is none of these.

#![expect(clippy::unused_async, reason = "what it stands for waits")]

use sea_orm::{DbErr, ExecResult, QueryResult, Statement};
use secrecy::SecretString;

use super::{
    Rule, StoreError,
    tx::{Answer, Inner},
};

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
    pub(super) fn execute(&self, _: Statement) -> Answer<'_, ExecResult> {
        match *self {}
    }

    pub(super) fn execute_all<'a>(&'a self, _: &'a str) -> Answer<'a, ExecResult> {
        match *self {}
    }

    pub(super) fn one(&self, _: Statement) -> Answer<'_, Option<QueryResult>> {
        match *self {}
    }

    pub(super) fn all(&self, _: Statement) -> Answer<'_, Vec<QueryResult>> {
        match *self {}
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self {}
    }
}
