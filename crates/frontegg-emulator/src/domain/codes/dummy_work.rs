//! Work in vain, for people who do not exist: the same statements in the same number, so that finding out
//! takes as long as helping those who do.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryTrait,
    sea_query::{Alias, OnConflict},
};

use super::{Grant, bare_fingerprint};
use crate::{
    domain::{
        DomainResult,
        messages::outbox::{self, Draft},
    },
    ids,
    store::{
        Write,
        entity::{Purpose, dummy_write, one_time_token, outbox_message},
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

/// Composes a message, and writes it and a token like that in it where nobody finds them: in tables like those that they
/// would be in, so that as many pages change.
pub(crate) async fn message(tx: &Write, draft: Draft) -> DomainResult<()> {
    let nobody = ids::new_id();
    let token = Grant::new(Purpose::LinkSignIn, &nobody).row(tx, &ids::new_secret());
    write_to_twin("dummy_tokens", one_time_token::ActiveModel { id: Set(KEY.to_owned()), ..token }, tx).await?;
    let Some(message) = draft.compose(tx).await? else { return Ok(()) };
    let message = outbox_message::ActiveModel { id: Set(KEY.to_owned()), created_at: Set(tx.stamp()), ..message };
    write_to_twin("dummy_messages", message, tx).await?;
    outbox::forget_oldest(tx).await
}

/// Writes a row to a table like its own, in place of the one that is there.
async fn write_to_twin<R: ActiveModelTrait>(table: &'static str, row: R, tx: &Write) -> DomainResult<()> {
    let mut insert = R::Entity::insert(row).on_conflict(replace::<<R::Entity as EntityTrait>::Column>());
    insert.query().into_table(Alias::new(table));
    insert.exec_without_returning(tx).await?;
    Ok(())
}

/// What to do where the only row is there: every column of it is written anew.
fn replace<C: ColumnTrait>() -> OnConflict {
    let id = |column: &C| column.as_str() == "id";
    let (id, others): (Vec<C>, Vec<C>) = C::iter().partition(id);
    OnConflict::columns(id).update_columns(others).to_owned()
}

#[cfg(test)]
mod tests {
    use frontegg_model::enums::EmailTemplateType;
    use sea_orm::Statement;

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
        for table in ["dummy_messages", "dummy_tokens"] {
            let count = Statement::from_string(tx.backend(), format!("SELECT COUNT(*) AS value FROM {table}"));
            let rows = tx.rows(count).await.expect("a row");
            assert_eq!(rows[0].try_get::<i64>("", "value").expect("a number"), 1, "{table}");
        }
    }
}
