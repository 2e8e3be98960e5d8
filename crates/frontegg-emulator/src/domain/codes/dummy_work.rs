//! Work in vain, for people who do not exist: the same statements in the same number, so that finding out
//! takes as long as helping those who do.

use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};

use super::{Grant, bare_fingerprint};
use crate::{
    domain::{
        DomainResult,
        messages::outbox::{self, Draft},
    },
    ids,
    store::{
        Write,
        entity::{Purpose, dummy_write},
    },
};

/// The key of the only row.
const KEY: &str = "nobody";

/// Writes something that says nothing, in place of a row. Commit it as if it did: what is written is what
/// takes time.
pub(crate) async fn write(tx: &Write) -> DomainResult<()> {
    let row = dummy_write::ActiveModel { id: Set(KEY.to_owned()), value: Set(i64::from_ne_bytes(ids::random())) };
    let over = OnConflict::column(dummy_write::Column::Id).update_column(dummy_write::Column::Value).to_owned();
    dummy_write::Entity::insert(row).on_conflict(over).exec_without_returning(tx).await?;
    Ok(())
}

/// Looks for what a code that is presented alone is compared with before it is issued.
pub(crate) async fn bare_code(tx: &Write, purpose: Purpose) -> DomainResult<()> {
    Grant::is_pending(tx, purpose, &bare_fingerprint(purpose, &ids::new_code())).await?;
    Ok(())
}

/// Composes a message, and writes as much as for that and the token or code in it.
pub(crate) async fn message(tx: &Write, draft: Draft) -> DomainResult<()> {
    draft.compose(tx).await?;
    outbox::forget_oldest(tx).await?;
    write(tx).await?;
    write(tx).await
}

#[cfg(test)]
mod tests {
    use frontegg_model::enums::EmailTemplateType;

    use super::*;
    use crate::{
        clock::Clock,
        domain::messages::outbox,
        store::{Fetch, Store, StoreTarget},
    };

    #[tokio::test]
    async fn nothing_is_left_of_a_message() {
        let store = Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.expect("a store");
        for _ in 0..2 {
            let tx = store.begin_write().await;
            let draft = outbox::mail(EmailTemplateType::ResetPassword, "nobody@acme.test").token("x");
            message(&tx, draft).await.expect("a dummy_work");
            tx.finish().await;
        }
        let tx = store.read().await.expect("a transaction");
        assert!(outbox::list(&tx, &outbox::Filter::default(), None).await.expect("a list").is_empty());
        assert!(dummy_write::Entity::find_by_id(KEY).fetch_one(&tx).await.expect("a row").is_some());
    }
}
