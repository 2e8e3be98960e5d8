//! Reading a document row by row, and handing its rows on in an order that they can be written in.
//!
//! An export has its head first and parents before their children, so its rows are handed on as they come. Any other
//! order is taken as well: rows that come too early are [set aside](super::set_aside) until the document has ended.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    io::{self, BufReader},
    mem,
};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use tokio::sync::mpsc::Sender;

use super::{
    Head, Schema, check_format, documents,
    set_aside::{Pile, SetAside},
    source::{Allowance, Metered, TooLong},
};
use crate::{
    domain::{DomainError, DomainResult},
    store::dump::{self, Batch, Row, Rows},
};

/// Most bytes of a row, and of everything else but the tables.
const LONGEST: usize = 64 * 1024 * 1024;

/// Most rows of a batch.
pub(super) const ROWS: usize = 256;

/// From how many bytes of text on a batch has enough.
const BYTES: usize = 1024 * 1024;

/// How much is read at once.
const BUFFER: usize = 64 * 1024;

/// What a document has beside the rows that were handed on.
pub(super) struct Document {
    pub(super) head: Head,
    /// All of its rows, where they are of an earlier schema.
    pub(super) earlier: Option<SetAside>,
}

/// Reads a document, hands on its rows in batches, and gives what it has beside them. `parents` tells which tables rows
/// of a table refer to. Rows of an earlier schema are not handed on.
pub(super) fn read(
    source: impl io::Read,
    parents: HashMap<String, HashSet<String>>,
    batches: Sender<Batch>,
) -> DomainResult<Document> {
    let allowance = Allowance::default();
    allowance.set(LONGEST);
    let source = Metered { source, allowance: allowance.clone() };
    let mut deserializer = serde_json::Deserializer::from_reader(BufReader::with_capacity(BUFFER, source));
    let mut reading = Reading {
        allowance,
        parents,
        outlet: Outlet { batches },
        members: Map::new(),
        tables: HashSet::new(),
        handed_on: HashSet::new(),
        set_aside: SetAside::default(),
        place: Place::Document,
        refusal: None,
        postponed: None,
    };
    let read = deserializer.deserialize_map(Members(&mut reading)).and_then(|()| deserializer.end());
    match read {
        Ok(()) => reading.finish(),
        Err(error) => Err(reading.failure(error)),
    }
}

/// What is being read, for refusals to name it.
enum Place {
    Document,
    Member(String),
    Row { table: &'static str, index: usize },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => f.write_str("the document"),
            Self::Member(name) => f.write_str(name),
            Self::Row { table, index } => write!(f, "tables.{table}[{index}]"),
        }
    }
}

/// How far a document has been read.
struct Reading {
    allowance: Allowance,
    parents: HashMap<String, HashSet<String>>,
    outlet: Outlet,
    /// Everything but the rows, by name.
    members: Map<String, Value>,
    /// Those that the document has.
    tables: HashSet<&'static str>,
    /// Those whose rows were handed on.
    handed_on: HashSet<&'static str>,
    set_aside: SetAside,
    place: Place,
    /// Why nothing more is read.
    refusal: Option<DomainError>,
    /// What is to be said unless the document is of another kind, which is not known yet.
    postponed: Option<DomainError>,
}

impl Reading {
    /// Keeps why nothing more is read: the library's own errors are texts.
    fn refuse<E: serde::de::Error>(&mut self, refusal: DomainError) -> E {
        self.refusal = Some(refusal);
        E::custom("refused")
    }

    fn failure(self, error: serde_json::Error) -> DomainError {
        if let Some(refusal) = self.refusal {
            return refusal;
        }
        let place = self.place;
        if error.is_io() {
            let error = io::Error::from(error);
            return if TooLong::is_cause_of(&error) {
                DomainError::too_large(format!("{place} is larger than {LONGEST} bytes"))
            } else {
                DomainError::bad_request(format!("{place} cannot be read: {error}"))
            };
        }
        if let (Place::Document, true) = (&place, error.is_data() && self.members.is_empty())
            && let Err(refusal) = check_format(&Value::Null, &Value::Null)
        {
            return refusal;
        }
        DomainError::bad_request(format!("{place}: {error}"))
    }

    /// The schema of the document, once its kind is known, and right.
    fn schema(&mut self) -> DomainResult<Option<Schema>> {
        let [format, version, schema] = ["format", "version", "schema"].map(|name| self.members.get(name));
        let (Some(format), Some(version)) = (format, version) else { return Ok(None) };
        check_format(format, version)?;
        if let Some(postponed) = self.postponed.take() {
            return Err(postponed);
        }
        schema.and_then(Value::as_str).map(Schema::of).transpose()
    }

    /// Whether rows of a table can be written, as all that they may refer to were.
    fn may_be_handed_on(&mut self, table: &str) -> DomainResult<bool> {
        let has_parents = self.parents.get(table).is_none_or(|parents| {
            parents.iter().all(|parent| parent == table || self.handed_on.contains(parent.as_str()))
        });
        Ok(self.schema()? == Some(Schema::Present) && has_parents)
    }

    /// Hands on what was set aside, now that everything has come.
    fn finish(mut self) -> DomainResult<Document> {
        let null = Value::Null;
        check_format(self.members.get("format").unwrap_or(&null), self.members.get("version").unwrap_or(&null))?;
        if let Some(postponed) = self.postponed {
            return Err(postponed);
        }
        let head: Head =
            serde_json::from_value(self.members.into()).map_err(|error| DomainError::bad_request(error.to_string()))?;
        head.keys()?;
        if Schema::of(&head.schema)? == Schema::Earlier {
            return Ok(Document { head, earlier: Some(self.set_aside) });
        }
        if let Some(former) = self.set_aside.tables().find(|table| !dump::tables().any(|present| present == *table)) {
            return Err(unknown(former));
        }
        for table in dump::tables() {
            let Some(rows) = self.set_aside.take(table)? else { continue };
            let mut batching = Batching::of(table);
            for row in rows {
                batching.add(row.map_err(DomainError::internal)?, &self.outlet)?;
            }
            batching.end(&self.outlet)?;
        }
        Ok(Document { head, earlier: None })
    }
}

fn unknown(table: &str) -> DomainError {
    DomainError::bad_request(format!("tables.{table} is unknown"))
}

/// The members of the document.
struct Members<'a>(&'a mut Reading);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an exported state")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(reading) = self;
        while let Some(name) = map.next_key::<String>()? {
            if reading.members.contains_key(&name) {
                return Err(reading.refuse(DomainError::bad_request(format!("{name} is there twice"))));
            }
            reading.place = Place::Member(name.clone());
            reading.allowance.set(LONGEST);
            let value = match name.as_str() {
                "tables" => map.next_value_seed(Tables(reading)).map(|()| Value::Null)?,
                "exportedAt" | "format" | "issuers" | "jwtSecret" | "keys" | "schema" | "version" => {
                    map.next_value()?
                }
                // Its name alone is told.
                _ => map.next_value::<IgnoredAny>().map(|_| Value::Null)?,
            };
            reading.members.insert(name, value);
            reading.place = Place::Document;
        }
        Ok(())
    }
}

/// The tables of the document.
struct Tables<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for Tables<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Tables<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tables by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(reading) = self;
        while let Some(name) = map.next_key::<String>()? {
            reading.place = Place::Member(format!("tables.{name}"));
            reading.allowance.set(LONGEST);
            let Some(table) = dump::table(&name) else {
                reading.postponed.get_or_insert(unknown(&name));
                reading.schema().map_err(|refusal| reading.refuse(refusal))?;
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if !reading.tables.insert(table) {
                return Err(reading.refuse(DomainError::bad_request(format!("tables.{table} is there twice"))));
            }
            map.next_value_seed(TableRows { reading, table })?;
        }
        Ok(())
    }
}

/// The rows of a table.
struct TableRows<'a> {
    reading: &'a mut Reading,
    table: &'static str,
}

impl<'de> DeserializeSeed<'de> for TableRows<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for TableRows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rows of a table")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<(), A::Error> {
        let Self { reading, table } = self;
        if reading.may_be_handed_on(table).map_err(|refusal| reading.refuse(refusal))? {
            let mut batching = Batching::of(table);
            let handed_on = each(reading, table, rows, |reading, row| batching.add(row, &reading.outlet));
            handed_on.and_then(|()| batching.end(&reading.outlet).map_err(|refusal| reading.refuse(refusal)))?;
            reading.handed_on.insert(table);
            return Ok(());
        }
        let mut set_aside = mem::take(&mut reading.set_aside);
        let mut pile: Pile<'_> = set_aside.begin(table);
        each(reading, table, rows, |_, row| pile.add(&row).map_err(DomainError::from))?;
        reading.set_aside = set_aside;
        Ok(())
    }
}

/// Does that with each row, none of which is longer than it may be.
fn each<'de, A: SeqAccess<'de>>(
    reading: &mut Reading,
    table: &'static str,
    mut rows: A,
    mut act: impl FnMut(&Reading, Row) -> DomainResult<()>,
) -> Result<(), A::Error> {
    let mut index = 0;
    loop {
        reading.place = Place::Row { table, index };
        reading.allowance.set(LONGEST);
        let Some(row) = rows.next_element::<Row>()? else { return Ok(()) };
        act(reading, row).map_err(|refusal| reading.refuse(refusal))?;
        index += 1;
    }
}

/// Where batches go.
struct Outlet {
    batches: Sender<Batch>,
}

impl Outlet {
    /// Hands on rows that the emulator could read, as the store keeps them.
    fn hand_on(&self, mut batch: Batch) -> DomainResult<()> {
        documents::check(&batch)?;
        documents::normalize(batch.table, &mut batch.rows)?;
        // Whoever takes them knows better why they are not taken any more.
        let refused = |_| DomainError::internal(anyhow::anyhow!("nobody writes what is read"));
        self.batches.blocking_send(batch).map_err(refused)
    }
}

/// Rows of a table on their way into batches.
struct Batching {
    batch: Batch,
    bytes: usize,
}

impl Batching {
    fn of(table: &'static str) -> Self {
        Self { batch: Batch { table, first: 0, rows: Rows::new() }, bytes: 0 }
    }

    fn add(&mut self, row: Row, outlet: &Outlet) -> DomainResult<()> {
        self.bytes += row.values().filter_map(Value::as_str).map(str::len).sum::<usize>();
        self.batch.rows.push(row);
        if self.batch.rows.len() < ROWS && self.bytes < BYTES {
            return Ok(());
        }
        let next = Batch { first: self.batch.first + self.batch.rows.len(), rows: Rows::new(), ..self.batch };
        self.bytes = 0;
        outlet.hand_on(mem::replace(&mut self.batch, next))
    }

    fn end(self, outlet: &Outlet) -> DomainResult<()> {
        if self.batch.rows.is_empty() { Ok(()) } else { outlet.hand_on(self.batch) }
    }
}
