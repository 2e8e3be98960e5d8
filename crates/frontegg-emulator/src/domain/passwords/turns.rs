//! One comparison at a time for one account.
//!
//! Whoever sends many guesses at once gets no more of them compared than the lockout allows, and
//! many right ones at once all succeed: each waits until the one before has been counted.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::OwnedMutexGuard;

type Queue = Arc<tokio::sync::Mutex<()>>;

/// Accounts somebody is busy with. An account that does not exist has its turns, too, or it could be
/// told from one that does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<String, Queue>>>);

/// The right to compare; it ends when it is dropped, as with a request whose sender is gone.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    account: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for one's turn at an account.
    pub(crate) async fn take(&self, account: &str) -> Turn {
        let queue = Arc::clone(self.queues().entry(account.to_owned()).or_default());
        // From here on it is tidied up, even if waiting is given up.
        let mut turn = Turn { turns: self.clone(), account: account.to_owned(), held: None };
        turn.held = Some(queue.lock_owned().await);
        turn
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.0.lock()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.held = None;
        let mut queues = self.turns.queues();
        // The map's own, so nobody has it and nobody waits; others come by the map only.
        if queues.get(&self.account).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            queues.remove(&self.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_and_nothing_left() {
        let (turns, busy) = (Turns::default(), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..50).map(|number| {
            let (turns, busy) = (turns.clone(), Arc::clone(&busy));
            tokio::spawn(async move {
                let turn = turns.take(if number % 2 == 0 { "ada" } else { "bob" }).await;
                assert!(busy.fetch_add(1, Ordering::SeqCst) < 2);
                tokio::task::yield_now().await;
                busy.fetch_sub(1, Ordering::SeqCst);
                drop(turn);
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("a turn");
        }
        assert!(turns.queues().is_empty());
    }

    #[tokio::test]
    async fn giving_up_leaves_nothing() {
        let turns = Turns::default();
        let first = turns.take("ada").await;
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take("ada").await }
        });
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.is_err());
        drop(first);
        assert!(turns.queues().is_empty());
    }
}
