//! What the crate offers: every published operation, and no library that is an inner matter of it.

mod examples;
mod guide;
mod public;

use std::{collections::BTreeSet, path::Path};

use frontegg_identity::model::OPERATIONS;
use frontegg_samples::facade::CALLS;
use public::Source;

#[test]
fn every_published_operation_is_reached() {
    let reached: BTreeSet<_> = CALLS.iter().map(|call| call.operation).collect();
    let published = OPERATIONS.iter().filter(|operation| operation.published).map(|operation| operation.id).collect();
    assert_eq!(reached, published);
}

/// Libraries that users must not meet: exchanging one is nobody's business.
const INNER: &[&str] = &[
    "aws_lc_rs",
    "base64",
    "frontegg_client",
    "hyper",
    "hyper_util",
    "jsonwebtoken",
    "progenitor",
    "progenitor_client",
    "redis",
    "reqwest",
    "rustls",
    "tokio",
];

/// What is meant to be seen of them: the raw client and an HTTP client of one's own, which are documented as ways out,
/// the raw client's error, and a name for a boxed future of the standard library.
const OUTSIDE: &[(&str, &str)] = &[
    ("error.rs", "frontegg_client::Error"),
    ("lib.rs", "frontegg_client"),
    ("scope.rs", "frontegg_client::Client"),
    ("builder.rs", "reqwest::Client"),
    ("call.rs", "frontegg_client::MaybeSend"),
    ("verify/access_tokens.rs", "frontegg_client::BoxFuture"),
];

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = public::sources(&root);
    sources.sort_by(|one, other| one.name.cmp(&other.name));
    sources
}

#[test]
fn inner_libraries_stay_inside() {
    let sources = sources();
    assert!(sources.len() > 50, "the generated views are among them");
    let mut met = BTreeSet::new();
    for source in &sources {
        for path in source.foreign(INNER) {
            met.insert((source.name.clone(), path));
        }
    }
    let meant = OUTSIDE.iter().map(|(file, path)| ((*file).to_owned(), (*path).to_owned())).collect();
    assert_eq!(met, meant);
}

/// A change of what is written by hand shows here, and is to be looked at.
#[test]
fn the_hand_written_interface_is_as_it_was() {
    let texts = sources().into_iter().filter(|source| !source.name.starts_with("generated/")).map(|source| {
        let text = source.text();
        if text.is_empty() { text } else { format!("// {}\n{text}\n", source.name) }
    });
    let text: String = texts.collect();
    insta::assert_snapshot!("interface", text);
}
