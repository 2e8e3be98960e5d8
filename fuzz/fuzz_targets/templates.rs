//! Templates of messages: what is filled in stays text, on its line and in its place; the size is that of
//! template and values, and links lead to the web or to an app.
//!
//! Input: sender's name, sender's address, subject and redirect address, a line each; lines with a name, a
//! colon and a value; an empty line; the body.

#![no_main]

use frontegg_emulator::fuzzing::{Mail, Rendered, render_mail, render_sms};
use frontegg_fuzz::{lines, memory::Limit};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

const BASE_URL: &str = "https://app.acme.test";
/// What joins the link.
const TOKEN: &str = "a b&c";
/// Least bytes of a placeholder, and most of a character that is escaped.
const PLACEHOLDER: usize = 4;
const ESCAPED: usize = 6;
/// Most bytes of a number, however short it was written.
const NUMBER: usize = 32;

/// Values by name; a dot in it makes an object.
fn values(lines: &[&str]) -> Map<String, Value> {
    let mut values = Map::new();
    for (name, value) in lines.iter().filter_map(|line| line.split_once(':')) {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        match name.split_once('.') {
            Some((object, member)) => {
                let object = values.entry(object).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(members) = object {
                    members.insert(member.to_owned(), value);
                }
            }
            None => drop(values.insert(name.to_owned(), value)),
        }
    }
    values
}

/// Whether a text is on one line, also for those who know other line ends.
fn is_line(text: &str) -> bool {
    !text.chars().any(|character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}'))
}

/// Most bytes that become of a template with values of that size.
fn most(template: &str, value: usize) -> usize {
    template.len() + (template.len() / PLACEHOLDER) * value * ESCAPED
}

/// Most bytes that become of all of a mail's templates.
fn most_of(mail: &Mail<'_>, lines: &[&str]) -> usize {
    let value = lines.iter().map(|line| line.len()).chain([BASE_URL.len(), NUMBER]).max().unwrap_or_default();
    // The link, in which values are, is a value too.
    let link = most(mail.redirect_url, value) + TOKEN.len() * ESCAPED + "?token=".len();
    let templates = [mail.from_name, mail.sender_email, mail.subject, mail.html];
    templates.iter().map(|template| most(template, link.max(value))).sum::<usize>() + " <>".len()
}

fn check_mail(mail: &Mail<'_>, rendered: &Rendered) {
    assert!(is_line(&rendered.sender) && is_line(&rendered.subject));
    if !mail.html.contains("{{{") {
        // Values stay text: nothing but the template makes elements and attributes.
        for mark in ['<', '>', '"', '\''] {
            let count = |text: &str| text.matches(mark).count();
            assert!(count(&rendered.html) <= count(mail.html), "{mark} in {}", rendered.html);
        }
    }
    assert!(mail.html.contains("{{") || rendered.html == mail.html);
    if let Some(link) = &rendered.link {
        let scheme = link.split(':').next().expect("a scheme").to_ascii_lowercase();
        assert!(is_line(link) && !scheme.is_empty() && scheme.is_ascii(), "{link}");
        assert!(!["javascript", "data", "vbscript", "file"].contains(&scheme.as_str()), "{link}");
        assert!(link.contains("token=a%20b%26c"), "{link}");
    }
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut rest = text.as_bytes();
    let [from_name, sender_email, subject, redirect_url] = std::array::from_fn(|_| {
        let (line, behind) = lines::first(rest);
        rest = behind;
        std::str::from_utf8(line).expect("text")
    });
    let (lines, html) = lines::block(rest);
    let lines: Vec<&str> = lines.into_iter().map(|line| std::str::from_utf8(line).expect("text")).collect();
    let html = std::str::from_utf8(html).expect("text");
    let values = values(&lines);
    let mail = Mail { from_name, sender_email, subject, html, redirect_url };
    let limit = Limit { any: 64 * 1024 + 4 * most_of(&mail, &lines), byte: 64 };
    let rendered = limit.hold(text.len(), || render_mail(mail, BASE_URL, &values, TOKEN));
    check_mail(&mail, &rendered);
    let size = rendered.sender.len() + rendered.subject.len() + rendered.html.len();
    assert!(size <= most_of(&mail, &lines), "{size}");
    let sms = render_sms(html, &values);
    assert!(sms.len() <= most_of(&mail, &lines));
    assert!(html.contains("{{") || sms == html);
});
