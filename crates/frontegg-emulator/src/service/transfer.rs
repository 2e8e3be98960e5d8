//! The whole state of an emulator as one document: to keep it, to begin with it, to go back to it. It is written and
//! read row by row, so that it may be larger than memory.

mod documents;
mod earlier;
mod export;
mod import;
mod reading;
mod set_aside;
mod source;

pub(crate) use export::Export;
pub(crate) use source::Feed;

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;

use crate::{
    domain::{DomainError, DomainResult},
    store::migrations,
    tokens::keys::{KeyDocument, KeySet},
};

/// What a document calls itself.
const FORMAT: &str = "frontegg-emulator";

/// The version of the document's own form.
const VERSION: u64 = 1;

/// What a document has beside its tables, in the order that it is written in.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    format: String,
    version: u64,
    /// The newest migration of the store that it comes from.
    schema: String,
    exported_at: String,
    /// Under which addresses tokens were issued that are valid.
    issuers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<KeyDocument>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwt_secret: Option<String>,
    /// That they are there; their rows are not kept.
    #[serde(skip_serializing)]
    #[expect(dead_code, reason = "a document must have it")]
    tables: IgnoredAny,
}

impl Head {
    /// What the document brings along to sign with.
    fn keys(&self) -> DomainResult<Option<KeySet>> {
        match (self.keys.as_deref(), self.jwt_secret.as_deref()) {
            (Some(keys), secret) => KeySet::read(keys, secret).map(Some),
            (None, Some(_)) => Err(DomainError::bad_request("jwtSecret goes with keys only")),
            (None, None) => Ok(None),
        }
    }
}

/// Refuses documents of another kind.
fn check_format(format: &Value, version: &Value) -> DomainResult<()> {
    if format == FORMAT && *version == VERSION {
        return Ok(());
    }
    Err(DomainError::bad_request(format!(
        "only documents of format {FORMAT} and version {VERSION} can be imported, not {format} and {version}"
    )))
}

/// Of which schema the rows of a document are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    Present,
    /// One that migrations lead from to the present one.
    Earlier,
}

impl Schema {
    /// Refuses one that this emulator does not know, as that of a later version.
    fn of(name: &str) -> DomainResult<Self> {
        let newest = migrations::newest();
        if name == newest {
            return Ok(Self::Present);
        }
        if migrations::up_to(name).is_some() {
            return Ok(Self::Earlier);
        }
        Err(DomainError::bad_request(format!("the document has the schema {name}, and this emulator {newest}")))
    }
}

/// The state of an emulator at one moment, with all secrets: to go back to it within a test.
#[derive(Clone)]
pub struct Snapshot(pub(crate) Bytes);

/// Without what it holds.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}
