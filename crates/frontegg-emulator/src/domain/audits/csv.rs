//! Entries as CSV (RFC 4180).

use serde_json::Value;

use crate::{
    domain::{DomainError, DomainResult},
    store::entity::audit,
};

/// A column: its heading, and the field that it shows.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) heading: String,
    pub(crate) field: String,
}

/// The line of headings.
pub(crate) fn headings(columns: &[Column]) -> DomainResult<Vec<u8>> {
    lines(columns, std::iter::once(columns.iter().map(|column| harmless(&column.heading)).collect()))
}

/// A line for each entry.
pub(crate) fn entries(columns: &[Column], entries: &[audit::Model], vendor_id: &str) -> DomainResult<Vec<u8>> {
    let rows = entries.iter().map(|entry| {
        let members = super::shown(entry, vendor_id);
        columns.iter().map(|column| cell(members.get(&column.field))).collect()
    });
    lines(columns, rows)
}

fn lines(columns: &[Column], rows: impl Iterator<Item = Vec<String>>) -> DomainResult<Vec<u8>> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let failed = |error: &dyn std::fmt::Display| DomainError::internal(anyhow::anyhow!("writing CSV: {error}"));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => harmless(text),
        // Objects and lists begin with a bracket, which no spreadsheet takes for a formula.
        Some(other) => other.to_string(),
    }
}

/// A text that no spreadsheet runs as a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_run_nothing() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), cell);
        }
    }

    #[test]
    fn lines_are_those_of_rfc_4180() {
        let column = |heading: &str| Column { heading: heading.to_owned(), field: String::new() };
        let lines = headings(&[column("a,b"), column("say \"hi\""), column("=c")]).unwrap();
        assert_eq!(String::from_utf8(lines).unwrap(), "\"a,b\",\"say \"\"hi\"\"\",'=c\r\n");
        assert!(headings(&[]).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_text_is_json() {
        for (value, cell_text) in [
            (serde_json::json!({"a": [1]}), r#"{"a":[1]}"#),
            (serde_json::json!(-5), "-5"),
            (serde_json::json!(null), ""),
            (serde_json::json!("-5"), "'-5"),
        ] {
            assert_eq!(cell(Some(&value)), cell_text);
        }
        assert_eq!(cell(None), "");
    }
}
