//! The whole state of an emulator as one document: to keep it, to begin with it, to go back to it.

mod documents;

use std::{collections::BTreeMap, fmt, sync::Arc};

use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    domain::{DomainError, DomainResult},
    service::Service,
    store::{
        Fetch, Store, Write,
        dump::{self, LoadError, Rows},
        entity::issuer,
        migrations,
    },
    tokens::keys::{KeyDocument, KeyDocuments, KeySet},
    wire::Secrets,
};

/// What a document calls itself.
const FORMAT: &str = "frontegg-emulator";

/// The version of the document's own form.
const VERSION: u64 = 1;

/// Tables of which every row opens something as it stands there, with those that hang on them.
const SECRET_TABLES: [&str; 5] =
    ["authenticators", "outbox_messages", "tenant_invite_roles", "tenant_invites", "webauthn_challenges"];

/// Kinds of settings that do.
const SECRET_SETTINGS: [&str; 3] = ["leaked-passwords", "mail-configuration", "sms-configuration"];

/// The state as it travels.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
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
    tables: BTreeMap<String, Rows>,
}

/// The state of an emulator at one moment, with all secrets: to go back to it within a test.
#[derive(Clone)]
pub struct Snapshot(pub(crate) Arc<Value>);

/// Without what it holds.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

impl Service {
    /// The state as a document; without secrets it leaves out what opens something as it stands.
    pub(crate) async fn export(&self, secrets: Secrets) -> DomainResult<Value> {
        let all = secrets == Secrets::Included;
        let (keys, jwt_secret) = if all {
            let KeyDocuments { keys, jwt_secret } = self.keys().export(self.store()).await?;
            (Some(keys), Some(jwt_secret))
        } else {
            (None, None)
        };
        let tx = self.store().read().await?;
        let mut tables = BTreeMap::new();
        for table in dump::tables().filter(|table| all || !SECRET_TABLES.contains(table)) {
            let mut rows = dump::dump(&tx, table).await?;
            if table == "settings" && !all {
                rows.retain(|row| row["kind"].as_str().is_none_or(|kind| !SECRET_SETTINGS.contains(&kind)));
            }
            tables.insert(table.to_owned(), rows);
        }
        let issuers = issuer::Entity::find().fetch_all(&tx).await?;
        let document = Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            schema: migrations::newest().to_owned(),
            exported_at: tx.now().to_string(),
            issuers: issuers.into_iter().map(|row| row.issuer).collect(),
            keys,
            jwt_secret,
            tables,
        };
        serde_json::to_value(document).map_err(DomainError::internal)
    }

    /// Puts the state of a document in place of the present one, or changes nothing.
    pub(crate) async fn import(&self, document: &Value) -> DomainResult<()> {
        let document = read(document)?;
        let keys = keys(&document)?;
        let replace = async |tx: &Write| {
            write(tx, &document).await?;
            match &keys {
                Some(keys) => self.keys().write(tx, keys).await,
                None => Ok(()),
            }
        };
        self.store().write(replace).await?;
        match keys {
            Some(keys) => self.keys().adopt(self.store(), keys).await,
            None => Ok(()),
        }
    }
}

fn read(document: &Value) -> DomainResult<Document> {
    // Said before anything else, since another version may look quite different.
    let (format, version) = (&document["format"], &document["version"]);
    if format != FORMAT || *version != VERSION {
        return Err(DomainError::bad_request(format!(
            "only documents of format {FORMAT} and version {VERSION} can be imported, not {format} and {version}"
        )));
    }
    let mut document = Document::deserialize(document).map_err(|error| DomainError::bad_request(error.to_string()))?;
    let newest = migrations::newest();
    if document.schema != newest {
        let schema = &document.schema;
        return Err(DomainError::bad_request(format!(
            "the document has the schema {schema}, and this emulator {newest}"
        )));
    }
    if let Some(name) = document.tables.keys().find(|name| dump::tables().all(|table| table != **name)) {
        return Err(DomainError::bad_request(format!("tables.{name} is unknown")));
    }
    for (table, rows) in &mut document.tables {
        documents::check(table, rows)?;
        documents::normalize(table, rows)?;
    }
    Ok(document)
}

/// What a document brings along to sign with.
fn keys(document: &Document) -> DomainResult<Option<KeySet>> {
    match (document.keys.as_deref(), document.jwt_secret.as_deref()) {
        (Some(keys), secret) => KeySet::read(keys, secret).map(Some),
        (None, Some(_)) => Err(DomainError::bad_request("jwtSecret goes with keys only")),
        (None, None) => Ok(None),
    }
}

async fn write(tx: &Write, document: &Document) -> DomainResult<()> {
    dump::clear(tx).await?;
    for table in dump::tables() {
        let Some(rows) = document.tables.get(table).filter(|rows| !rows.is_empty()) else {
            continue;
        };
        dump::load(tx, table, rows).await.map_err(|error| match error {
            LoadError::Refused(why) => DomainError::bad_request(why),
            LoadError::Store(error) => error.into(),
        })?;
    }
    for address in &document.issuers {
        Store::add_issuer(tx, address).await?;
    }
    Ok(())
}
