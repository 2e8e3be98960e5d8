//! Compares a freshly published document with ours and says what changed.
//!
//! A change is read from our document to the published one: `added` means that upstream has it and we do not.
//! Differences that we made on purpose stand in `openapi/repairs.yaml` and are subtracted; a repair that explains
//! nothing is stale, because upstream has made it itself or because it was never needed.
//!
//! Structure is compared, wording is not. The normal form leaves out prose, `x-` members, operation ids, tags,
//! security, error answers, answer headers, defaults, formats, patterns, the order of members and enum values, the
//! difference between `number` and `integer`, between an inline schema and a reference to the same thing, whether an
//! enum is open to other values, and whether the two scope headers are required (the scope decides that, not the
//! document).

mod files;
mod operations;
mod pair;
mod render;
mod repair;
mod schema;
mod spot;
mod walk;

use serde::Serialize;
use serde_json::Value;

pub use files::run;
pub use render::text;
pub use repair::Repair;

/// What a change means to a program that was built from our document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Requests are refused or answers no longer decode.
    Breaking,
    /// Works or not depending on what the service does with it; somebody should look.
    Review,
    /// Nothing that worked stops working.
    Compatible,
}

/// Which way the changed thing travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The operation as a whole.
    Operation,
    /// Parameters and request bodies.
    Request,
    /// Success answers.
    Response,
    /// A named schema that no operation leads to in both documents, so that nobody can say which way it travels.
    Schema,
}

/// One difference between our document and the published one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// How bad it is.
    pub kind: Kind,
    /// Which way it travels.
    pub direction: Direction,
    /// Where it is, for people: `GET /resources/roles/v1 query _limit`, `request AddRoleRequest.isDefault`.
    pub place: String,
    /// What is different, e.g. `added (string, optional)`.
    pub what: String,
    /// JSON pointer into the published document; where upstream lacks the thing, the pointer that it would have.
    pub pointer: String,
    /// Number of operations that are affected; none for a schema by itself.
    pub reached_by: usize,
    /// Index of the repair that explains it in all of these operations.
    pub explained_by: Option<usize>,
}

/// A repair that explains no difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleRepair {
    /// Its index in the list.
    pub repair: usize,
    /// Its pointer.
    pub pointer: String,
    /// What it says it does.
    pub what: String,
    /// Why it is stale, as far as can be told.
    pub reason: &'static str,
}

/// The comparison of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its name, such as `identity`.
    pub document: String,
    /// All differences, the worst first.
    pub changes: Vec<Change>,
    /// Repairs of this document that explain nothing.
    pub stale_repairs: Vec<StaleRepair>,
}

impl Report {
    /// The differences that no repair explains.
    pub fn unexplained(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.explained_by.is_none())
    }

    /// Whether every difference is explained and every repair needed.
    pub fn is_clean(&self) -> bool {
        self.stale_repairs.is_empty() && self.unexplained().next().is_none()
    }
}

/// Compares the published document with ours.
///
/// `document` names both; of `repairs` only those of this document count. Anything malformed is read as "anything
/// goes here": `run` checks its files before it compares them.
pub fn compare(upstream: &Value, ours: &Value, repairs: &[Repair], document: &str) -> Report {
    let ledger = walk::Walk::new(upstream, ours, repairs, document).documents();
    let (mut changes, stale_repairs) = ledger.close(upstream);
    changes.sort();
    Report { document: document.to_owned(), changes, stale_repairs }
}
