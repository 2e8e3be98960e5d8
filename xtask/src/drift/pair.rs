//! Compares two schemas member by member.

use std::{collections::BTreeSet, ptr};

use serde_json::Value;

use super::{
    Direction, Kind,
    schema::{Member, Shape, Unwrapped, describe, has_schema, unwrap},
    spot::{Node, Spot},
    walk::Walk,
};
use crate::documents::escape;

/// Bounds that grow when more is permitted; the others shrink.
const UPPER: [&str; 3] = ["maximum", "maxLength", "maxItems"];
/// Bounds that say whether something may be empty.
const LEAST: [&str; 2] = ["minLength", "minItems"];

impl<'a> Walk<'a> {
    /// Compares the published schema with ours.
    pub(super) fn schemas(&mut self, up: &Node<'a>, our: &Node<'a>) {
        let theirs = unwrap(self.upstream, up.value);
        let ours = unwrap(self.ours, our.value);
        match (theirs.nullable, ours.nullable) {
            (true, false) => {
                let kind = self.either(Kind::Compatible, Kind::Breaking);
                self.note(kind, &up.spot, "may be null now");
            }
            (false, true) => {
                let kind = self.either(Kind::Breaking, Kind::Compatible);
                self.note(kind, &up.spot, "never null now");
            }
            _ => {}
        }
        let same_name = theirs.name.filter(|_| theirs.name == ours.name);
        if let Some(name) = same_name
            && !self.first_meeting(name)
        {
            return;
        }
        let spot = self.spot(&up.spot, &theirs, &ours);
        // Another type behind another reference says something about the place that refers.
        let site = if same_name.is_some() { &spot } else { &up.spot };
        self.plain(theirs.value, ours.value, &spot, site);
    }

    /// Compares the schemas that both documents have under a name.
    pub(super) fn named(&mut self, name: &'a str, up: &'a Value, our: &'a Value) {
        if self.first_meeting(name) {
            let spot = Spot::new(name, format!("#/components/schemas/{}", escape(name)));
            self.plain(up, our, &spot, &spot);
        }
    }

    /// Compares schemas with references and wrappers taken off.
    fn plain(&mut self, up: &'a Value, our: &'a Value, spot: &Spot, site: &Spot) {
        let pair = (ptr::from_ref(up).addr(), ptr::from_ref(our).addr());
        if self.open.contains(&pair) {
            return;
        }
        self.open.push(pair);
        let up = Shape::of(self.upstream, up, spot);
        let our = Shape::of(self.ours, our, spot);
        for piece in &up.pieces {
            if !has_schema(self.ours, piece) {
                self.meet(piece);
            }
        }
        if up.kind == our.kind {
            self.shapes(&up, &our, spot);
        } else {
            let kind = match (up.kind.as_str(), our.kind.as_str()) {
                ("any", _) => self.either(Kind::Compatible, Kind::Breaking),
                (_, "any") => self.either(Kind::Breaking, Kind::Compatible),
                _ => Kind::Breaking,
            };
            self.note(kind, site, format!("type {} → {}", our.kind, up.kind));
        }
        self.open.pop();
    }

    /// Whose affair it is what the published schema says.
    fn spot(&mut self, site: &Spot, up: &Unwrapped<'a>, our: &Unwrapped<'a>) -> Spot {
        let Some(name) = up.name else {
            return match up.pointer.strip_prefix('#') {
                Some(pointer) => site.named(pointer, &up.pointer),
                None => site.below("", &up.pointer),
            };
        };
        if our.name == Some(name) {
            // Both mean the same schema: it does not matter who refers to it.
            Spot::new(name, up.pointer.clone())
        } else if has_schema(self.ours, name) {
            // We have that schema and take another one here.
            site.frozen()
        } else {
            self.meet(name);
            site.named(name, &up.pointer)
        }
    }

    fn shapes(&mut self, up: &Shape<'a>, our: &Shape<'a>, spot: &Spot) {
        self.values(up, our, spot);
        self.bounds(up, our, spot);
        self.variants(up, our, spot);
        let names: BTreeSet<_> = up.members.keys().chain(our.members.keys()).copied().collect();
        for name in names {
            self.members(up.members.get(name), our.members.get(name), &spot.property(name));
        }
        match (up.closed, our.closed) {
            (true, false) => {
                let kind = self.either(Kind::Review, Kind::Compatible);
                self.note(kind, spot, "takes no other members now");
            }
            (false, true) => {
                let kind = self.either(Kind::Compatible, Kind::Review);
                self.note(kind, spot, "takes other members now");
            }
            _ => {}
        }
        if up.others.is_some() || our.others.is_some() {
            self.parts(up.others.as_ref(), our.others.as_ref(), &spot.below(".*", ""));
        }
        if up.kind == "array" {
            self.parts(up.items.as_ref(), our.items.as_ref(), &spot.below("[]", ""));
        }
    }

    /// Compares schemas that may be left out.
    fn parts(&mut self, up: Option<&Node<'a>>, our: Option<&Node<'a>>, spot: &Spot) {
        let node = |part: Option<&Node<'a>>| part.cloned().unwrap_or_else(|| Node::anything(spot.clone()));
        self.schemas(&node(up), &node(our));
    }

    fn members(&mut self, up: Option<&Member<'a>>, our: Option<&Member<'a>>, spot: &Spot) {
        match (up, our) {
            (Some(theirs), Some(ours)) => {
                let spot = &theirs.node.spot;
                match (theirs.required, ours.required) {
                    (true, false) => {
                        let kind = self.either(Kind::Breaking, Kind::Compatible);
                        self.note(kind, spot, "required now");
                    }
                    (false, true) => {
                        let kind = self.either(Kind::Compatible, Kind::Breaking);
                        self.note(kind, spot, "optional now");
                    }
                    _ => {}
                }
                self.schemas(&theirs.node, &ours.node);
            }
            (Some(theirs), None) => {
                let refused = if theirs.required { Kind::Breaking } else { Kind::Compatible };
                let kind = self.either(refused, Kind::Compatible);
                let what = self.added(theirs.node.value, theirs.required);
                self.note(kind, &theirs.node.spot, what);
            }
            (None, Some(_)) => {
                let kind = self.either(Kind::Review, Kind::Breaking);
                self.note(kind, spot, "removed");
            }
            (None, None) => {}
        }
    }

    fn values(&mut self, up: &Shape<'a>, our: &Shape<'a>, spot: &Spot) {
        match (&up.values, &our.values) {
            (Some(theirs), Some(ours)) => {
                for value in theirs.difference(ours) {
                    // Enums of ours are open: an unknown value is kept, but somebody may want to handle it.
                    let kind = self.either(Kind::Compatible, Kind::Review);
                    self.note(kind, spot, format!("value {value} added"));
                }
                for value in ours.difference(theirs) {
                    let kind = self.either(Kind::Breaking, Kind::Compatible);
                    self.note(kind, spot, format!("value {value} removed"));
                }
            }
            (Some(theirs), None) => {
                let kind = self.either(Kind::Breaking, Kind::Compatible);
                let all: Vec<_> = theirs.iter().map(String::as_str).collect();
                self.note(kind, spot, format!("any value → one of {}", all.join(", ")));
            }
            (None, Some(ours)) => {
                let kind = self.either(Kind::Compatible, Kind::Review);
                self.note(kind, spot, format!("one of {} values → any value", ours.len()));
            }
            (None, None) => {}
        }
    }

    /// Bounds of what is sent. Those of answers bind nobody.
    fn bounds(&mut self, up: &Shape<'a>, our: &Shape<'a>, spot: &Spot) {
        if self.direction == Direction::Response {
            return;
        }
        let names: BTreeSet<_> = up.bounds.keys().chain(our.bounds.keys()).copied().collect();
        for name in names {
            let (theirs, ours) = (up.bounds.get(name), our.bounds.get(name));
            // That something must not be empty is hardly ever published, and holds all the same.
            if theirs.is_none() && LEAST.contains(&name) && ours.is_some_and(|least| *least <= 1.0) {
                continue;
            }
            let upper = UPPER.contains(&name);
            let loosest = if upper { f64::INFINITY } else { f64::NEG_INFINITY };
            let order = theirs.unwrap_or(&loosest).total_cmp(ours.unwrap_or(&loosest));
            if order.is_ne() {
                let kind = if order.is_lt() == upper { Kind::Breaking } else { Kind::Compatible };
                let word = |limit: Option<&f64>| limit.map_or("none".to_owned(), ToString::to_string);
                self.note(kind, spot, format!("{name} {} → {}", word(ours), word(theirs)));
            }
        }
    }

    /// Alternatives are paired by name, then by what they say.
    fn variants(&mut self, up: &Shape<'a>, our: &Shape<'a>, spot: &Spot) {
        let mut left: Vec<&Node<'a>> = our.variants.iter().collect();
        let mut new = Vec::new();
        for theirs in &up.variants {
            let name = unwrap(self.upstream, theirs.value).name;
            let partner = left.iter().position(|ours| {
                let other = unwrap(self.ours, ours.value);
                name.is_some() && name == other.name
            });
            match partner {
                Some(at) => self.schemas(theirs, left.remove(at)),
                None => new.push(theirs),
            }
        }
        new.retain(|theirs| {
            let partner = left.iter().position(|ours| self.alike(theirs, ours));
            if let Some(at) = partner {
                left.remove(at);
            }
            partner.is_none()
        });
        if let ([theirs], [ours]) = (new.as_slice(), left.as_slice()) {
            return self.schemas(theirs, ours);
        }
        for theirs in new {
            let kind = self.either(Kind::Compatible, Kind::Breaking);
            let what = format!("alternative {} added", describe(self.upstream, theirs.value));
            self.note(kind, &theirs.spot, what);
        }
        for ours in left {
            let kind = self.either(Kind::Breaking, Kind::Compatible);
            let what = format!("alternative {} removed", describe(self.ours, ours.value));
            self.note(kind, spot, what);
        }
    }

    /// Whether two schemas differ in nothing.
    fn alike(&self, up: &Node<'a>, our: &Node<'a>) -> bool {
        let mut trial = Walk::new(self.upstream, self.ours, &[], "");
        trial.direction = self.direction;
        trial.open.clone_from(&self.open);
        trial.schemas(up, our);
        trial.is_empty()
    }
}
