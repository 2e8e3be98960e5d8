//! Work in vain, for people who do not exist: so that finding out takes as long as helping those who
//! do.

use sea_orm::ConnectionTrait;

use crate::{
    domain::{
        DomainResult,
        messages::outbox::Draft,
        settings::{self, Form, Owner},
    },
    store::Write,
};

/// The kind of the settings document: how often there was work in vain.
const KIND: &str = "dummy-writes";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<u64>(KIND);

/// Writes something that says nothing. Commit it as if it did: what is written is what takes time.
pub(crate) async fn write(tx: &Write) -> DomainResult<()> {
    let count: u64 = settings::get(tx, Owner::Environment, KIND).await?;
    settings::put(tx, Owner::Environment, KIND, &count.wrapping_add(1)).await
}

/// Writes a message and takes it back.
pub(crate) async fn message(tx: &Write, draft: Draft) -> DomainResult<()> {
    tx.execute_unprepared("SAVEPOINT dummy_work").await?;
    draft.send(tx).await?;
    tx.execute_unprepared("ROLLBACK TO SAVEPOINT dummy_work").await?;
    tx.execute_unprepared("RELEASE SAVEPOINT dummy_work").await?;
    write(tx).await
}

#[cfg(test)]
mod tests {
    use frontegg_model::enums::EmailTemplateType;

    use super::*;
    use crate::{
        clock::Clock,
        domain::messages::outbox,
        store::{Store, StoreTarget},
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
        assert_eq!(settings::get::<u64>(&tx, Owner::Environment, KIND).await.expect("a count"), 2);
    }
}
