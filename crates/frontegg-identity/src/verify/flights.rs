//! Work that several ask for at the same time and that is done once.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, MutexGuard},
};

use tokio::sync::OnceCell;

use crate::lock::Mutex;

type Cells<T> = HashMap<String, Arc<OnceCell<T>>>;

/// What is being done, by key.
pub(super) struct Flights<T>(Mutex<Cells<T>>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Flights<T> {
    /// The outcome of `work`, or of the same work that is under way already. Whoever comes after it has
    /// ended begins anew.
    pub(super) async fn join(&self, key: &str, work: impl Future<Output = T>) -> T {
        let seat = Seat { flights: self, key, cell: self.cells().entry(key.to_owned()).or_default().clone() };
        let done = async {
            let outcome = work.await;
            self.cells().remove(key);
            outcome
        };
        // When the one who does the work is cancelled, one of those who wait goes on with theirs.
        seat.cell.get_or_init(|| done).await.clone()
    }

    fn cells(&self) -> MutexGuard<'_, Cells<T>> {
        self.0.lock()
    }
}

/// A place in a flight. The last one who gives it up before the flight has ended calls it off.
struct Seat<'a, T: Clone> {
    flights: &'a Flights<T>,
    key: &'a str,
    cell: Arc<OnceCell<T>>,
}

impl<T: Clone> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut cells = self.flights.cells();
        let is_ours = cells.get(self.key).is_some_and(|cell| Arc::ptr_eq(cell, &self.cell));
        // Ours and the map's own; none is made but under the lock.
        if is_ours && Arc::strong_count(&self.cell) == 2 {
            cells.remove(self.key);
        }
    }
}

impl<T> fmt::Debug for Flights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flights")
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
    async fn those_who_come_meanwhile_share_and_others_do_not() {
        let (flights, done) = (Flights::default(), AtomicU32::new(0));
        let join = |key| flights.join(key, work(&done));
        let outcomes = tokio::join!(join("a"), join("b"), join("a"), join("a"));
        assert_eq!((outcomes.0, outcomes.2, outcomes.3), (outcomes.0, outcomes.0, outcomes.0));
        assert_eq!(done.load(Ordering::Relaxed), 2);
        assert_eq!(join("a").await, 3);
        assert!(flights.cells().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_flight_that_is_left_goes_on_or_is_forgotten() {
        let (flights, done) = (Flights::default(), AtomicU32::new(0));
        let join = || flights.join("a", work(&done));
        let hurried = tokio::time::timeout(SECOND / 2, join());
        let (hurried, patient) = tokio::join!(hurried, join());
        assert!(hurried.is_err() && patient == 1);
        assert!(tokio::time::timeout(SECOND / 2, join()).await.is_err());
        assert!(flights.cells().is_empty());
    }
}
