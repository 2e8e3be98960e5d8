//! Filling placeholders in double braces: `{{name}}`, `{{ tenant.name }}`, and `{{{html}}}` for what
//! is not to be escaped.

use serde_json::{Map, Value};

/// Replaces each placeholder by what `value` gives for its name; where that is nothing, the
/// placeholder stays. The second argument tells a placeholder in three braces.
pub(super) fn fill(template: &str, value: impl Fn(&str, bool) -> Option<String>) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        filled.push_str(&rest[..start]);
        let inside = &rest[start + 2..];
        let (raw, inside) = match inside.strip_prefix('{') {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        let close = if raw { "}}}" } else { "}}" };
        let Some(end) = inside.find(close) else {
            rest = &rest[start..];
            break;
        };
        let after = &inside[end + close.len()..];
        match value(inside[..end].trim(), raw) {
            Some(text) => filled.push_str(&text),
            None => filled.push_str(&rest[..rest.len() - after.len()][start..]),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// What a name stands for, a dot going into an object; nothing for what is unknown or not plain.
pub(super) fn look_up(values: &Map<String, Value>, name: &str) -> Option<String> {
    let mut parts = name.split('.');
    let first = values.get(parts.next()?)?;
    let value = parts.try_fold(first, |value, part| value.get(part))?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Text that means itself in HTML, in attributes too.
pub(crate) fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text that means itself as a value in the query of an address.
pub(super) fn escape_query(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Text that cannot leave its line: a header made from it stays one header.
pub(crate) fn single_line(text: &str) -> String {
    let breaks = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    text.chars().map(|character| if breaks(character) { ' ' } else { character }).collect()
}

/// The address with parameters added to its query, before a fragment.
pub(super) fn with_query<'a>(url: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (url, None),
    };
    let mut link = address.to_owned();
    for (name, value) in parameters {
        let separator = if !link.contains('?') {
            "?"
        } else if link.ends_with(['?', '&']) {
            ""
        } else {
            "&"
        };
        link.push_str(&format!("{separator}{}={}", escape_query(name), escape_query(value)));
    }
    if let Some(fragment) = fragment {
        link.push('#');
        link.push_str(fragment);
    }
    link
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(template: &str) -> String {
        let values = json!({ "name": "Ada <ada>", "tenant": { "name": "Acme" }, "n": 3, "list": [1] });
        let values = values.as_object().expect("an object").clone();
        fill(template, |name, raw| {
            let text = look_up(&values, name)?;
            Some(if raw { text } else { escape_html(&text) })
        })
    }

    #[test]
    fn placeholders_are_filled() {
        assert_eq!(filled("Hi {{name}}!"), "Hi Ada &lt;ada&gt;!");
        assert_eq!(filled("{{{name}}}/{{ tenant.name }}/{{n}}"), "Ada <ada>/Acme/3");
        assert_eq!(filled("{{unknown}} {{list}} {{tenant}}"), "{{unknown}} {{list}} {{tenant}}");
        assert_eq!(filled("a {{name"), "a {{name");
        assert_eq!(filled("{{{name}} {{n}}"), "{{{name}} {{n}}");
        assert_eq!(filled("}} {{}} ü{{n}}ü"), "}} {{}} ü3ü");
    }

    /// What a value brings along is not read again.
    #[test]
    fn values_are_not_templates() {
        let filled = fill("{{a}}{{b}}", |name, _| Some(if name == "a" { "{{b}}" } else { "B" }.to_owned()));
        assert_eq!(filled, "{{b}}B");
    }

    #[test]
    fn links_carry_their_parameters() {
        let link = |url| with_query(url, [("userId", "a b"), ("token", "x&y=z")].into_iter());
        assert_eq!(link("http://h/p"), "http://h/p?userId=a%20b&token=x%26y%3Dz");
        assert_eq!(link("http://h/p?q=1#f"), "http://h/p?q=1&userId=a%20b&token=x%26y%3Dz#f");
        assert_eq!(link("http://h/p?"), "http://h/p?userId=a%20b&token=x%26y%3Dz");
    }

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(single_line("Hi\r\nBcc: eve@evil.test\u{2028}x"), "Hi  Bcc: eve@evil.test x");
    }
}
