//! Measures how the rooms of the crates hang together, and refuses circles.
//!
//! A room is a module directly below a crate's `src/` (or below another module that is measured by itself) with all that
//! stands below it. An arrow leads from a room to one that it imports from, by `use` or by a path in code; tests and
//! generated files do not count. An arrow runs up when it leads against the order of the rooms: the one that `plan`
//! lays down, or else the one in which fewest do. Rooms that reach each other make a circle.

pub mod graph;
pub mod imports;
pub mod plan;
pub mod source;

use std::{collections::BTreeSet, fmt::Write as _, fs, io::Write, path::Path};

use anyhow::{Context, Result};

use graph::{Arrow, Graph};
use plan::{LEVELS, Level};

/// One level with its figures.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Name of the crate, and of the module where only its rooms are meant.
    pub name: String,
    /// Rooms and arrows.
    pub graph: Graph,
    /// Arrows that run up, and why they may.
    pub up: Vec<(Arrow, Option<&'static str>)>,
    /// Sets of rooms that reach each other.
    pub circles: Vec<Vec<String>>,
    /// What is wrong: arrows up that are not allowed, allowances that allow nothing, rooms that the order does not have.
    pub faults: Vec<String>,
}

/// Prints figures, arrows that run up and circles. Tells whether all is well; without `check` it always is.
pub fn run(root: &Path, check: bool, out: &mut dyn Write) -> Result<bool> {
    let measured = measure(root, LEVELS)?;
    out.write_all(report(&measured).as_bytes())?;
    let faults: Vec<String> =
        measured.iter().flat_map(|level| level.faults.iter().map(|fault| format!("{}: {fault}", level.name))).collect();
    if check && !faults.is_empty() {
        writeln!(out, "\n{}", faults.join("\n"))?;
        return Ok(false);
    }
    Ok(true)
}

/// Measures every crate below `crates/`, and `xtask`, with the levels that are laid down for them.
pub fn measure(root: &Path, levels: &[Level]) -> Result<Vec<Measured>> {
    let mut folders = vec!["xtask".to_owned()];
    for entry in fs::read_dir(root.join("crates")).context("crates")? {
        folders.push(format!("crates/{}", entry?.file_name().to_string_lossy()));
    }
    folders.sort();
    let mut measured = Vec::new();
    for folder in folders.iter().filter(|folder| root.join(folder).join("src").is_dir()) {
        let modules = source::modules(root, Path::new(folder))?;
        let whole = [Level { folder: "", below: &[], order: &[], allowed: &[] }];
        let laid_down: Vec<Level> = levels.iter().filter(|level| level.folder == folder).copied().collect();
        for level in if laid_down.is_empty() { &whole[..] } else { &laid_down } {
            let below: Vec<String> = level.below.iter().map(|name| (*name).to_owned()).collect();
            let mut name = folder.trim_start_matches("crates/").to_owned();
            if !below.is_empty() {
                name += &format!(" {}/", below.join("/"));
            }
            measured.push(judged(name, Graph::read(&modules, &below), level));
        }
    }
    Ok(measured)
}

fn judged(name: String, graph: Graph, level: &Level) -> Measured {
    let allowed = |(from, to): &Arrow| level.allowed.iter().find(|allowed| allowed.from == from && allowed.to == to);
    let order: Vec<String> = if level.order.is_empty() {
        graph.without(|arrow| allowed(arrow).is_some()).order()
    } else {
        level.order.iter().map(|room| (*room).to_owned()).collect()
    };
    let up: Vec<(Arrow, Option<&str>)> = graph
        .up(&order)
        .into_iter()
        .map(|arrow| {
            let why = allowed(&arrow).map(|allowed| allowed.why);
            (arrow, why)
        })
        .collect();
    let mut faults = Vec::new();
    for ((from, to), _) in up.iter().filter(|(_, why)| why.is_none()) {
        faults.push(format!("{from} must not import {to}, which stands above it{}", places(&graph, from, to)));
    }
    for allowed in level.allowed {
        if !up.iter().any(|((from, to), _)| from == allowed.from && to == allowed.to) {
            faults
                .push(format!("{} does not import {} against the order: allow it no longer", allowed.from, allowed.to));
        }
    }
    for room in graph.rooms.iter().filter(|room| !order.contains(room)) {
        faults.push(format!("{room} has no place in the order"));
    }
    let rooms: BTreeSet<&str> = graph.rooms.iter().map(String::as_str).collect();
    for room in order.iter().filter(|room| !rooms.contains(room.as_str())) {
        faults.push(format!("{room} has a place in the order and is no room"));
    }
    Measured { name, up, circles: graph.circles(), faults, graph }
}

fn places(graph: &Graph, from: &str, to: &str) -> String {
    let places = graph.arrows.get(&(from.to_owned(), to.to_owned())).into_iter().flatten();
    places.map(|place| format!("\n  {}:{}", place.file.display(), place.line)).collect()
}

/// The figures as a table, then every arrow that runs up and every circle with its places.
pub fn report(measured: &[Measured]) -> String {
    let width = measured.iter().map(|level| level.name.len()).max().unwrap_or_default();
    let mut text = format!("{:width$}  rooms  arrows  up  circles\n", "");
    // Writing to a string cannot fail.
    for Measured { name, graph, up, circles, .. } in measured {
        let (rooms, arrows, up, circles) = (graph.rooms.len(), graph.arrows.len(), up.len(), circles.len());
        let _ = writeln!(text, "{name:width$}  {rooms:>5}  {arrows:>6}  {up:>2}  {circles:>7}");
    }
    for Measured { name, graph, up, circles, .. } in measured {
        for ((from, to), why) in up {
            let why = why.map_or_else(String::new, |why| format!(" (allowed: {why})"));
            let _ =
                writeln!(text, "\n{name}: {from} imports {to}, which stands above it{why}{}", places(graph, from, to));
        }
        for circle in circles {
            let _ = writeln!(text, "\n{name}: a circle of {}", circle.join(", "));
            for (from, to) in graph.arrows.keys().filter(|(from, to)| circle.contains(from) && circle.contains(to)) {
                let first = &graph.arrows[&(from.clone(), to.clone())][0];
                let _ = writeln!(text, "  {from} → {to}  {}:{}", first.file.display(), first.line);
            }
        }
    }
    text
}
