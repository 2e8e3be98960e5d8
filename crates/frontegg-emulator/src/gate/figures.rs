//! How many requests were answered, how, and how fast, by operation: counted without a lock, and put into the form of
//! OpenMetrics when somebody asks.

use std::{
    array,
    fmt::Error,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use frontegg_model::{OPERATIONS, Operation};
use http::StatusCode;
use prometheus_client::{
    encoding::{DescriptorEncoder, NoLabelSet},
    metrics::MetricType,
    registry::Unit,
};

use super::selection::Subject;

/// Upper bounds of the times that are told apart, in seconds.
const BOUNDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Statuses of one class.
type Class = [AtomicU64; 100];

/// What a request was about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Operation(&'static Operation),
    /// The control plane.
    Control,
    /// What no operation has the address of.
    Nothing,
}

impl Kind {
    pub(super) fn of(subject: &Subject<'_>, operation: Option<&'static Operation>) -> Self {
        match operation {
            Some(operation) => Self::Operation(operation),
            None if subject.is_control() => Self::Control,
            None => Self::Nothing,
        }
    }

    /// Every kind, in the order of their places.
    fn all() -> impl Iterator<Item = Self> {
        OPERATIONS.iter().map(Self::Operation).chain([Self::Control, Self::Nothing])
    }

    /// Which row is its own.
    fn place(self) -> usize {
        match self {
            Self::Operation(operation) => {
                // It is in the table that it comes from.
                OPERATIONS.binary_search_by(|row| row.id.cmp(operation.id)).unwrap_or_else(|place| place)
            }
            Self::Control => OPERATIONS.len(),
            Self::Nothing => OPERATIONS.len() + 1,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.id,
            Self::Control => "control_plane",
            Self::Nothing => "none",
        }
    }
}

/// Figures of every kind of request that there has been.
pub(crate) struct Figures(Box<[OnceLock<Box<Row>>]>);

impl std::fmt::Debug for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Figures").finish_non_exhaustive()
    }
}

impl Default for Figures {
    fn default() -> Self {
        Self(Kind::all().map(|_| OnceLock::new()).collect())
    }
}

/// Those of one kind.
struct Row {
    /// First those without an answer, then the classes from 1xx on.
    classes: [OnceLock<Box<Class>>; 6],
    /// How many took no longer than each bound and longer than the one before; at last those beyond all of them.
    times: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

fn none<const N: usize>() -> [AtomicU64; N] {
    array::from_fn(|_| AtomicU64::new(0))
}

impl Row {
    fn new() -> Box<Self> {
        Box::new(Self { classes: array::from_fn(|_| OnceLock::new()), times: none(), nanoseconds: AtomicU64::new(0) })
    }

    /// The statuses that there have been, and how often.
    fn statuses(&self) -> impl Iterator<Item = (Option<usize>, u64)> {
        self.classes.iter().enumerate().flat_map(|(class, counts)| {
            let counts = counts.get().into_iter().flat_map(|counts| counts.iter().enumerate());
            counts.filter_map(move |(rest, count)| {
                let count = count.load(Ordering::Relaxed);
                (count > 0).then_some(((class > 0).then_some(class * 100 + rest), count))
            })
        })
    }
}

impl Figures {
    /// A request has ended, with that status if it was answered.
    pub(super) fn count(&self, kind: Kind, status: Option<StatusCode>, took: Duration) {
        let Some(row) = self.0.get(kind.place()) else { return };
        let row = row.get_or_init(Row::new);
        let (class, rest) = status.map_or((0, 0), |status| (status.as_u16() / 100, status.as_u16() % 100));
        if let Some(class) = row.classes.get(usize::from(class)) {
            class.get_or_init(|| Box::new(none()))[usize::from(rest)].fetch_add(1, Ordering::Relaxed);
        }
        let seconds = took.as_secs_f64();
        let bound = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        row.times[bound].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        row.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn rows(&self) -> impl Iterator<Item = (Kind, &Row)> {
        Kind::all().zip(self.0.iter()).filter_map(|(kind, row)| Some((kind, &**row.get()?)))
    }

    /// Writes them all.
    pub(crate) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let help = "Requests by operation and status";
        let mut requests = encoder.encode_descriptor("requests", help, None, MetricType::Counter)?;
        for (kind, row) in self.rows() {
            for (status, count) in row.statuses() {
                let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
                let labels = [("operation", kind.label()), ("status", status.as_str())];
                requests.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
            }
        }
        let help = "How long requests took until their answers began";
        let unit = Unit::Seconds;
        let mut times = encoder.encode_descriptor("request_duration", help, Some(&unit), MetricType::Histogram)?;
        for (kind, row) in self.rows() {
            let bounds = BOUNDS.into_iter().chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> =
                bounds.zip(row.times.iter().map(|count| count.load(Ordering::Relaxed))).collect();
            let count = buckets.iter().map(|(_, count)| count).sum();
            let sum = Duration::from_nanos(row.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
            let labels = [("operation", kind.label())];
            times.encode_family(&labels)?.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_place_and_a_name_of_its_own() {
        for (place, kind) in Kind::all().enumerate() {
            assert_eq!(kind.place(), place);
        }
        let mut labels: Vec<_> = Kind::all().map(Kind::label).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), OPERATIONS.len() + 2);
    }

    #[test]
    fn every_status_is_counted_by_itself() {
        let figures = Figures::default();
        let some = Kind::Operation(&OPERATIONS[7]);
        for status in (100..600).chain([200]) {
            figures.count(some, StatusCode::from_u16(status).ok(), Duration::from_millis(3));
        }
        figures.count(some, None, Duration::from_secs(9));
        let (kind, row) = figures.rows().next().expect("a row");
        assert_eq!((kind.label(), figures.rows().count()), (some.label(), 1));
        let expected = (100..600).map(|status| (Some(status), if status == 200 { 2 } else { 1 }));
        assert_eq!(row.statuses().collect::<Vec<_>>(), std::iter::once((None, 1)).chain(expected).collect::<Vec<_>>());
        let times = row.times.iter().map(|count| count.load(Ordering::Relaxed)).collect::<Vec<_>>();
        assert_eq!(times, [0, 0, 0, 501, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }
}
