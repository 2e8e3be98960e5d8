//! Filters of SCIM: whatever is asked, it is read and held against a user within bounds, and what is denied is the
//! opposite.
//!
//! Input: the filter.

#![no_main]

use std::sync::LazyLock;

use frontegg_emulator::fuzzing::{scim_filter, scim_user};
use frontegg_fuzz::memory::Limit;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

static USER: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let user = json!({
        "userName": "Ada@x.test", "externalId": "7", "active": true, "name": { "givenName": "Ada" },
        "emails": [{ "value": "ada@x.test", "type": "work", "primary": true }, { "value": "a@home.test" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "R" },
    });
    scim_user(user).expect("a user")
});

fuzz_target!(|input: &[u8]| {
    let Ok(filter) = std::str::from_utf8(input) else { return };
    let user = &*USER;
    let limit = Limit { any: 64 * 1024, byte: 4 * 1024 };
    let Some(holds) = limit.hold(input.len(), || scim_filter(filter, user)) else { return };
    if let Some(denied) = scim_filter(&format!("not ({filter})"), user) {
        assert_eq!(denied, !holds);
    }
    if let Some(both) = scim_filter(&format!("({filter}) and ({filter})"), user) {
        assert_eq!(both, holds);
    }
});
