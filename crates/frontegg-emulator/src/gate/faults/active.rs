//! Which faults there are, and which of them a request meets.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::{Mutex, MutexGuard};

use super::{Effect, Fault, When};
use crate::gate::selection::Subject;

/// All faults of an emulator.
#[derive(Debug, Default)]
pub(crate) struct ActiveFaults {
    /// Whether any fault may still happen: all that a request looks at on a good day.
    active: AtomicBool,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    last_id: u64,
    list: Vec<Arc<Entry>>,
}

impl ActiveFaults {
    /// Adds a fault behind the others.
    pub(crate) fn inject(&self, fault: Fault) -> Result<Arc<Entry>, String> {
        fault.check()?;
        let mut entries = self.entries();
        entries.last_id += 1;
        let entry = Arc::new(Entry::new(entries.last_id, fault));
        entries.list.push(Arc::clone(&entry));
        self.refresh(&entries);
        Ok(entry)
    }

    pub(crate) fn list(&self) -> Vec<Arc<Entry>> {
        self.entries().list.clone()
    }

    pub(crate) fn find(&self, id: u64) -> Option<Arc<Entry>> {
        self.entries().list.iter().find(|entry| entry.id == id).cloned()
    }

    /// Ends a fault; false when there is none of that number.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut entries = self.entries();
        let before = entries.list.len();
        entries.list.retain(|entry| entry.id != id);
        self.refresh(&entries);
        entries.list.len() < before
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.list.clear();
        self.refresh(&entries);
    }

    /// Whether a request has to be held against the faults at all.
    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    /// The fault that happens to a request.
    pub(crate) fn meet(&self, subject: &Subject<'_>) -> Option<Hit> {
        let entries = self.entries();
        let entry = entries.list.iter().find(|entry| entry.fault.on.fits(subject) && entry.happens())?;
        if entry.is_spent() {
            self.refresh(&entries);
        }
        Some(Hit(Arc::clone(entry)))
    }

    fn refresh(&self, entries: &Entries) {
        let active = entries.list.iter().any(|entry| !entry.is_spent());
        self.active.store(active, Ordering::Relaxed);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // The list is whole between any two steps.
        self.entries.lock()
    }
}

/// A fault and what has become of it.
#[derive(Debug)]
pub(crate) struct Entry {
    id: u64,
    fault: Fault,
    tally: Mutex<Tally>,
}

#[derive(Debug)]
struct Tally {
    calls: u64,
    hits: u64,
    random: Random,
}

impl Entry {
    fn new(id: u64, fault: Fault) -> Self {
        let random = Random(fault.seed.unwrap_or_default());
        Self { id, fault, tally: Mutex::new(Tally { calls: 0, hits: 0, random }) }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn fault(&self) -> &Fault {
        &self.fault
    }

    /// How many requests came to it, and to how many of them it happened.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let tally = self.tally();
        (tally.calls, tally.hits)
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.fault.times.is_some_and(|times| self.tally().hits >= times)
    }

    /// Whether it happens to the next request.
    fn happens(&self) -> bool {
        let mut tally = self.tally();
        if self.fault.times.is_some_and(|times| tally.hits >= times) {
            return false;
        }
        tally.calls += 1;
        if tally.calls <= self.fault.skip.unwrap_or_default() {
            return false;
        }
        let happens = self.fault.probability.is_none_or(|share| tally.random.next() < share);
        tally.hits += u64::from(happens);
        happens
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock()
    }
}

/// A fault that happens to a request.
#[derive(Debug)]
pub(crate) struct Hit(pub(super) Arc<Entry>);

impl Hit {
    /// The number of the fault.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// Whether the API never gets to see the request.
    pub(crate) fn short_circuits(&self) -> bool {
        let fault = &self.0.fault;
        fault.when() == When::Before && fault.effect() != Effect::Delay
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
#[derive(Debug)]
struct Random(u64);

impl Random {
    /// The next number from 0 up to, but not, 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let [high @ .., _, _, _, _] = (mixed ^ (mixed >> 31)).to_be_bytes();
        f64::from(u32::from_be_bytes(high)) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn tally(fault: Fault, requests: usize) -> String {
        let faults = ActiveFaults::default();
        faults.inject(fault).expect("a fault");
        let (parts, ()) = Request::get("/").body(()).expect("a request").into_parts();
        let happens = |_| if faults.meet(&Subject::of(&parts)).is_some() { 'x' } else { '.' };
        (0..requests).map(happens).collect()
    }

    #[test]
    fn it_happens_in_its_turn() {
        assert_eq!(tally(Fault::status(503).times(2), 4), "xx..");
        assert_eq!(tally(Fault::status(503).skip(1), 4), ".xxx");
        assert_eq!(tally(Fault::status(503).skip(2).times(1), 5), "..x..");
        assert_eq!(tally(Fault::status(503).probability(0.0), 3), "...");
        assert_eq!(tally(Fault::status(503).probability(1.0), 3), "xxx");
    }

    #[test]
    fn chance_is_the_same_in_every_run() {
        let fault = |seed| Fault::status(503).probability(0.25).seed(seed);
        let first = tally(fault(1), 1000);
        assert_eq!(first, tally(fault(1), 1000));
        assert_ne!(first, tally(fault(2), 1000));
        let hits = first.matches('x').count();
        assert!((200..300).contains(&hits), "{hits}");
        assert_eq!(tally(fault(1).times(3), 1000).matches('x').count(), 3);
    }

    #[test]
    fn the_first_whose_turn_it_is_happens() {
        let faults = ActiveFaults::default();
        assert!(!faults.is_active());
        let first = faults.inject(Fault::status(503).times(1)).expect("a fault");
        let second = faults.inject(Fault::status(500).times(1)).expect("a fault");
        let (parts, ()) = Request::get("/").body(()).expect("a request").into_parts();
        for expected in [Some(first.id()), Some(second.id()), None] {
            assert_eq!(faults.is_active(), expected.is_some());
            assert_eq!(faults.meet(&Subject::of(&parts)).map(|hit| hit.id()), expected);
        }
        assert_eq!((first.counts(), second.counts()), ((1, 1), (1, 1)));
        assert!(faults.remove(first.id()) && !faults.remove(first.id()));
        faults.clear();
        assert!(faults.list().is_empty() && faults.find(second.id()).is_none());
    }
}
