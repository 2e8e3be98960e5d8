//! Two ways beside each other: in turns of a few calls, so that what else the machine does meets both alike.

use std::{fmt, time::Duration};

use rustix::time::{ClockId, Timespec, clock_gettime};

/// How many turns each way has.
const TURNS: usize = 200;

/// What a turn took.
#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    /// Of all threads of this process; the service is another one.
    cpu: Duration,
}

impl Cost {
    fn of(turn: impl FnOnce()) -> Self {
        let now = |clock| {
            let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
            Duration::new(tv_sec.unsigned_abs(), u32::try_from(tv_nsec).expect("less than a second"))
        };
        let begin = (now(ClockId::Monotonic), now(ClockId::ProcessCPUTime));
        turn();
        Self {
            time: now(ClockId::Monotonic).saturating_sub(begin.0),
            cpu: now(ClockId::ProcessCPUTime).saturating_sub(begin.1),
        }
    }
}

/// What a call costs by each way.
pub(crate) struct Beside {
    reqwest: Cost,
    facade: Cost,
}

impl Beside {
    /// Takes turns; each makes so many calls.
    pub(crate) fn measure(calls: u32, mut reqwest: impl FnMut(), mut facade: impl FnMut()) -> Self {
        // Connections and the token are there, and caches are warm.
        reqwest();
        facade();
        let (mut by_reqwest, mut by_facade) = (Vec::with_capacity(TURNS), Vec::with_capacity(TURNS));
        for turn in 0..TURNS {
            // Neither always comes after the other.
            if turn % 2 == 0 {
                by_reqwest.push(Cost::of(&mut reqwest));
                by_facade.push(Cost::of(&mut facade));
            } else {
                by_facade.push(Cost::of(&mut facade));
                by_reqwest.push(Cost::of(&mut reqwest));
            }
        }
        Self { reqwest: undisturbed(&by_reqwest, calls), facade: undisturbed(&by_facade, calls) }
    }
}

/// The lower quartile: what else the machine does only adds, on a busy one to more than half of the turns.
fn undisturbed(costs: &[Cost], calls: u32) -> Cost {
    let quartile = |of: fn(&Cost) -> Duration| {
        let mut all: Vec<Duration> = costs.iter().map(of).collect();
        all.sort_unstable();
        all[all.len() / 4] / calls
    };
    Cost { time: quartile(|cost| cost.time), cpu: quartile(|cost| cost.cpu) }
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = |facade: Duration, reqwest: Duration| facade.as_secs_f64() / reqwest.as_secs_f64();
        let Self { reqwest, facade } = self;
        write!(
            f,
            "time {:>9.1?} /{:>9.1?} = {:.2}   cpu {:>9.1?} /{:>9.1?} = {:.2}",
            facade.time,
            reqwest.time,
            ratio(facade.time, reqwest.time),
            facade.cpu,
            reqwest.cpu,
            ratio(facade.cpu, reqwest.cpu)
        )
    }
}
