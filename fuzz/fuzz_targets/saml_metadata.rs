//! Metadata of identity providers: reading takes memory by its size, and what is written of what was read is read alike.
//!
//! Input: a document.

#![no_main]

use frontegg_emulator::fuzzing::saml_metadata;
use frontegg_fuzz::memory::Limit;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let limit = Limit { any: 256 * 1024, byte: 1024 };
    if let Some(written) = limit.hold(text.len(), || saml_metadata(text)) {
        assert_eq!(saml_metadata(&written), Some(written));
    }
});
