//! Documents of earlier schemas: their rows go through the migrations that were added since.

use super::{documents, reading::ROWS, set_aside::SetAside};
use crate::{
    domain::{DomainError, DomainResult},
    service::Service,
    store::{
        BroughtUp, Write,
        dump::{self, Batch, Loader, Pages, Row},
    },
};

impl Service {
    /// The rows of a document in the present schema.
    pub(super) async fn brought_up(&self, schema: &str, mut rows: SetAside) -> DomainResult<BroughtUp> {
        let unknown = || DomainError::bad_request(format!("the schema {schema} is unknown"));
        let earlier = self.store().earlier(schema).await?.ok_or_else(unknown)?;
        let tables: Vec<_> = rows.tables().collect();
        for table in tables {
            let Some(rows) = rows.take(table)? else { continue };
            let mut rows = rows.peekable();
            let mut first = 0;
            while rows.peek().is_some() {
                let read = rows.by_ref().take(ROWS).collect::<Result<Vec<Row>, _>>();
                let mut batch = Batch { table, first, rows: read.map_err(DomainError::internal)? };
                first += batch.rows.len();
                documents::complete(table, &mut batch.rows);
                earlier.load(batch).await?;
                // It may be long, and nothing in it waits.
                tokio::task::yield_now().await;
            }
        }
        Ok(earlier.brought_up().await?)
    }
}

/// Writes rows that were brought to the present schema, as if they had come so.
pub(super) async fn load(tx: &Write, from: &BroughtUp) -> DomainResult<()> {
    let mut loader = Loader::new(tx);
    for table in dump::tables() {
        let mut pages = Pages::of(from.rows(), table, None).await?;
        let mut first = 0;
        loop {
            let mut page = b"[".to_vec();
            let is_last = !pages.append(&mut page).await?;
            page.push(b']');
            // Between two pages there is a comma.
            if page.starts_with(b"[,") {
                page.remove(1);
            }
            let rows: Vec<Row> = serde_json::from_slice(&page).map_err(DomainError::internal)?;
            let count = rows.len();
            if count > 0 {
                let mut batch = Batch { table, first, rows };
                documents::check(&batch)?;
                documents::normalize(table, &mut batch.rows)?;
                loader.load(batch).await?;
            }
            first += count;
            if is_last {
                break;
            }
        }
    }
    Ok(())
}
