//! Goes through the operations of both documents side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Direction, Kind,
    operations::{Content, Operation, Parameter, operations, parameter_pointer, server_path},
    repair::{Ledger, Repair},
    schema::describe,
    spot::Spot,
};
use crate::documents::{
    api::{TENANT_HEADER, USER_HEADER},
    escape,
};

/// The comparison as far as it got.
pub(super) struct Walk<'a> {
    pub(super) upstream: &'a Value,
    pub(super) ours: &'a Value,
    ledger: Ledger<'a>,
    /// Number of the operation that is being compared.
    operation: usize,
    pub(super) direction: Direction,
    /// Pairs of schemas by address that are being compared (circles end there).
    pub(super) open: Vec<(usize, usize)>,
    /// Schemas of one name that were compared for this operation and direction.
    seen: BTreeSet<&'a str>,
    /// Schemas of one name that were compared at all, and published ones that were compared with ours of other names.
    met: BTreeSet<&'a str>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(upstream: &'a Value, ours: &'a Value, repairs: &'a [Repair], document: &str) -> Self {
        Self {
            upstream,
            ours,
            ledger: Ledger::new(repairs, document),
            operation: 0,
            direction: Direction::Operation,
            open: Vec::new(),
            seen: BTreeSet::new(),
            met: BTreeSet::new(),
        }
    }

    /// Compares everything.
    pub(super) fn documents(mut self) -> Ledger<'a> {
        let our_prefix = server_path(self.ours).unwrap_or_default();
        // A document cut down to its paths names no server: its paths are then taken as ours are.
        let prefix = server_path(self.upstream).unwrap_or(our_prefix);
        let theirs = operations(self.upstream, prefix);
        let ours = operations(self.ours, our_prefix);
        let keys: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
        for (number, key) in keys.into_iter().enumerate() {
            self.operation = number;
            self.turn(Direction::Operation);
            match (theirs.get(key), ours.get(key)) {
                (Some(up), Some(our)) => self.operations(up, our),
                (Some(up), None) => self.note(Kind::Compatible, &up.spot(), "added"),
                (None, Some(our)) => self.note(Kind::Breaking, &our.spot(), "removed"),
                (None, None) => {}
            }
        }
        self.turn(Direction::Schema);
        self.rest();
        self.ledger
    }

    /// The named schemas that no operation led to in both documents.
    fn rest(&mut self) {
        let schemas = |document: &'a Value| document.pointer("/components/schemas").and_then(Value::as_object);
        for (name, theirs) in schemas(self.upstream).into_iter().flatten() {
            if let Some(ours) = schemas(self.ours).and_then(|all| all.get(name)) {
                self.named(name, theirs, ours);
            } else if !self.met.contains(name.as_str()) {
                let spot = Spot::new(name, format!("#/components/schemas/{}", escape(name)));
                self.note(Kind::Compatible, &spot, "added");
            }
        }
    }

    /// Notes that a published schema that we do not have was compared with what we have instead.
    pub(super) fn meet(&mut self, name: &'a str) {
        self.met.insert(name);
    }

    /// Whether schemas of that name were not compared yet, as far as this operation goes.
    pub(super) fn first_meeting(&mut self, name: &'a str) -> bool {
        let new = self.met.insert(name);
        self.seen.insert(name) && (new || self.direction != Direction::Schema)
    }

    pub(super) fn note(&mut self, kind: Kind, spot: &Spot, what: impl Into<String>) {
        let (operation, kind) = match self.direction {
            // Nobody knows what it means where nothing leads to.
            Direction::Schema if kind == Kind::Breaking => (None, Kind::Review),
            Direction::Schema => (None, kind),
            _ => (Some(self.operation), kind),
        };
        self.ledger.note(operation, self.direction, kind, spot, what.into());
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.ledger.is_empty()
    }

    /// The kind for what is sent, and for what is answered.
    pub(super) fn either(&self, request: Kind, response: Kind) -> Kind {
        match self.direction {
            Direction::Operation | Direction::Request => request,
            Direction::Response => response,
            Direction::Schema => Kind::Review,
        }
    }

    fn turn(&mut self, direction: Direction) {
        self.direction = direction;
        self.seen.clear();
    }

    fn operations(&mut self, up: &Operation<'a>, our: &Operation<'a>) {
        // Our paths are full where upstream's is a bare `/`.
        let spot = Spot::new(our.spot().label, up.spot().pointer);
        match (up.deprecated(), our.deprecated()) {
            (true, false) => self.note(Kind::Review, &spot, "deprecated now"),
            (false, true) => self.note(Kind::Compatible, &spot, "no longer deprecated"),
            _ => {}
        }
        self.turn(Direction::Request);
        self.parameters(&up.parameters(&spot), &our.parameters(&spot), &spot);
        self.bodies(up.body(&spot), our.body(&spot), &spot);
        self.turn(Direction::Response);
        self.answers(&up.answers(&spot), &our.answers(&spot), &spot);
    }

    fn parameters(&mut self, up: &[Parameter<'a>], our: &[Parameter<'a>], spot: &Spot) {
        let in_path = |parameter: &&Parameter<'a>| parameter.location == "path";
        for theirs in up.iter().filter(in_path) {
            // They go by position: we may name them otherwise.
            if let Some(ours) = our.iter().filter(in_path).find(|ours| ours.position == theirs.position) {
                self.schemas(&theirs.schema, &ours.schema);
            }
        }
        for theirs in up.iter().filter(|one| !in_path(one)) {
            let Some(ours) = our.iter().find(|one| one.is(theirs.location, theirs.name)) else {
                let kind = if theirs.required { Kind::Breaking } else { Kind::Compatible };
                let what = self.added(theirs.schema.value, theirs.required);
                self.note(kind, &theirs.spot, what);
                continue;
            };
            let scope = [TENANT_HEADER, USER_HEADER].iter().any(|header| theirs.is("header", header));
            match (theirs.required, ours.required) {
                (true, false) if !scope => self.note(Kind::Breaking, &theirs.spot, "required now"),
                (false, true) if !scope => self.note(Kind::Compatible, &theirs.spot, "optional now"),
                _ => {}
            }
            self.schemas(&theirs.schema, &ours.schema);
        }
        for ours in our.iter().filter(|one| !in_path(one)) {
            if !up.iter().any(|one| one.is(ours.location, ours.name)) {
                let label = format!("{} {} {}", spot.label, ours.location, ours.name);
                let gone = Spot::new(label, parameter_pointer(&spot.pointer, ours.name));
                self.note(Kind::Review, &gone, "removed");
            }
        }
    }

    fn bodies(&mut self, up: Option<(Content<'a>, bool)>, our: Option<(Content<'a>, bool)>, spot: &Spot) {
        let place = spot.below(" body", "/requestBody");
        match (up, our) {
            (Some((up, required)), Some((our, was))) => {
                match (required, was) {
                    (true, false) => self.note(Kind::Breaking, &place, "required now"),
                    (false, true) => self.note(Kind::Compatible, &place, "optional now"),
                    _ => {}
                }
                self.contents(&up, &our);
            }
            (Some((up, required)), None) => {
                let kind = if required { Kind::Breaking } else { Kind::Compatible };
                let what = self.added(up.schema.value, required);
                self.note(kind, &place, what);
            }
            (None, Some(_)) => self.note(Kind::Review, &place, "removed"),
            (None, None) => {}
        }
    }

    fn answers(
        &mut self,
        up: &BTreeMap<&'a str, Option<Content<'a>>>,
        our: &BTreeMap<&'a str, Option<Content<'a>>>,
        spot: &Spot,
    ) {
        let missing = |these: &BTreeMap<&'a str, _>, those: &BTreeMap<&'a str, _>| -> Vec<&'a str> {
            these.keys().filter(|status| !those.contains_key(*status)).copied().collect()
        };
        let (new, gone) = (missing(up, our), missing(our, up));
        let place = |status: &str| spot.below("", &format!("/responses/{status}"));
        // Our client takes any success status, so another one breaks nothing by itself.
        if let ([new], [gone]) = (new.as_slice(), gone.as_slice()) {
            self.note(Kind::Review, &place(new), format!("status {gone} → {new}"));
        } else {
            for status in new {
                self.note(Kind::Review, &place(status), format!("status {status} added"));
            }
            for status in gone {
                self.note(Kind::Review, &place(status), format!("status {status} removed"));
            }
        }
        for (status, ours) in our {
            // Where we name another status than upstream, its answer with a body is the one that we mean.
            let same = up.get_key_value(status);
            let other = || up.iter().find(|(_, answer)| answer.is_some()).or_else(|| up.iter().next());
            let (status, theirs) = match same.or_else(other) {
                Some((status, answer)) => (status, answer.as_ref()),
                None => (status, None),
            };
            match (theirs, ours) {
                (Some(theirs), Some(ours)) => self.contents(theirs, ours),
                (Some(theirs), None) => {
                    let what = format!("answers with a body now ({})", describe(self.upstream, theirs.schema.value));
                    self.note(Kind::Compatible, &theirs.spot, what);
                }
                (None, Some(_)) => {
                    let empty = spot.below(&format!(" {status}"), &format!("/responses/{status}/content"));
                    self.note(Kind::Breaking, &empty, "answers without a body now");
                }
                (None, None) => {}
            }
        }
    }

    fn contents(&mut self, up: &Content<'a>, our: &Content<'a>) {
        if up.media == our.media {
            self.schemas(&up.schema, &our.schema);
        } else {
            self.note(Kind::Breaking, &up.spot, format!("media type {} → {}", our.media, up.media));
        }
    }

    /// The words for something that is new in a request.
    pub(super) fn added(&self, schema: &Value, required: bool) -> String {
        let need = if required { "required" } else { "optional" };
        format!("added ({}, {need})", describe(self.upstream, schema))
    }
}
