//! Faults: what a service does on a bad night, told beforehand and in detail.
//!
//! A [`Fault`] says which requests it applies to and what happens to them; [`Faults`] injects it. They
//! take effect between the connection and the API, so what they cost when there are none is one look
//! at a flag.

mod active;
mod answer;
mod fault;

use std::{fmt, sync::Arc};

pub(crate) use active::{ActiveFaults, Entry, Hit};
pub(crate) use answer::{ConnectionClosed, DrawnOut, too_many_requests};
pub use fault::Fault;
use fault::{Effect, When, seconds, whole_seconds};

use crate::error::Error;

/// The faults of an emulator. They survive a reset, as all that a test tells the emulator itself.
///
/// A request meets the faults in the order in which they were injected; the first whose turn it is
/// happens, and the others do not see that request.
#[derive(Clone, Debug)]
pub struct Faults(Arc<ActiveFaults>);

impl Faults {
    pub(crate) fn new(active: Arc<ActiveFaults>) -> Self {
        Self(active)
    }

    /// Lets a fault happen from now on; refused when it names what is not there.
    pub fn inject(&self, fault: Fault) -> Result<InjectedFault, Error> {
        let entry = self.0.inject(fault).map_err(Error::Refused)?;
        Ok(InjectedFault { active: Arc::clone(&self.0), entry })
    }

    /// All of them, in their order, with those that happen no more.
    pub fn list(&self) -> Vec<InjectedFault> {
        let entries = self.0.list().into_iter();
        entries.map(|entry| InjectedFault { active: Arc::clone(&self.0), entry }).collect()
    }

    /// Ends all of them.
    pub fn clear(&self) {
        self.0.clear();
    }
}

/// A fault that was injected. Dropping this does not end it.
#[derive(Clone)]
pub struct InjectedFault {
    active: Arc<ActiveFaults>,
    entry: Arc<Entry>,
}

impl InjectedFault {
    /// Its number, as recorded requests tell it.
    pub fn id(&self) -> u64 {
        self.entry.id()
    }

    /// What was injected.
    pub fn fault(&self) -> &Fault {
        self.entry.fault()
    }

    /// How often it has happened.
    pub fn hits(&self) -> u64 {
        self.entry.counts().1
    }

    /// How many requests it was to apply, those that it spared included.
    pub fn calls(&self) -> u64 {
        self.entry.counts().0
    }

    /// Whether it has happened as often as it was to.
    pub fn is_spent(&self) -> bool {
        self.entry.is_spent()
    }

    /// Ends it.
    pub fn remove(&self) {
        self.active.remove(self.id());
    }
}

impl fmt::Debug for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InjectedFault")
            .field("id", &self.id())
            .field("fault", self.fault())
            .field("hits", &self.hits())
            .finish_non_exhaustive()
    }
}
