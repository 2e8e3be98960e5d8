//! What a call costs beside the same exchange with reqwest alone, in what can be counted: allocations, and the size of
//! futures.

#[allow(dead_code, reason = "shared with benches")]
#[path = "../benches/exchange.rs"]
mod exchange;

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use exchange::{Ways, one_thread, service::listen};
use frontegg_identity::Frontegg;

/// Calls that are counted together.
const CALLS: u32 = 50;

/// How many roles a small answer has, and one of 6 KB.
const ANSWERS: [usize; 2] = [1, 24];

/// What this thread allocates for calls of either kind. The first opens the connection.
fn allocated(call: impl Fn()) -> AllocationInfo {
    call();
    measure(|| (0..CALLS).for_each(|_| call()))
}

#[test]
fn a_call_allocates_little_more_than_its_exchange() {
    for roles in ANSWERS {
        let (ways, runtime) = (Ways::to_service(&listen(roles)), one_thread());
        let reqwest = allocated(|| drop(black_box(runtime.block_on(ways.by_reqwest()))));
        let facade = allocated(|| drop(black_box(runtime.block_on(ways.by_facade()))));
        let (ours, theirs) = (facade.count_total, reqwest.count_total);
        assert!(ours * 100 <= theirs * 110, "{roles} roles: {ours} allocations beside {theirs} in {CALLS} calls");
        // Boxed futures, above all.
        let (ours, theirs) = (facade.bytes_total, reqwest.bytes_total);
        assert!(ours <= theirs + 4_096 * u64::from(CALLS), "{roles} roles: {ours} bytes beside {theirs}");
    }
}

/// A future is moved when it is made, boxed and given to another.
#[test]
fn futures_are_small() {
    let frontegg = Frontegg::builder().base_url("http://127.0.0.1:1").build().unwrap();
    let roles = frontegg.management().roles();
    assert!(size_of_val(&roles.list_roles_v1()) <= 128);
    let raw = size_of_val(&frontegg.client().list_roles_v1());
    assert!(raw <= 640, "{raw}");
}
