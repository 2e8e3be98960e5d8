//! Entries as CSV.

use std::collections::BTreeSet;

use frontegg_identity::{
    params::{ExportAuditsCsv, ExportAuditsCsvStream, ExportAuditsCsvV1},
    types::{ExportCsv, Property},
};
use serde_json::{Value, json};

use super::{add, entry, quiet};

fn columns(names: &[&str]) -> ExportCsv {
    ExportCsv::new(names.iter().map(|name| Property::new(name.to_uppercase(), *name)))
}

/// What a spreadsheet would run, and what CSV has a meaning for.
const NASTY: [&str; 6] = ["=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "a \"quoted\", text", "two\r\nlines"];

/// More entries than two pieces of a file are made of.
const MANY: usize = 1_203;

#[tokio::test]
async fn cells_run_nothing_and_are_read_as_they_were() {
    let world = quiet().await;
    for text in NASTY {
        add(&world, "acme", entry(text).json(Some(json!({ "of": [text] })))).await;
    }
    let audits = world.frontegg.tenant("acme").audits();
    let columns = columns(&["action", "json", "missing"]);
    let response = audits.export_audits_csv(&columns, ExportAuditsCsv::new()).with_response().await.expect("a file");
    assert_eq!(response.status(), 200);
    assert_eq!(response.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(response.header("content-disposition"), Some("attachment; filename=\"audits.csv\""));
    let text = response.into_inner().text().await.expect("text");
    assert!(text.starts_with("ACTION,JSON,MISSING\r\n"), "{text}");
    let rows = csv_rows(&text);
    let cells: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let expected: BTreeSet<String> = NASTY
        .iter()
        .map(|text| if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { (*text).to_owned() })
        .collect();
    assert_eq!(cells, expected.iter().map(String::as_str).collect());
    for row in &rows {
        let shown: Value = serde_json::from_str(&row[1]).expect("JSON");
        let own = row[0].strip_prefix('\'').unwrap_or(&row[0]);
        assert_eq!((shown, row[2].as_str()), (json!({ "of": [own] }), ""));
    }
}

/// The lines of a file behind its headings, by RFC 4180.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted && characters.peek() == Some(&'\n') => {
                characters.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(row.is_empty() && cell.is_empty(), "{text}");
    rows.split_off(1)
}

/// More entries than one piece of a file is made of, all of one time.
#[tokio::test]
async fn a_file_has_every_entry_once() {
    let world = quiet().await;
    world.emulator.clock().freeze();
    let mut document = world.emulator.export().await.expect("a document");
    let row = |number: usize| {
        json!({
            "id": format!("{number:05}"), "tenant_id": "acme", "created_at": 1_700_000_000_000_000_i64,
            "updated_at": 1_700_000_000_000_000_i64, "severity": "Info", "user_id": null, "user_name": null,
            "email": null, "resource": (["Roles", "Users"][number % 2]), "action": number.to_string(),
            "description": null, "ip": null, "user_agent": null, "feature_flag_id": null, "members": "{}",
        })
    };
    document["tables"]["audits"] = (0..MANY).map(row).collect();
    world.emulator.import(&document).await.expect("an import");
    let audits = world.frontegg.tenant("acme").audits();
    let columns = columns(&["action", "frontegg_id"]);
    let all: BTreeSet<String> = (0..MANY).map(|number| number.to_string()).collect();
    let actions = |text: &str| csv_rows(text).into_iter().map(|mut row| row.swap_remove(0)).collect::<Vec<_>>();
    for by in ["createdAt", "resource", "email"] {
        let file = audits.export_audits_csv(&columns, ExportAuditsCsv::new().sort_by(by)).await.expect("a file");
        let text = file.text().await.expect("text");
        let lines = actions(&text);
        assert_eq!(lines.len(), MANY, "{by}");
        assert_eq!(lines.into_iter().collect::<BTreeSet<_>>(), all, "{by}");
    }
    let params = ExportAuditsCsv::new().offset(100).count(150).filter("1");
    let file = audits.export_audits_csv(&columns, params).await.expect("a file").text().await.expect("text");
    let matching = all.iter().filter(|number| number.contains('1')).count();
    assert_eq!(csv_rows(&file).len(), 150.min(matching - 100));
    // Piece by piece.
    let mut file = audits.export_audits_csv_stream(&columns, ExportAuditsCsvStream::new()).await.expect("a file");
    let (mut pieces, mut bytes) = (0, Vec::new());
    while let Some(piece) = file.next().await {
        bytes.extend_from_slice(&piece.expect("a piece"));
        pieces += 1;
    }
    assert_eq!(csv_rows(std::str::from_utf8(&bytes).expect("UTF-8")).len(), MANY);
    assert!(pieces > 1, "{pieces}");
    #[expect(deprecated, reason = "it is served like any other")]
    let whole = audits.export_audits_csv_v1(&columns, ExportAuditsCsvV1::new().count(2)).with_response().await;
    let whole = whole.expect("a file");
    assert_eq!(whole.status(), 201);
    assert_eq!(csv_rows(&whole.into_inner().text().await.expect("text")).len(), 2);
    // What went out comes in again.
    let again = world.emulator.export().await.expect("a document");
    assert_eq!(again["tables"]["audits"].as_array().map(Vec::len), Some(MANY));
    world.emulator.reset().await.expect("a reset");
    assert!(
        world.emulator.export().await.expect("a document")["tables"]["audits"].as_array().is_none_or(Vec::is_empty)
    );
}

#[tokio::test]
async fn what_is_no_column_is_refused() {
    let world = quiet().await;
    let mut acme = world.back_end(Some("acme")).await;
    for id in ["export_audits_csv_v1", "export_audits_csv_stream_v1", "export_audits_csv_v2"] {
        for body in [json!({}), json!({ "properties": [{ "name": "action" }] }), json!({ "properties": "action" })] {
            acme.call(id, &[], body).await.refused(400);
        }
        // What portals send besides does not matter.
        let more = json!({ "properties": [{ "name": "action", "displayName": "A", "sortable": true }] });
        assert_eq!(acme.done(id, &[], more.clone()).await, "A\r\n");
        acme.ask(id, &[], &[("sortBy", "nothing")], more.clone()).await.refused(400);
        world.back_end(None).await.call(id, &[], more).await.refused(403);
    }
}
