//! What counts as an import, and what is wrong with a crate, on small crates of its own.

use std::{fs, path::Path};

use tempfile::TempDir;
use xtask::architecture::{
    Measured, measure,
    plan::{Allowed, Level},
    report, run,
};

/// A workspace with one crate, `garden`, of files by their paths below `src/`.
fn garden(files: &[(&str, &str)]) -> TempDir {
    let root = TempDir::new().unwrap();
    for (path, text) in files {
        let path = root.path().join("crates/garden/src").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn measured(root: &Path, levels: &[Level]) -> Measured {
    measure(root, levels).unwrap().pop().unwrap()
}

fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let measured = measured(garden(files).path(), &[]);
    measured.graph.arrows.keys().map(|(from, to)| format!("{from} {to}")).collect()
}

const DECLARES: &str = "mod beds; mod tools; mod water;";

#[test]
fn every_way_to_name_a_module_is_an_import() {
    for text in [
        "use crate::water::Can;",
        "use super::water::{self, Can};",
        "use crate::{water as wet, tools as _};",
        "fn f() { crate::water::pour(); }",
        "fn f(can: crate::water::Can) {}",
        "fn f() { use super::water::*; }",
        "fn f() { println!(\"{}\", crate::water::level(1)); }",
        "mod inner { fn f() { super::super::water::pour(); } }",
        "use crate::water; mod inner {} ",
    ] {
        let found = arrows(&[("lib.rs", DECLARES), ("beds.rs", text), ("tools.rs", ""), ("water.rs", "")]);
        assert!(found.contains(&"beds water".to_owned()), "{text}: {found:?}");
    }
}

#[test]
fn a_short_name_leads_to_what_it_stands_for() {
    let found = arrows(&[
        ("lib.rs", "mod beds; mod shed;"),
        ("beds.rs", "use crate::shed; fn f() { shed::tools::rake(); }"),
        ("shed.rs", "pub mod tools;"),
        ("shed/tools.rs", "fn f() { super::super::beds::f() }"),
    ]);
    assert_eq!(found, ["beds shed", "shed beds"]);
}

#[test]
fn tests_generated_files_other_crates_and_quoted_code_do_not_count() {
    let found = arrows(&[
        (
            "lib.rs",
            "mod beds; mod generated; #[path = \"generated/tools.rs\"] mod tools; mod water;
             pub use generated::{Rake, seeds as grains};",
        ),
        (
            "beds.rs",
            "//! See [`crate::water`].
             #[cfg(test)] mod tests { use crate::water::Can; }
             #[cfg(test)] use crate::water::Can;
             #[cfg(all(test, unix))] fn f() { crate::water::pour(); }
             use std::fmt; use ::water::Can; use serde::water;
             use crate::{Rake, generated::seeds, grains, tools::Hoe};
             pub(in crate::water) struct Bed;
             impl Bed { #[cfg(test)] fn new() { crate::water::pour(); } }
             fn g() { quote!(crate::water::pour()); let water = 1; water.pow(2); }",
        ),
        ("generated/mod.rs", "// @generated\npub mod seeds;"),
        ("generated/tools.rs", "// @generated\nuse crate::water::Can;"),
        ("water.rs", "#[cfg(not(test))] use crate::beds::Bed;"),
    ]);
    assert_eq!(found, ["water beds"]);
}

#[test]
fn roots_are_rooms_and_modules_in_files_of_others_are_not() {
    let measured = measured(
        garden(&[
            ("lib.rs", "mod beds; pub use beds::Bed; pub mod shown { pub use crate::beds::Bed; }"),
            ("main.rs", "fn main() { garden::Bed; }"),
            ("beds/mod.rs", "mod seeds; use crate::shown;"),
            ("beds/seeds.rs", "use super::Bed;"),
        ])
        .path(),
        &[],
    );
    assert_eq!(measured.graph.rooms.iter().collect::<Vec<_>>(), ["beds", "lib", "main"]);
    let arrows: Vec<_> = measured.graph.arrows.keys().map(|(from, to)| format!("{from} {to}")).collect();
    assert_eq!(arrows, ["beds lib", "lib beds", "main lib"]);
    assert_eq!(measured.circles, [["beds", "lib"]]);
}

/// Beds and tools point at each other, and all at water.
fn tangled() -> TempDir {
    garden(&[
        ("lib.rs", DECLARES),
        ("beds.rs", "\nuse crate::tools::Rake;\nuse crate::water::Can;"),
        ("tools.rs", "use crate::water::Can;\nfn f() {}\nuse crate::beds::Bed;"),
        ("water.rs", ""),
    ])
}

const ORDER: [&str; 4] = ["lib", "beds", "tools", "water"];

fn level(order: &'static [&'static str], allowed: &'static [Allowed]) -> Level {
    Level { folder: "crates/garden", below: &[], order, allowed }
}

#[test]
fn a_circle_is_told_with_its_places_and_is_a_fault() {
    let root = tangled();
    let found = measured(root.path(), &[]);
    assert_eq!(found.circles, [["beds", "tools"]]);
    assert_eq!((found.graph.rooms.len(), found.graph.arrows.len(), found.up.len()), (4, 4, 1));
    assert_eq!(found.faults.len(), 1, "{:?}", found.faults);
    let text = report(&[found]);
    assert!(text.contains("garden: a circle of beds, tools"), "{text}");
    assert!(text.contains("beds → tools  crates/garden/src/beds.rs:2"), "{text}");
    assert!(text.contains("tools → beds  crates/garden/src/tools.rs:3"), "{text}");
    assert!(run(root.path(), false, &mut Vec::new()).unwrap());
}

#[test]
fn check_fails_on_a_circle() {
    let root = tangled();
    let mut out = Vec::new();
    // The levels of the workspace itself name no crate of this one.
    assert!(!run(root.path(), true, &mut out).unwrap());
    assert!(String::from_utf8(out).unwrap().ends_with(":3\n"));
    let straight =
        garden(&[("lib.rs", "mod beds; mod water;"), ("beds.rs", "use crate::water::Can;"), ("water.rs", "")]);
    assert!(run(straight.path(), true, &mut Vec::new()).unwrap());
}

#[test]
fn an_order_that_is_laid_down_decides_what_is_up() {
    let root = tangled();
    let found = measured(root.path(), &[level(&ORDER, &[])]);
    assert_eq!(found.up, [(("tools".to_owned(), "beds".to_owned()), None)]);
    let found = measured(root.path(), &[level(&["lib", "water", "tools", "beds"], &[])]);
    assert_eq!(found.up.len(), 3);
}

#[test]
fn what_is_allowed_must_be_needed() {
    const ARROW: Allowed = Allowed { from: "tools", to: "beds", why: "they grew together" };
    let found = measured(tangled().path(), &[level(&ORDER, &[ARROW])]);
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert!(report(&[found]).contains("(allowed: they grew together)"));
    let found = measured(tangled().path(), &[level(&[], &[ARROW])]);
    assert!(found.faults.is_empty(), "the order follows what is allowed: {:?}", found.faults);
    let straight = garden(&[("lib.rs", DECLARES), ("beds.rs", ""), ("tools.rs", ""), ("water.rs", "")]);
    let found = measured(straight.path(), &[level(&ORDER, &[ARROW])]);
    assert_eq!(found.faults, ["tools does not import beds against the order: allow it no longer"]);
}

#[test]
fn order_and_rooms_agree() {
    let found = measured(tangled().path(), &[level(&["lib", "beds", "tools", "hedge"], &[])]);
    assert!(found.faults.contains(&"water has no place in the order".to_owned()), "{:?}", found.faults);
    assert!(found.faults.contains(&"hedge has a place in the order and is no room".to_owned()), "{:?}", found.faults);
}

#[test]
fn rooms_below_a_module_are_measured_by_themselves() {
    let root = garden(&[
        ("lib.rs", "mod beds; mod water;"),
        ("beds.rs", "mod roses; mod tulips; pub struct Bed;"),
        ("beds/roses.rs", "use super::{Bed, tulips::Bulb}; use crate::water::Can;"),
        ("beds/tulips.rs", "use crate::beds; fn f() { beds::roses::f(); }"),
        ("water.rs", ""),
    ]);
    let found = measured(root.path(), &[Level { folder: "crates/garden", below: &["beds"], order: &[], allowed: &[] }]);
    assert_eq!(found.name, "garden beds/");
    let arrows: Vec<_> = found.graph.arrows.keys().map(|(from, to)| format!("{from} {to}")).collect();
    assert_eq!(arrows, ["roses beds", "roses tulips", "tulips roses"]);
}
