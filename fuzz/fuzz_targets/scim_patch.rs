//! Users of SCIM and patches of them: what is kept, sent again, is kept as the same, also after a patch.
//!
//! Input: a user as JSON, in a line; then a patch as JSON.

#![no_main]

use frontegg_emulator::fuzzing::{ScimError, scim_patch, scim_user};
use frontegg_fuzz::{lines, memory::Limit};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

/// Errors are short, whatever is wrong.
const MOST_TEXT: usize = 1024;

fn checked(result: Result<Map<String, Value>, ScimError>) -> Option<Map<String, Value>> {
    match result {
        Ok(user) => Some(user),
        Err(error) => {
            assert!((1..=MOST_TEXT).contains(&error.length()));
            None
        }
    }
}

fn assert_kept(user: &Map<String, Value>) {
    let again = scim_user(Value::Object(user.clone())).expect("what is kept can be sent");
    assert_eq!(&again, user);
}

fuzz_target!(|input: &[u8]| {
    let (user, patch) = lines::first(input);
    let Ok(user) = serde_json::from_slice::<Value>(user) else { return };
    let Some(user) = checked(scim_user(user)) else { return };
    assert_kept(&user);
    let Ok(patch) = serde_json::from_slice::<Value>(patch) else { return };
    let limit = Limit { any: 256 * 1024, byte: 4 * 1024 };
    if let Some(patched) = checked(limit.hold(input.len(), || scim_patch(&user, &patch))) {
        assert_kept(&patched);
    }
});
