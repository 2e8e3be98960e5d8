//! Connections that read beside one another.

use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::DbErr;

use super::{Connection, Slot, SqliteTx};
use crate::store::StoreError;

/// Each is lent to one transaction at a time.
#[derive(Debug)]
pub(super) struct Readers {
    slots: Vec<Slot>,
    /// The one that the next waits for, should all be lent.
    turn: AtomicUsize,
}

impl Readers {
    /// As many, none of them open.
    pub(super) fn unopened(count: usize) -> Self {
        Self::of((0..count).map(|_| None))
    }

    pub(super) fn of(connections: impl Iterator<Item = Option<Connection>>) -> Self {
        Self { slots: connections.map(Slot::new).collect(), turn: AtomicUsize::new(0) }
    }

    /// The first that is free, so that no more are opened than are needed at once.
    pub(super) async fn lend(&self, open: impl Fn() -> Result<Connection, DbErr>) -> Result<SqliteTx, DbErr> {
        if let Some(mut free) = self.slots.iter().find_map(Slot::take_now) {
            if free.is_none() {
                *free = Some(open()?);
            }
            return SqliteTx::new(free);
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        self.slots[turn].lend().await
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let mut closed = Ok(());
        for slot in &self.slots {
            closed = closed.and(slot.close().await);
        }
        closed
    }
}
