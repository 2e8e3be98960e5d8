//! What callers send, looked over: ids that they choose, lists of ids and keys, texts that must say
//! something, addresses that people are sent to.

use std::{collections::HashSet, net::IpAddr};

use http::Uri;

use super::{DomainError, DomainResult};
use crate::ids;

/// Most entries of a list: what every engine takes as parameters of one statement, with room for
/// others.
const MOST: usize = 10_000;

/// Each entry once, in the order of the request. `member` names the list where it is too long.
pub(crate) fn distinct(member: &str, ids: Vec<String>) -> DomainResult<Vec<String>> {
    let ids = each_once(ids);
    at_most(member, &ids)?;
    Ok(ids)
}

/// Each entry once, where it stands first.
pub(crate) fn each_once(mut ids: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::with_capacity(ids.len());
    ids.retain(|id| seen.insert(id.clone()));
    ids
}

/// Refuses a list that is too long for one statement.
pub(crate) fn at_most<T>(member: &str, list: &[T]) -> DomainResult<()> {
    if list.len() <= MOST {
        return Ok(());
    }
    Err(DomainError::bad_request(format!("{member} must not have more than {MOST} entries")))
}

/// Refuses an id, key or alias that a path or a header would not carry as it is: a client folds `.` and
/// `..` into the path, and a header loses its outer blanks and takes no control characters. What came
/// would be another one.
pub(crate) fn check_id(member: &str, id: &str) -> DomainResult<()> {
    let fault = if id.trim().is_empty() {
        "should not be empty"
    } else if matches!(id, "." | "..") {
        "must not be . or .."
    } else if id.trim() != id {
        "must not begin or end with a blank"
    } else if id.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return Ok(());
    };
    Err(DomainError::bad_request(format!("{member} {fault}")))
}

/// The id that a caller has chosen for something new, or a fresh one.
pub(crate) fn id_or_new(member: &str, chosen: Option<String>) -> DomainResult<String> {
    match chosen {
        Some(id) => check_id(member, &id).map(|()| id),
        None => Ok(ids::new_id()),
    }
}

/// Refuses those of the members that are given and blank. `place` goes before their names.
pub(crate) fn not_empty(place: &str, members: &[(&str, Option<&str>)]) -> DomainResult<()> {
    let blank = |(member, value): &(&str, Option<&str>)| {
        value.is_some_and(|value| value.trim().is_empty()).then(|| format!("{place}{member} should not be empty"))
    };
    let faults: Vec<String> = members.iter().filter_map(blank).collect();
    if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
}

/// Schemes that make a link do something in place of leading somewhere.
const HARMFUL: [&str; 4] = ["javascript", "data", "vbscript", "file"];

/// Whether people may be sent to that address: one of the web, or of an app that has its own scheme
/// (RFC 3986, 3.1), with tokens in its query. Browsers drop blanks and line ends in front of a scheme and
/// within it, so there are none.
pub(crate) fn is_redirect(address: &str) -> bool {
    let Some((scheme, _)) = address.split_once(':') else {
        return false;
    };
    let is_name = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_name && !HARMFUL.iter().any(|harmful| scheme.eq_ignore_ascii_case(harmful))
}

/// Whether that is the absolute address of a page or an app, as [`is_redirect`] has it, and by http of this machine only.
pub(crate) fn is_absolute(address: &str) -> bool {
    if !is_redirect(address) {
        return false;
    }
    let is_of = |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if !is_of("http:") && !is_of("https:") {
        return true;
    }
    // Without a scheme it is a host with a port.
    let uri = address.parse::<Uri>().ok().filter(|uri| uri.scheme().is_some());
    let host = uri.and_then(|uri| uri.host().map(str::to_ascii_lowercase));
    host.is_some_and(|host| !host.is_empty() && (is_of("https:") || is_local(&host)))
}

/// The name of this machine.
pub(crate) const LOCALHOST: &str = "localhost";

/// Whether that host of an address is this machine, also where it listens on every address.
pub(crate) fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == LOCALHOST || address.is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

/// Whether something can be asked at that address, or a browser be sent there: one of the web, with a host (RFC 9110,
/// 4.2).
pub(crate) fn is_web_address(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_has_an_address_of_the_web() {
        for good in
            ["https://idp.test", "HTTP://localhost:8080/token?x=y", "https://[::1]/", "https://hooks.test/x?y=z"]
        {
            assert!(is_web_address(good), "{good}");
        }
        for bad in [
            "",
            "idp.test",
            "idp.test:443",
            "/token",
            "https://",
            "ftp://idp.test",
            "file:///x",
            "https://a b",
            "http:",
        ] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }

    #[test]
    fn people_are_sent_to_the_web_and_to_apps() {
        for good in ["https://a.test/x?y#z", "HTTP://a.test", "com.acme.app://done", "acme+1-x.y:z", "http://[::1]:1"] {
            assert!(is_redirect(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "javascript://a.test/%0aalert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//evil.test",
            "/account",
            "a.test/x",
            "1a:x",
            "ä:x",
            "java&#115;cript:x",
            ":x",
            "",
        ] {
            assert!(!is_redirect(bad), "{bad}");
        }
    }

    #[test]
    fn pages_are_reached_by_tls_but_on_this_machine() {
        for good in
            ["https://a.test/x", "HTTPS://A.test", "http://localhost:3000", "http://127.0.0.1", "com.acme.app://x"]
        {
            assert!(is_absolute(good), "{good}");
        }
        for bad in
            ["http://a.test", "HTTP://a.test", "http://localhost.evil.test", "https:", "https://", "/x", "javascript:x"]
        {
            assert!(!is_absolute(bad), "{bad}");
        }
    }

    #[test]
    fn entries_count_once_and_keep_their_order() {
        let ids = ["b", "a", "b", "c", "a"].map(str::to_owned).to_vec();
        assert_eq!(distinct("ids", ids).expect("a short list"), ["b", "a", "c"]);
    }

    #[test]
    fn a_list_has_an_end() {
        let ids = |count: usize| (0..count).map(|id| id.to_string()).collect();
        assert!(distinct("ids", ids(MOST)).is_ok());
        let error = distinct("ids", ids(MOST + 1)).expect_err("a refusal");
        assert_eq!(error.messages(), ["ids must not have more than 10000 entries"]);
    }

    #[test]
    fn ids_come_as_they_were_sent() {
        for good in ["a", "müller", "a b", "...", ".a", "a/b", "%2e", "a,b"] {
            assert!(check_id("id", good).is_ok(), "{good}");
        }
        for bad in ["", " ", ".", "..", " a", "a ", "\ta", "a\u{a0}", "a\tb", "a\u{7f}b", "a\u{85}b", "a\r\nb"] {
            assert!(check_id("id", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_blank_text_is_named() {
        let error = not_empty("[1].", &[("key", Some(" ")), ("name", Some("")), ("id", None)]).expect_err("a refusal");
        assert_eq!(error.messages(), ["[1].key should not be empty", "[1].name should not be empty"]);
        assert!(not_empty("", &[("key", Some("a")), ("name", None)]).is_ok());
    }
}
