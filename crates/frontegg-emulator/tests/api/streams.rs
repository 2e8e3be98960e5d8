//! The whole state as a stream: documents in any order, of any size, that break off, that nobody takes; and what others
//! may do meanwhile.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use frontegg_emulator::{Emulator, Error};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    process::Program,
    support::{HANG, World, control, crowd, raw::Raw, until},
};

const PEOPLE: usize = 1_000;
const TENANTS: usize = 10;
/// Long enough for a machine that is busy.
const SHORT: Duration = Duration::from_secs(2);

/// What a document has beside its tables.
const HEAD: [&str; 6] = ["exportedAt", "format", "issuers", "keys", "schema", "version"];

/// Puts many people into an emulator.
async fn fill(world: &World, people: usize) {
    let empty = world.emulator.export_with_secrets().await.expect("a document");
    world.emulator.import(&crowd::crowd(&empty, people, TENANTS)).await.expect("a crowd");
}

/// The document as it is written.
async fn exported(world: &World) -> String {
    let url = format!("{}/_emulator/export?secrets=true", world.emulator.url());
    crate::support::http().get(url).send().await.expect("an answer").text().await.expect("a document")
}

/// The text of an object with its members in that order.
fn object<'a>(members: impl Iterator<Item = (&'a str, String)>) -> String {
    let members: Vec<_> = members.map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{{}}}", members.join(", "))
}

/// A connection on which a document of that length, or of an unknown one, is to be sent.
async fn begin_import(world: &World, framing: &str) -> TcpStream {
    let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
    let host = world.emulator.address();
    let head = format!("POST /_emulator/import HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{framing}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// Everything until the other side closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut bytes).await {}
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn tables(world: &World) -> Value {
    world.emulator.export_with_secrets().await.expect("a document")["tables"].take()
}

/// How many people the API lists whom that is found in.
async fn found(back_end: &Raw, text: &str) -> u64 {
    let query = format!("_limit=1&_email={text}");
    let page = back_end.query("list_users", &[], &query, Value::Null).await;
    page.body["_metadata"]["totalItems"].as_u64().expect("a count")
}

/// It is written in an order that it can be loaded in as it comes; any other is read as well.
#[tokio::test]
async fn a_document_comes_in_any_order() {
    for world in World::each().await {
        fill(&world, PEOPLE).await;
        let written = exported(&world).await;
        let place = |name: &str| written.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("no {name}"));
        let names = ["format", "version", "schema", "tables", "tenants", "users", "user_emails", "memberships"];
        assert!(names.map(place).is_sorted());
        let document: Value = serde_json::from_str(&written).expect("JSON");
        let before = document["tables"].clone();
        let head = || HEAD.into_iter().chain(["jwtSecret"]).map(|name| (name, document[name].to_string()));
        let rows: &Map<String, Value> = before.as_object().expect("tables");
        let by_name = object(rows.iter().map(|(table, rows)| (table.as_str(), rows.to_string())));
        let backwards = object(rows.iter().rev().map(|(table, rows)| (table.as_str(), rows.to_string())));
        for text in [
            written,
            object(head().chain([("tables", by_name.clone())])),
            object(head().chain([("tables", backwards.clone())])),
            object([("tables", by_name)].into_iter().chain(head())),
            object([("tables", backwards)].into_iter().chain(head())),
        ] {
            world.emulator.reset().await.expect("a reset");
            world.emulator.import_from(io::Cursor::new(text)).await.expect("an import");
            assert!(tables(&world).await == before);
            // What the database makes of several tables is there as well.
            assert_eq!(found(&world.raw().await, &crowd::email(7)).await, 1);
        }
    }
}

#[tokio::test]
async fn a_document_that_makes_no_sense_is_told_where() {
    let world = World::start().await;
    let document = world.emulator.export().await.expect("a document");
    let members = ["exportedAt", "format", "issuers", "schema", "version"];
    let head: Vec<_> = members.into_iter().map(|name| (name, document[name].to_string())).collect();
    let with = |members: &[(&'static str, &str)]| {
        object(head.iter().cloned().chain(members.iter().map(|(name, text)| (*name, (*text).to_owned()))))
    };
    let row = json!({ "scope": "environment", "kind": "weather", "document": "{}", "updated_at": 0 }).to_string();
    let nested = format!(r#"{{"users": [{{"id": {}}}]}}"#, "[".repeat(200));
    for (text, expected) in [
        (with(&[]), "missing field `tables`"),
        (with(&[("tables", "{}"), ("tables", "{}")]), "tables is there twice"),
        (with(&[("tables", r#"{"users": [], "users": []}"#)]), "tables.users is there twice"),
        (with(&[("tables", r#"{"weather": [{}]}"#)]), "tables.weather is unknown"),
        (with(&[("tables", r#"{"users": {}}"#)]), "tables.users: invalid type"),
        (with(&[("tables", r#"{"users": [1]}"#)]), "tables.users[0]: invalid type"),
        (with(&[("tables", r#"{"users": [}"#)]), "tables.users[0]: expected value"),
        (with(&[("tables", &nested)]), "tables.users[0]: recursion limit exceeded"),
        (with(&[("tables", &format!(r#"{{"settings": [{row}]}}"#))]), "tables.settings[0].document: the kind weather"),
        (with(&[("tables", "{}")]) + "1", "the document: trailing characters"),
        // Said only of documents of this kind.
        (r#"{"more": 1, "tables": {"x": []}, "version": 2}"#.to_owned(), "not null and 2"),
        (r#"{"format": "frontegg-emulator", "tables": {"x": []}, "version": 1}"#.to_owned(), "tables.x is unknown"),
        ("7".to_owned(), "not null and null"),
        (String::new(), "EOF while parsing"),
    ] {
        let error = world.emulator.import_from(io::Cursor::new(text)).await.expect_err(expected);
        assert!(matches!(&error, Error::Refused(why) if why.contains(expected)), "{expected}: {error}");
    }
    assert!(tables(&world).await["roles"].as_array().is_some_and(|roles| !roles.is_empty()));
}

/// Rows are bounded, the document is not: it is asked for however long it says that it is.
#[tokio::test]
async fn a_document_is_as_long_as_it_is() {
    let world = World::start().await;
    let mut stream = begin_import(&world, "content-length: 1000000000000\r\nexpect: 100-continue").await;
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.expect("an answer");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"[").await.expect("sent");
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("only documents of format"), "{answer}");

    let long = io::Read::chain(&br#"{"tables": {"users": [{"name": ""#[..], io::repeat(b'x'));
    let error = world.emulator.import_from(long).await.expect_err("one without an end").to_string();
    assert_eq!(error, "tables.users[0] is larger than 67108864 bytes");
}

#[tokio::test]
async fn a_document_that_breaks_off_changes_nothing() {
    for world in World::each_of(Emulator::builder().timeouts(HANG, SHORT)).await {
        fill(&world, PEOPLE).await;
        let (written, before) = (exported(&world).await, tables(&world).await);
        let half = written.len() / 2;
        // The client leaves, by one framing and the other.
        let chunk = format!("{half:x}\r\n{}", &written[..half]);
        for (framing, sent) in [
            (format!("content-length: {}", written.len()), &written[..half]),
            ("transfer-encoding: chunked".to_owned(), &chunk),
        ] {
            let asked = world.emulator.work().statements;
            let mut stream = begin_import(&world, &framing).await;
            stream.write_all(sent.as_bytes()).await.expect("sent");
            until("rows are written", || world.emulator.work().statements > asked + 40).await;
            drop(stream);
            // Whoever writes next waits for its end.
            world.emulator.end_sessions().await.expect("written");
            assert!(tables(&world).await == before);
        }
        // It stays, and sends nothing more.
        let mut stream = begin_import(&world, &format!("content-length: {}", written.len())).await;
        stream.write_all(&written.as_bytes()[..half]).await.expect("sent");
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("comes too slowly"), "{answer}");
        assert!(tables(&world).await == before);
    }
}

#[tokio::test]
async fn others_go_on_during_an_import() {
    for world in World::each().await {
        fill(&world, PEOPLE).await;
        let (written, before) = (exported(&world).await, tables(&world).await);
        world.emulator.reset().await.expect("a reset");
        // To sign may have to be noted in the store.
        let back_end = world.raw().await;
        let asked = world.emulator.work().statements;
        let mut stream = begin_import(&world, &format!("content-length: {}", written.len())).await;
        let half = written.len() / 2;
        stream.write_all(&written.as_bytes()[..half]).await.expect("sent");
        until("rows are written", || world.emulator.work().statements > asked + 40).await;
        assert_eq!(found(&back_end, &crowd::email(7)).await, 0, "the state of before");
        if world.store().to_string() == "memory" {
            world.tenant("acme").await;
        }
        stream.write_all(&written.as_bytes()[half..]).await.expect("sent");
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
        assert!(tables(&world).await == before);
        assert_eq!(found(&back_end, &crowd::email(7)).await, 1);
    }
}

/// One whose client leaves, or takes nothing more, ends with its transaction; what was sent is no whole document.
#[tokio::test]
async fn an_export_that_nobody_takes_ends() {
    for world in World::each_of(Emulator::builder().timeouts(HANG, SHORT)).await {
        fill(&world, 20_000).await;
        let asked = world.emulator.work().statements;
        world.emulator.export().await.expect("a document");
        let whole = world.emulator.work().statements - asked;
        for leaves in [true, false] {
            let asked = world.emulator.work().statements;
            let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
            let head = format!("GET /_emulator/export HTTP/1.1\r\nhost: {}\r\n\r\n", world.emulator.address());
            stream.write_all(head.as_bytes()).await.expect("sent");
            let mut begin = [0; 1024];
            stream.read_exact(&mut begin).await.expect("a beginning");
            let ended = until("the export ends", || world.emulator.open_transactions() == 0);
            if leaves {
                drop(stream);
                ended.await;
            } else {
                ended.await;
                let rest = rest(stream).await;
                assert!(!rest.ends_with("0\r\n\r\n") && !rest.ends_with('}'), "it is not whole");
            }
            assert!(world.emulator.work().statements - asked < whole);
        }
        world.emulator.end_sessions().await.expect("nobody is in the way");
    }
}

/// A writer whose text can be looked at.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a text").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One that fails.
struct Full;

impl io::Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_document_goes_to_a_file_and_comes_from_one() {
    let world = World::start().await;
    fill(&world, PEOPLE).await;
    let before = tables(&world).await;
    let (plain, whole) = (Text::default(), Text::default());
    world.emulator.export_to(plain.clone()).await.expect("written");
    world.emulator.export_with_secrets_to(whole.clone()).await.expect("written");
    let document = |text: &Text| serde_json::from_slice::<Value>(&text.0.lock().expect("a text")).expect("JSON");
    assert!(document(&plain)["keys"].is_null() && document(&whole)["keys"].is_array());
    assert!(document(&whole)["tables"] == before);
    assert!(matches!(world.emulator.export_to(Full).await, Err(Error::Document(_))));

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    std::fs::write(&file, &*whole.0.lock().expect("a text")).expect("written");
    let seeded = World::of(Emulator::builder().seed_file(&file)).await;
    assert!(tables(&seeded).await == before);
    let missing = Emulator::builder().seed_file(folder.path().join("none")).start().await;
    assert!(matches!(missing, Err(Error::Seed { .. })));
}

/// A process that exports and imports many people, which it keeps in a file, needs next to no memory for that.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_does_not_grow_with_the_document() {
    const MOST: u64 = 48;
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("emulator.db").display());
    let program = Program::start(&["--store", &store]);
    let http = crate::support::http();
    let export = async || {
        let url = format!("{}/_emulator/export?secrets=true", program.url);
        http.get(url).send().await.expect("an answer").bytes().await.expect("a document")
    };
    let import = async |document: Vec<u8>| {
        let answer = http.post(format!("{}/_emulator/import", program.url)).body(document).send().await;
        assert_eq!(answer.expect("an answer").status(), StatusCode::NO_CONTENT);
    };
    let empty: Value = serde_json::from_slice(&export().await).expect("JSON");
    let process = format!("/proc/{}", program.child.id());
    // In MiB.
    let peak = || {
        let status = std::fs::read_to_string(format!("{process}/status")).expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.split_whitespace().next().expect("a number").parse::<u64>().expect("a number") / 1024
    };
    let at_first = peak();
    // By name, so that nearly all of it waits for its end.
    import(crowd::crowd(&empty, 10_000, TENANTS).to_string().into_bytes()).await;
    let document = export().await.to_vec();
    assert!(document.len() > 8_000_000, "{}", document.len());
    import(document).await;
    let most = peak();
    assert!(most < at_first + MOST, "from {at_first} to {most} MiB");
}

/// What is refused over HTTP is refused by its kind.
#[tokio::test]
async fn a_refusal_has_a_status() {
    let world = World::start().await;
    let (status, body) = control(&world, Method::POST, "/import", json!({ "tables": { "users": [1] } })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert!(body["errors"][0].as_str().is_some_and(|why| why.starts_with("tables.users[0]: invalid type")), "{body}");
}
