//! Looking for messages in the outbox, and waiting for one.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    domain::{
        DomainResult, approvals,
        messages::outbox::{self, Filter},
    },
    service::Service,
    store::entity::outbox_message,
};

/// How often to look for messages that another process on the same store may have written.
const GLANCE: Duration = Duration::from_millis(250);

/// The newest messages that fit, oldest first.
pub(crate) async fn list(
    service: &Service,
    filter: &Filter,
    limit: Option<u64>,
) -> DomainResult<Vec<outbox_message::Model>> {
    settle_approvals(service).await?;
    let tx = service.store().read().await?;
    outbox::list(&tx, filter, limit).await
}

/// Sends what approval flows send by the clock.
async fn settle_approvals(service: &Service) -> DomainResult<()> {
    let tx = service.store().read().await?;
    let is_due = tx.catalog().await?.approvals_are_due(tx.now());
    drop(tx);
    if is_due { service.store().write(async |tx| approvals::settle(tx).await).await } else { Ok(()) }
}

/// The newest message that fits; while there is none, waits that long for one.
pub(crate) async fn newest(
    service: &Service,
    filter: &Filter,
    within: Duration,
) -> DomainResult<Option<outbox_message::Model>> {
    let deadline = Instant::now() + within;
    // Before the first look, so that nothing is missed between two.
    let mut written = service.store().written();
    loop {
        let found = list(service, filter, Some(1)).await?.pop();
        let now = Instant::now();
        if found.is_some() || now >= deadline {
            return Ok(found);
        }
        let look_again = if service.store().is_memory() { deadline } else { deadline.min(now + GLANCE) };
        // Either way there is something to look at, or the time is over.
        let _ = tokio::time::timeout_at(look_again, written.changed()).await;
    }
}

/// How many messages there are.
#[cfg(feature = "metrics")]
pub(crate) async fn count(service: &Service) -> DomainResult<u64> {
    outbox::count(&service.store().read().await?).await
}

/// Forgets all messages.
pub(crate) async fn clear(service: &Service) -> DomainResult<()> {
    service.store().write(async |tx| outbox::clear(tx).await).await
}
