//! Putting the state of a document in place of the present one, while it is read.

use std::io;

use tokio::sync::mpsc;

use super::{
    earlier,
    reading::{self, Document},
};
use crate::{
    domain::{DomainError, DomainResult, applications::default_application},
    service::Service,
    store::{
        Store, Write,
        dump::{self, Batch, Loader},
    },
};

/// How many batches may wait to be written.
const WAITING: usize = 2;

impl Service {
    /// Puts the state of a document in place of the present one, or changes nothing. It is read on a thread of its own
    /// and written as it comes, so that neither grows with it.
    pub(crate) async fn import(&self, source: impl io::Read + Send + 'static) -> DomainResult<()> {
        let parents = dump::parents(&self.store().read().await?).await?;
        let (sender, mut batches) = mpsc::channel(WAITING);
        let mut reading = tokio::task::spawn_blocking(move || reading::read(source, parents, sender));
        // Nobody is kept from writing by a document that is refused by its head, or whose rows are set aside.
        let first = batches.recv().await;
        // It fails only when the runtime ends.
        let mut document = async || (&mut reading).await.map_err(DomainError::internal)?;
        let mut known = if first.is_none() { Some(document().await?) } else { None };
        let earlier = match known.as_mut().and_then(|document| Some((&document.head.schema, document.earlier.take()?)))
        {
            Some((schema, rows)) => Some(Box::pin(self.brought_up(schema, rows)).await?),
            None => None,
        };
        let mut keys = None;
        self.store()
            .overwrite(async |tx: &Write| -> DomainResult<()> {
                match &earlier {
                    Some(rows) => earlier::load(tx, rows).await?,
                    None => load(tx, first, batches).await?,
                }
                default_application::ensure(tx, self.application_id()).await?;
                let Document { head, .. } = match known {
                    Some(document) => document,
                    None => document().await?,
                };
                for address in &head.issuers {
                    Store::add_issuer(tx, address).await?;
                }
                if let Some(set) = head.keys()? {
                    self.keys().write(tx, &set).await?;
                    keys = Some(set);
                }
                Ok(())
            })
            .await?;
        match keys {
            Some(keys) => self.keys().adopt(self.store(), keys).await,
            None => Ok(()),
        }
    }
}

async fn load(tx: &Write, first: Option<Batch>, mut batches: mpsc::Receiver<Batch>) -> DomainResult<()> {
    let mut loader = Loader::new(tx);
    let mut next = first;
    while let Some(batch) = next {
        loader.load(batch).await?;
        next = batches.recv().await;
    }
    Ok(())
}
