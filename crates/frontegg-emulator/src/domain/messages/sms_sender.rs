//! The account by which the environment's SMS messages would be sent.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        DomainResult,
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
};

const KIND: &str = "sms-configuration";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<SmsSender>(KIND);

/// Who signs a message when the environment has no sender of its own.
const DEFAULT_NAME: &str = "Frontegg";

/// The account, as it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SmsSender {
    pub(crate) sender_name: Option<String>,
    pub(crate) account_id: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) service_id: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) channel: Option<String>,
}

/// The stored account, if there is one.
pub(crate) async fn find(tx: &Read) -> DomainResult<Option<SmsSender>> {
    settings::find(tx, Owner::Environment, KIND).await
}

/// Stores an account in place of any other.
pub(crate) async fn set(tx: &Write, sender: &SmsSender) -> DomainResult<()> {
    settings::put(tx, Owner::Environment, KIND, sender).await?;
    Ok(())
}

/// Drops the account.
pub(crate) async fn delete(tx: &Write) -> DomainResult<()> {
    settings::delete(tx, Owner::Environment, KIND).await?;
    Ok(())
}

/// Who a message is from.
pub(crate) async fn name(tx: &Read) -> DomainResult<String> {
    let name = find(tx).await?.and_then(|sender| sender.sender_name).filter(|name| !name.is_empty());
    Ok(name.unwrap_or_else(|| DEFAULT_NAME.to_owned()))
}
