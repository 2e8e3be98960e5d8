//! Every published operation is offered by a view.

#[path = "generated/reached.rs"]
#[rustfmt::skip]
mod generated;

use std::collections::BTreeSet;

use frontegg_identity::model::OPERATIONS;

#[test]
fn every_published_operation_is_reached() {
    let reached: Vec<_> = generated::reached().into_iter().collect();
    let unique: BTreeSet<_> = reached.iter().copied().collect();
    let published = OPERATIONS.iter().filter(|operation| operation.published).map(|operation| operation.id).collect();
    assert_eq!(unique, published);
    assert_eq!(reached.len(), unique.len(), "an operation is offered twice");
}
