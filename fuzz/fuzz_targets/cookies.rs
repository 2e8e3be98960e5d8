//! Cookies, from one end to the other: what a server sets a session sends, and the server reads it again;
//! what else comes along changes nothing.
//!
//! Input: lines of `Set-Cookie`, an empty line, lines of `Cookie`, an empty line, the name and the value of
//! a cookie.

#![no_main]

use frontegg_contract::{
    Cookie, SameSite,
    fuzzing::{context, set_cookie},
};
use frontegg_fuzz::{lines, memory::Limit};
use frontegg_identity::fuzzing::cookies;
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

/// What names of the service's cookies begin with.
const PREFIX: &str = "fe_";
/// What names of a session's begin with.
const PREFIXES: [&str; 2] = ["fe_refresh_", "fe_device_"];
/// Most cookies that are kept: a session's, and what a sign-in needs.
const MOST: usize = 10;

fn values(lines: &[&[u8]]) -> Vec<HeaderValue> {
    lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()).collect()
}

/// The values of a cookie in these lines of a request.
fn read<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>, name: &str) -> Vec<String> {
    let headers: HeaderMap = lines.into_iter().map(|line| (header::COOKIE, line.clone())).collect();
    let context = context(headers).expect("no scope in it");
    context.cookies(name).map(str::to_owned).collect()
}

/// A sign-in sends a few cookies at most, the service's, and the server finds them.
fn check_sent(answers: &[HeaderValue]) {
    let Some(sent) = cookies([answers]) else { return };
    assert_eq!(cookies([answers, answers]).as_ref(), Some(&sent), "the same answer again");
    let text = std::str::from_utf8(sent.as_bytes()).expect("text");
    let pairs: Vec<_> = text.split("; ").filter_map(|pair| pair.split_once('=')).collect();
    assert!((1..=MOST).contains(&pairs.len()), "{text}");
    for (name, value) in pairs {
        assert!(name.starts_with(PREFIX), "{name}");
        assert_eq!(read([&sent], name), [value.trim_ascii_end()], "{text}");
    }
}

/// Foreign cookies hide none.
fn check_read(lines: &[HeaderValue], name: &str) {
    let found = read(lines, name);
    let foreign = HeaderValue::from_static("_utm=\"a, b\";;=; _flag");
    assert_eq!(read(lines.iter().chain([&foreign]), name), found);
    assert_eq!(read([&foreign].into_iter().chain(lines), name), found);
}

/// What may stand in the name (RFC 9110, 5.6.2) and the value (RFC 6265, 4.1.1) of a cookie.
fn check_round_trip(name: &[u8], value: &[u8]) {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let is_value = |byte: &u8| byte.is_ascii_graphic() && !b"\",;\\".contains(byte);
    let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) else { return };
    if value.is_empty() || !name.bytes().all(|byte| is_name(&byte)) || !value.bytes().all(|byte| is_value(&byte)) {
        return;
    }
    for (prefix, same_site, secure) in [
        (PREFIXES[0], SameSite::None, true),
        (PREFIXES[1], SameSite::Strict, false),
        (PREFIXES[0], SameSite::Lax, true),
    ] {
        let name = format!("{prefix}{name}");
        let cookie = Cookie { name: &name, value, max_age: Some(60), same_site, secure };
        let line = set_cookie(&cookie).expect("a line");
        let sent = cookies([&[line.clone()][..]]).expect("a cookie");
        assert_eq!(read([&sent], &name), [value]);
        let gone = set_cookie(&Cookie { value: "", max_age: Some(0), ..cookie }).expect("a line");
        assert_eq!(cookies([&[line][..], &[gone][..]]), None, "it was removed");
    }
}

fuzz_target!(|input: &[u8]| {
    let (set, rest) = lines::block(input);
    let (sent, rest) = lines::block(rest);
    let (name, value) = lines::first(rest);
    let limit = Limit { any: 64 * 1024, byte: 512 };
    limit.hold(input.len(), || {
        check_sent(&values(&set));
        check_read(&values(&sent), &format!("fe_{}", String::from_utf8_lossy(name)));
        check_round_trip(name, value);
    });
});
