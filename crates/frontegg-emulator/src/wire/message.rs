//! A message of the outbox, as it travels and as a test reads it.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::moment;
use crate::store::entity::{self, outbox_message};

/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";

/// By which way a message would have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Mail.
    Email,
    /// SMS.
    Sms,
    /// The call of a webhook.
    Webhook,
}

/// A message as it travels.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageBody {
    pub(crate) id: String,
    pub(crate) channel: Channel,
    pub(crate) template: String,
    pub(crate) to: String,
    pub(crate) from: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) tenant_id: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) token: Option<String>,
    #[serde(with = "moment")]
    pub(crate) sent_at: DateTime<Utc>,
}

impl MessageBody {
    /// The same without its code and token, wherever they stand.
    pub(crate) fn redacted(mut self) -> Self {
        let secrets: Vec<String> = [&self.code, &self.token].into_iter().flatten().cloned().collect();
        for text in [&mut self.subject, &mut self.body, &mut self.link, &mut self.code, &mut self.token] {
            let Some(text) = text else { continue };
            for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                *text = text.replace(secret.as_str(), REDACTED);
            }
        }
        self
    }
}

/// A mail or SMS message that would have been sent. `Debug` does not show what is secret in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message(pub(crate) MessageBody);

impl Message {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Whether it is an SMS, and not a mail.
    pub fn is_sms(&self) -> bool {
        self.0.channel == Channel::Sms
    }

    /// The type of its template, e.g. `MagicLink`.
    pub fn template(&self) -> &str {
        &self.0.template
    }

    /// The address or number that it is for.
    pub fn recipient(&self) -> &str {
        &self.0.to
    }

    /// Who it is from.
    pub fn sender(&self) -> &str {
        self.0.from.as_deref().unwrap_or_default()
    }

    /// Its subject line; an SMS has none.
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// Its text, that of a mail in HTML.
    pub fn body(&self) -> &str {
        self.0.body.as_deref().unwrap_or_default()
    }

    /// The code in it.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The token in it, which is part of its link.
    pub fn token(&self) -> Option<&str> {
        self.0.token.as_deref()
    }

    /// The link in it.
    pub fn link(&self) -> Option<&str> {
        self.0.link.as_deref()
    }

    /// The id of the user it is for.
    pub fn user_id(&self) -> Option<&str> {
        self.0.user_id.as_deref()
    }

    /// The id of the tenant it is about.
    pub fn tenant_id(&self) -> Option<&str> {
        self.0.tenant_id.as_deref()
    }

    /// When it was sent.
    pub fn sent_at(&self) -> DateTime<Utc> {
        self.0.sent_at
    }
}

impl From<MessageBody> for Message {
    fn from(body: MessageBody) -> Self {
        Self(body)
    }
}

impl From<outbox_message::Model> for Message {
    fn from(row: outbox_message::Model) -> Self {
        Self(MessageBody {
            id: row.id,
            channel: match row.channel {
                entity::Channel::Email => Channel::Email,
                entity::Channel::Sms => Channel::Sms,
                entity::Channel::Webhook => Channel::Webhook,
            },
            template: row.template,
            to: row.recipient,
            from: row.sender,
            user_id: row.user_id,
            tenant_id: row.tenant_id,
            subject: row.subject,
            body: row.body,
            link: row.link,
            code: row.code,
            token: row.token,
            sent_at: row.created_at.utc(),
        })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id())
            .field("channel", &self.0.channel)
            .field("template", &self.template())
            .field("recipient", &self.recipient())
            .field("sent_at", &self.0.sent_at)
            .finish_non_exhaustive()
    }
}
