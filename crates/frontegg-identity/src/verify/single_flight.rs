//! Single flight: work that several callers ask for at the same time is done once.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, MutexGuard},
};

use tokio::sync::OnceCell;

use crate::lock::Mutex;

type Cells<T> = HashMap<String, Arc<OnceCell<T>>>;

/// The work in progress, by key.
pub(super) struct SingleFlight<T>(Mutex<Cells<T>>);

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> SingleFlight<T> {
    /// The outcome of `work`, or of the work with the same key that is already in progress.
    pub(super) async fn join(&self, key: &str, work: impl Future<Output = T>) -> T {
        let participant =
            Participant { flights: self, key, cell: self.cells().entry(key.to_owned()).or_default().clone() };
        let done = async {
            let outcome = work.await;
            self.cells().remove(key);
            outcome
        };
        // If the caller that does the work is cancelled, one of those that wait does its own.
        participant.cell.get_or_init(|| done).await.clone()
    }

    fn cells(&self) -> MutexGuard<'_, Cells<T>> {
        self.0.lock()
    }
}

/// A caller that waits for some work. The last one to be dropped before the work is done removes it.
struct Participant<'a, T: Clone> {
    flights: &'a SingleFlight<T>,
    key: &'a str,
    cell: Arc<OnceCell<T>>,
}

impl<T: Clone> Drop for Participant<'_, T> {
    fn drop(&mut self) {
        let mut cells = self.flights.cells();
        let is_ours = cells.get(self.key).is_some_and(|cell| Arc::ptr_eq(cell, &self.cell));
        // This one's and the map's; others are made under the lock only.
        if is_ours && Arc::strong_count(&self.cell) == 2 {
            cells.remove(self.key);
        }
    }
}

impl<T> fmt::Debug for SingleFlight<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SingleFlight")
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn work(done: &AtomicU32) -> u32 {
        tokio::time::sleep(SECOND).await;
        done.fetch_add(1, Ordering::Relaxed) + 1
    }

    #[tokio::test(start_paused = true)]
    async fn concurrent_callers_share_and_later_ones_do_not() {
        let (flights, done) = (SingleFlight::default(), AtomicU32::new(0));
        let join = |key| flights.join(key, work(&done));
        let outcomes = tokio::join!(join("a"), join("b"), join("a"), join("a"));
        assert_eq!((outcomes.0, outcomes.2, outcomes.3), (outcomes.0, outcomes.0, outcomes.0));
        assert_eq!(done.load(Ordering::Relaxed), 2);
        assert_eq!(join("a").await, 3);
        assert!(flights.cells().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn work_whose_caller_is_dropped_is_taken_over_or_forgotten() {
        let (flights, done) = (SingleFlight::default(), AtomicU32::new(0));
        let join = || flights.join("a", work(&done));
        let hurried = tokio::time::timeout(SECOND / 2, join());
        let (hurried, patient) = tokio::join!(hurried, join());
        assert!(hurried.is_err() && patient == 1);
        assert!(tokio::time::timeout(SECOND / 2, join()).await.is_err());
        assert!(flights.cells().is_empty());
    }
}
