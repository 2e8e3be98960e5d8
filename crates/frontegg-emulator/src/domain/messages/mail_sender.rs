//! The account by which the environment's mails would be sent.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    domain::{
        DomainError, DomainResult,
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
};

const KIND: &str = "mail-configuration";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Document>(KIND);

/// The account, as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MailSender {
    /// Which service sends.
    pub(crate) provider: String,
    pub(crate) secret: String,
    /// Whatever else that service wants to know: names and values.
    pub(crate) extension: Vec<(String, String)>,
}

/// What is stored of it; times in microseconds.
#[derive(Serialize, Deserialize)]
struct Document {
    sender: MailSender,
    created_at: i64,
    updated_at: i64,
}

/// A stored account with its times.
pub(crate) struct Stored {
    pub(crate) sender: MailSender,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// The stored account, or 404.
pub(crate) async fn require(tx: &Read) -> DomainResult<Stored> {
    let document = find(tx).await?.ok_or_else(|| DomainError::not_found("Mail configuration not found"))?;
    Ok(Stored {
        sender: document.sender,
        created_at: Timestamp::from_micros(document.created_at),
        updated_at: Timestamp::from_micros(document.updated_at),
    })
}

/// Stores an account in place of any other. One of another provider is a new one, with a creation time of
/// its own.
pub(crate) async fn set(tx: &Write, sender: MailSender) -> DomainResult<()> {
    let now = tx.now().micros();
    let before = find(tx).await?;
    let same = before.filter(|before| before.sender.provider == sender.provider);
    let created_at = same.map_or(now, |before| before.created_at);
    let document = Document { sender, created_at, updated_at: now };
    settings::put(tx, Owner::Environment, KIND, &document).await?;
    Ok(())
}

/// Drops the account.
pub(crate) async fn delete(tx: &Write) -> DomainResult<()> {
    settings::delete(tx, Owner::Environment, KIND).await?;
    Ok(())
}

async fn find(tx: &Read) -> DomainResult<Option<Document>> {
    settings::find(tx, Owner::Environment, KIND).await
}
