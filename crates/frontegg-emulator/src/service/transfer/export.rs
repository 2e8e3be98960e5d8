//! Writing the state of one moment, a chunk at a time, for as long as somebody takes them.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use sea_orm::{DbErr, EntityTrait};
use serde::de::IgnoredAny;
use tokio::sync::mpsc;

use super::{FORMAT, Head, VERSION, documents};
use crate::{
    domain::{DomainError, DomainResult, sso},
    service::Service,
    store::{
        Fetch, Read,
        dump::{self, LeftOut, Pages},
        entity::issuer,
        migrations,
    },
    tokens::keys::KeyDocuments,
    wire::Secrets,
};

/// Tables of which every row opens something as it stands there, with those that hang on them.
const SECRET_TABLES: [&str; 13] = [
    "approvers",
    "authenticators",
    "outbox_messages",
    "social_links",
    "social_providers",
    "provider_sign_ins",
    "tenant_invite_roles",
    "tenant_invites",
    "user_pool_accounts",
    "user_pool_applications",
    "user_pool_users",
    "user_pools",
    "webauthn_challenges",
];

/// What does in other tables.
fn secrets_of(table: &str) -> Option<LeftOut<'static>> {
    match table {
        "settings" => {
            let texts = &["leaked-passwords", "mail-configuration", "sms-configuration", sso::key::KIND];
            Some(LeftOut::Rows { column: "kind", texts })
        }
        table => documents::secret_columns(table).map(LeftOut::Columns),
    }
}

/// From how many bytes on a chunk is sent.
const CHUNK: usize = 64 * 1024;

/// How many chunks may wait to be taken.
const WAITING: usize = 2;

/// A chunk of a document.
#[derive(Debug)]
enum Chunk {
    More(Bytes),
    /// Without it the document is not whole.
    Last(Bytes),
}

/// A document on its way out. Whoever drops it ends the transaction that it is read in.
#[derive(Debug)]
pub(crate) struct Export {
    chunks: mpsc::Receiver<DomainResult<Chunk>>,
    is_whole: bool,
}

impl Service {
    /// The state of this moment as a document; without secrets it leaves out what opens something as it stands. It
    /// fails when no chunk of it is taken for that long.
    pub(crate) async fn export(&self, secrets: Secrets, patience: Duration) -> DomainResult<Export> {
        let (keys, jwt_secret) = match secrets {
            Secrets::Included => {
                let KeyDocuments { keys, jwt_secret } = self.keys().export(self.store()).await?;
                (Some(keys), Some(jwt_secret))
            }
            Secrets::LeftOut => (None, None),
        };
        let tx = self.store().read_alone().await?;
        let issuers = issuer::Entity::find().fetch_all(&tx).await?;
        let head = Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            schema: migrations::newest().to_owned(),
            exported_at: tx.now().to_string(),
            issuers: issuers.into_iter().map(|row| row.issuer).collect(),
            keys,
            jwt_secret,
            tables: IgnoredAny,
        };
        let mut buffer = serde_json::to_vec(&head).map_err(DomainError::internal)?;
        buffer.pop();
        let (sender, chunks) = mpsc::channel(WAITING);
        tokio::spawn(Writer { sender, patience, buffer }.write(tx, secrets));
        Ok(Export { chunks, is_whole: false })
    }
}

impl Export {
    /// The next chunk. An error is the last: the document is not whole then.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<DomainResult<Bytes>>> {
        if self.is_whole {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(match ready!(self.chunks.poll_recv(context)) {
            Some(Ok(Chunk::More(bytes))) => Ok(bytes),
            Some(Ok(Chunk::Last(bytes))) => {
                self.is_whole = true;
                Ok(bytes)
            }
            Some(Err(error)) => Err(error),
            None => Err(DomainError::internal(anyhow::anyhow!("an export has ended before its end"))),
        }))
    }

    pub(crate) async fn next(&mut self) -> Option<DomainResult<Bytes>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The whole document.
    pub(crate) async fn collect(mut self) -> DomainResult<Bytes> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.next().await {
            whole.extend_from_slice(&chunk?);
        }
        Ok(whole.into())
    }
}

/// What keeps a document from being written to its end.
enum Stop {
    /// Nobody takes it any more.
    NotTaken,
    Failed(DomainError),
}

impl From<DbErr> for Stop {
    fn from(error: DbErr) -> Self {
        Self::Failed(error.into())
    }
}

struct Writer {
    sender: mpsc::Sender<DomainResult<Chunk>>,
    patience: Duration,
    buffer: Vec<u8>,
}

impl Writer {
    async fn write(mut self, tx: Read, secrets: Secrets) {
        match self.write_tables(&tx, secrets).await {
            Ok(()) => {}
            Err(Stop::NotTaken) => tracing::debug!("an export is not taken any more"),
            Err(Stop::Failed(error)) => {
                // Nobody may be there to be told.
                let _ = self.sender.send_timeout(Err(error), self.patience).await;
            }
        }
    }

    async fn write_tables(&mut self, tx: &Read, secrets: Secrets) -> Result<(), Stop> {
        let all = secrets == Secrets::Included;
        let mut before = ",\"tables\":{";
        for table in dump::tables().filter(|table| all || !SECRET_TABLES.contains(table)) {
            self.buffer.extend_from_slice(format!("{before}\"{table}\":[").as_bytes());
            before = ",";
            let left_out = if all { None } else { secrets_of(table) };
            let mut pages = Pages::of(tx, table, left_out).await?;
            while pages.append(&mut self.buffer).await? {
                self.send_full().await?;
            }
            self.buffer.push(b']');
            self.send_full().await?;
        }
        self.buffer.extend_from_slice(b"}}");
        let last = Chunk::Last(std::mem::take(&mut self.buffer).into());
        self.send(last).await
    }

    /// Sends what was written, once it is enough.
    async fn send_full(&mut self) -> Result<(), Stop> {
        if self.buffer.len() < CHUNK {
            return Ok(());
        }
        let chunk = Chunk::More(std::mem::take(&mut self.buffer).into());
        self.send(chunk).await
    }

    async fn send(&self, chunk: Chunk) -> Result<(), Stop> {
        self.sender.send_timeout(Ok(chunk), self.patience).await.map_err(|_| Stop::NotTaken)
    }
}
