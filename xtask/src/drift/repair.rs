//! The list of intended differences, and the book-keeping of which difference is explained by which.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::{Change, Direction, Kind, StaleRepair, spot::Spot};

/// An intended difference from a published document: an entry of `openapi/repairs.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// `identity`, `tenants` or `environment`.
    pub document: String,
    /// JSON pointer into the published document, e.g. `#/components/schemas/Role/properties/level`. It covers
    /// everything at and below it; a segment `*` stands for any one segment, and a parameter goes by position or by
    /// name (by name only where upstream lacks it).
    pub pointer: String,
    /// What is different in our document.
    pub what: String,
    /// Why.
    pub why: String,
}

/// One pointer of the list, taken apart.
struct Entry<'r> {
    index: usize,
    repair: &'r Repair,
    segments: Vec<&'r str>,
    /// Explains something.
    used: bool,
    /// Would explain something if a more exact entry did not.
    outdone: bool,
}

impl Entry<'_> {
    /// How exactly the entry covers the pointer, if it does.
    fn covers(&self, pointer: &[&str]) -> Option<(usize, usize)> {
        let fits = |(own, other): (&&str, &&str)| *own == "*" || own == other;
        let covers = self.segments.len() <= pointer.len() && self.segments.iter().zip(pointer).all(fits);
        let exact = || self.segments.iter().filter(|segment| **segment != "*").count();
        covers.then(|| (self.segments.len(), exact()))
    }
}

/// What was found in one place by all operations that get there.
struct Finding {
    kind: Kind,
    operations: BTreeSet<usize>,
    repair: Option<usize>,
    explained: bool,
}

/// Direction, place, what, pointer.
type Key = (Direction, String, String, String);

/// Differences found so far, and the repairs.
pub(super) struct Ledger<'r> {
    entries: Vec<Entry<'r>>,
    findings: BTreeMap<Key, Finding>,
}

impl<'r> Ledger<'r> {
    pub(super) fn new(repairs: &'r [Repair], document: &str) -> Self {
        let of_document = repairs.iter().enumerate().filter(|(_, repair)| repair.document == document);
        let entries = of_document.map(|(index, repair)| Entry {
            index,
            repair,
            segments: segments(&repair.pointer),
            used: false,
            outdone: false,
        });
        Self { entries: entries.collect(), findings: BTreeMap::new() }
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Notes a difference, and the operation that has it.
    pub(super) fn note(
        &mut self,
        operation: Option<usize>,
        direction: Direction,
        kind: Kind,
        spot: &Spot,
        what: String,
    ) {
        let repair = self.explain(spot);
        let key = (direction, spot.label.clone(), what, spot.pointer.clone());
        let finding = self.findings.entry(key).or_insert_with(|| Finding {
            kind,
            operations: BTreeSet::new(),
            repair,
            explained: true,
        });
        finding.operations.extend(operation);
        finding.explained &= repair.is_some();
    }

    /// The most exact repair for a place: nearest on the way to it, then longest, then with the fewest `*`.
    ///
    /// Used are the most exact ones of each step of the way: a schema and a place that refers to it are repaired each
    /// for itself.
    fn explain(&mut self, spot: &Spot) -> Option<usize> {
        let mut nearest = None;
        for pointer in spot.trail.iter().chain([&spot.pointer]) {
            let pointer = segments(pointer);
            let ranks: Vec<_> = self.entries.iter().map(|entry| entry.covers(&pointer)).collect();
            let Some(best) = ranks.iter().flatten().max().copied() else { continue };
            let mut first = None;
            for (entry, rank) in self.entries.iter_mut().zip(ranks) {
                if rank == Some(best) {
                    entry.used = true;
                    first = first.or(Some(entry.index));
                } else if rank.is_some() {
                    entry.outdone = true;
                }
            }
            nearest = first;
        }
        nearest
    }

    /// The changes, and the repairs that explain none of them.
    pub(super) fn close(self, upstream: &Value) -> (Vec<Change>, Vec<StaleRepair>) {
        let changes = self.findings.into_iter().map(|((direction, place, what, pointer), finding)| Change {
            kind: finding.kind,
            direction,
            place: if pointer.starts_with("#/components/") { format!("{} {place}", word(direction)) } else { place },
            what,
            pointer,
            reached_by: finding.operations.len(),
            explained_by: finding.repair.filter(|_| finding.explained),
        });
        let stale = self.entries.iter().filter(|entry| !entry.used).map(|entry| StaleRepair {
            repair: entry.index,
            pointer: entry.repair.pointer.clone(),
            what: entry.repair.what.clone(),
            reason: reason(entry, upstream),
        });
        (changes.collect(), stale.collect())
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Operation => "operation",
        Direction::Request => "request",
        Direction::Response => "response",
        Direction::Schema => "schema",
    }
}

fn reason(entry: &Entry<'_>, upstream: &Value) -> &'static str {
    let exists = |segments: &[&str]| {
        let pointer: String = segments.iter().flat_map(|segment| ["/", segment]).collect();
        segments.contains(&"*") || upstream.pointer(&pointer).is_some()
    };
    let parent = entry.segments.len().saturating_sub(1);
    if entry.outdone {
        "everything there is explained by more exact repairs"
    } else if exists(&entry.segments) || exists(&entry.segments[..parent]) {
        "nothing differs there: upstream has made it itself, or it is not needed"
    } else {
        "points at nothing in the published document"
    }
}

/// The segments of a pointer, still escaped.
fn segments(pointer: &str) -> Vec<&str> {
    pointer.trim_start_matches('#').split('/').skip(1).collect()
}
