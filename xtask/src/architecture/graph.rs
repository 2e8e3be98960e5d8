//! Rooms and the arrows between them: circles, and an order in which few arrows run up.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::source::Module;

/// An import as people look it up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From the root of the workspace.
    pub file: PathBuf,
    /// Counted from one.
    pub line: usize,
}

/// From the room that imports to the room that is imported.
pub type Arrow = (String, String);

/// What imports what at one level of a crate.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Names of the rooms, sorted.
    pub rooms: BTreeSet<String>,
    /// For every arrow the first import in each file.
    pub arrows: BTreeMap<Arrow, Vec<Place>>,
}

impl Graph {
    /// The rooms below a module of a crate; below nothing, those of the crate itself.
    ///
    /// A room is a module with all that stands below it. The module whose rooms these are counts as one, since names
    /// can stand in it, too: `lib` and `main`, or the module's own name.
    pub fn read(modules: &[Module], below: &[String]) -> Self {
        let mut graph = Self::default();
        let (generated, written): (Vec<&Module>, Vec<&Module>) = modules.iter().partition(|module| module.generated);
        let tops: BTreeSet<&str> = written.iter().filter_map(|module| room_name(&module.path, below)).collect();
        let mut ignored: BTreeSet<&str> = generated
            .iter()
            .filter_map(|module| room_name(&module.path, below))
            .filter(|name| !tops.contains(name))
            .collect();
        // Nor does what the root passes on from there.
        for import in written.iter().filter(|module| module.path == below).flat_map(|module| &module.imports) {
            if import.path.get(below.len()).is_some_and(|name| ignored.contains(name.as_str())) {
                ignored.extend(import.name.as_deref());
            }
        }
        for module in written.iter().filter(|module| module.path.starts_with(below)) {
            let root = below.last().map_or(module.root, String::as_str);
            let from = room_name(&module.path, below).unwrap_or(root);
            graph.rooms.insert(from.to_owned());
            for import in module.imports.iter().filter(|import| import.path.starts_with(below)) {
                let to = match import.path.get(below.len()) {
                    Some(name) if ignored.contains(name.as_str()) => continue,
                    Some(name) if tops.contains(name.as_str()) => name,
                    // What is generated is nobody's room.
                    Some(name) if name == "generated" => continue,
                    // An item of the module itself. The module alone only makes longer names short.
                    Some(_) => below.last().map_or("lib", String::as_str),
                    None => continue,
                };
                if from != to {
                    let places = graph.arrows.entry((from.to_owned(), to.to_owned())).or_default();
                    if places.iter().all(|place| place.file != module.file) {
                        places.push(Place { file: module.file.clone(), line: import.line });
                    }
                }
            }
        }
        graph
    }

    /// The same without some arrows.
    #[must_use]
    pub fn without(&self, left_out: impl Fn(&Arrow) -> bool) -> Self {
        let mut graph = self.clone();
        graph.arrows.retain(|arrow, _| !left_out(arrow));
        graph
    }

    /// Sets of rooms that reach each other: the strongly connected components of more than one room.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.rooms.iter().map(|room| (room.as_str(), self.reached_from(room))).collect();
        let mut circles = Vec::new();
        let mut seen = BTreeSet::new();
        for room in &self.rooms {
            let there = &reached[room.as_str()];
            let circle: Vec<String> = there
                .iter()
                .filter(|other| reached[**other].contains(room.as_str()))
                .map(|other| (*other).to_owned())
                .collect();
            if circle.len() > 1 && seen.insert(circle.clone()) {
                circles.push(circle);
            }
        }
        circles
    }

    fn reached_from<'a>(&'a self, room: &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![room];
        while let Some(from) = open.pop() {
            for (_, to) in self.arrows.keys().filter(|(other, _)| other == from) {
                if reached.insert(to.as_str()) {
                    open.push(to);
                }
            }
        }
        reached
    }

    /// An order of the rooms, from the top, in which as few arrows run up as could be found.
    ///
    /// Without circles none does. Otherwise one room at a time moves to where it saves most, until no move saves
    /// anything: with the few rooms of a circle that is the least number or near it.
    pub fn order(&self) -> Vec<String> {
        let mut order: Vec<String> = Vec::new();
        let mut left = self.rooms.clone();
        while !left.is_empty() {
            // The room that fewest of the others import, least imported first: on top.
            let importers = |room: &String| {
                self.arrows.keys().filter(|(from, to)| to == room && from != room && left.contains(from)).count()
            };
            let Some(top) = left.iter().min_by_key(|room| (importers(room), (*room).clone())).cloned() else { break };
            left.remove(&top);
            order.push(top);
        }
        while let Some(better) = self.improved(&order) {
            order = better;
        }
        order
    }

    /// The best order that one move makes, if it is better.
    fn improved(&self, order: &[String]) -> Option<Vec<String>> {
        let mut best = (self.up(order).len(), None);
        for from in 0..order.len() {
            for to in (0..order.len()).filter(|to| *to != from) {
                let mut moved = order.to_vec();
                let room = moved.remove(from);
                moved.insert(to, room);
                let up = self.up(&moved).len();
                if up < best.0 {
                    best = (up, Some(moved));
                }
            }
        }
        best.1
    }

    /// Arrows from a room to one that stands above it. A room without a place stands below all others.
    pub fn up(&self, order: &[String]) -> Vec<Arrow> {
        let place: BTreeMap<&str, usize> =
            order.iter().enumerate().map(|(place, room)| (room.as_str(), place)).collect();
        let place = |room: &str| place.get(room).copied().unwrap_or(order.len());
        self.arrows.keys().filter(|(from, to)| place(from) > place(to)).cloned().collect()
    }
}

/// Name of the room in which a module stands.
fn room_name<'a>(path: &'a [String], below: &[String]) -> Option<&'a str> {
    path.strip_prefix(below)?.first().map(String::as_str)
}
