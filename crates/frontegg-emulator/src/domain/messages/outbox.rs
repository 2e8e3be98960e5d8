//! The outbox: mails and SMS messages that a service would send. They are kept, never sent, so that
//! tests read them.
//!
//! ```text
//! outbox::mail(EmailTemplateType::MagicLink, &address).user(&user).token(&token).send(tx).await?;
//! outbox::sms(SmsType::Otc, &number).user(&user).code(&code).send(tx).await?;
//! ```
//!
//! A message is queued in the transaction of its cause: when that fails, nothing was sent.

use frontegg_model::enums::EmailTemplateType;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Map, Value};

use super::{
    sms_sender,
    templates::{
        Environment, escape_html, mails, single_line,
        texts::{self, SmsType},
    },
};
#[cfg(feature = "metrics")]
use crate::store::FetchCount;
use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult},
    store::{
        Fetch, Read, Write,
        entity::{Channel, outbox_message, user},
        query::OneColumn,
    },
    text,
};

/// How many messages are kept, the newest.
const KEPT: u64 = 10_000;

/// A message to be written.
#[must_use = "a message is queued by `send`"]
pub(crate) struct Draft {
    kind: Kind,
    recipient: String,
    user_id: Option<String>,
    tenant_id: Option<String>,
    code: Option<String>,
    token: Option<String>,
    /// As which parameter of the link.
    token_name: &'static str,
    parameters: Vec<(&'static str, String)>,
    link: Option<String>,
    sender: Option<String>,
    values: Map<String, Value>,
}

enum Kind {
    Mail(EmailTemplateType),
    Sms(SmsType),
    Notice(Notice),
}

/// A message of a type without a template.
struct Notice {
    channel: Channel,
    name: &'static str,
    subject: Option<String>,
    body: String,
}

/// A mail of some type to an address.
pub(crate) fn mail(kind: EmailTemplateType, address: &str) -> Draft {
    Draft::new(Kind::Mail(kind), address).value("email", address)
}

/// An SMS of some type to a number.
pub(crate) fn sms(kind: SmsType, number: &str) -> Draft {
    Draft::new(Kind::Sms(kind), number).value("phoneNumber", number)
}

/// A mail for which there is no template.
pub(crate) fn mail_notice(name: &'static str, address: &str, subject: &str, text: &str) -> Draft {
    let body = format!("<!DOCTYPE html>\n<html><body>\n<p>{}</p>\n</body></html>\n", escape_html(text));
    let subject = Some(single_line(subject));
    Draft::new(Kind::Notice(Notice { channel: Channel::Email, name, subject, body }), address)
}

/// An SMS for which there is no template.
pub(crate) fn sms_notice(name: &'static str, number: &str, text: String) -> Draft {
    Draft::new(Kind::Notice(Notice { channel: Channel::Sms, name, subject: None, body: text }), number)
}

/// A call of an address with that body, which is JSON. It is kept as messages are, and nobody is called.
pub(crate) fn webhook(name: &'static str, address: &str, body: String) -> Draft {
    Draft::new(Kind::Notice(Notice { channel: Channel::Webhook, name, subject: None, body }), address)
}

impl Draft {
    fn new(kind: Kind, recipient: &str) -> Self {
        Self {
            kind,
            recipient: recipient.to_owned(),
            user_id: None,
            tenant_id: None,
            code: None,
            token: None,
            token_name: "token",
            parameters: Vec::new(),
            link: None,
            sender: None,
            values: Map::new(),
        }
    }

    /// The person it is for.
    pub(crate) fn user(mut self, user: &user::Model) -> Self {
        self.user_id = Some(user.id.clone());
        let name = user.name.clone().filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| self.recipient.clone());
        self.value("userId", &user.id).value("name", &name).value("userName", &name)
    }

    /// The tenant it is about.
    pub(crate) fn tenant(mut self, tenant_id: &str, name: &str) -> Self {
        self.tenant_id = Some(tenant_id.to_owned());
        self.value("tenantId", tenant_id).value("tenantName", name)
    }

    /// The code that it carries.
    pub(crate) fn code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    /// The token that its link carries.
    pub(crate) fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same, as a parameter of that name.
    pub(crate) fn secret_parameter(mut self, name: &'static str, token: &str) -> Self {
        self.token_name = name;
        self.token(token)
    }

    /// The link in it, which no template makes.
    pub(crate) fn linked(mut self, link: String) -> Self {
        self.link = Some(link).filter(|link| !link.is_empty());
        self
    }

    /// A further parameter of its link, in front of the token.
    pub(crate) fn parameter(mut self, name: &'static str, value: &str) -> Self {
        self.parameters.push((name, value.to_owned()));
        self
    }

    /// The address that a mail comes from, in place of the template's; empty says nothing.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.sender = Some(single_line(address)).filter(|address| !address.is_empty());
        self
    }

    /// What a placeholder of that name stands for.
    pub(crate) fn value(mut self, name: &str, value: &str) -> Self {
        self.values.insert(name.to_owned(), Value::String(value.to_owned()));
        self
    }

    /// Placeholders that come from a caller. They stand for nothing that the emulator names itself.
    pub(crate) fn values(mut self, values: Map<String, Value>) -> Self {
        for (name, value) in values {
            self.values.entry(name).or_insert(value);
        }
        self
    }

    /// Renders and queues it; does nothing when mails of its type are switched off. Links lead to
    /// the address that the environment has for them, by default below its own.
    pub(crate) async fn send(self, tx: &Write) -> DomainResult<()> {
        let Some(row) = self.compose(tx).await? else { return Ok(()) };
        let keys = [row.recipient_key.as_ref().as_str(), row.template.as_ref()];
        let id = tx.row_id::<outbox_message::Entity>(&keys).await?;
        let row = outbox_message::ActiveModel { id: Set(id), created_at: Set(tx.stamp()), ..row };
        outbox_message::Entity::insert(row).exec_without_returning(tx).await?;
        forget_oldest(tx).await
    }

    /// Renders it, but for its id and moment; nothing where mails of its type are switched off.
    pub(crate) async fn compose(mut self, tx: &Read) -> DomainResult<Option<outbox_message::ActiveModel>> {
        let environment = Environment::of(tx).await?;
        // Never from a caller.
        for (name, secret) in [("code", &self.code), ("token", &self.token)] {
            self.values.insert(name.to_owned(), secret.clone().into());
        }
        for link in ["link", "redirectURL"] {
            self.values.remove(link);
        }
        let (channel, template, sender, subject, body, link) = match &self.kind {
            Kind::Mail(kind) => {
                let template = mails::in_force(tx, kind, &environment).await?;
                if !template.active {
                    return Ok(None);
                }
                let token = self.token.iter().map(|token| (self.token_name, token.as_str()));
                let parameters = self.parameters.iter().map(|(name, value)| (*name, value.as_str()));
                let parameters: Vec<_> = parameters.chain(token).collect();
                let mail = template.render(&environment, &self.values, &parameters);
                let sender = self.sender.unwrap_or(mail.sender);
                (Channel::Email, kind.as_str().to_owned(), sender, Some(mail.subject), mail.html, mail.link)
            }
            Kind::Sms(kind) => {
                let text = texts::in_force(tx, *kind).await?.render(&self.values);
                let sender = sms_sender::name(tx).await?;
                (Channel::Sms, kind.as_str().to_owned(), sender, None, text, None)
            }
            Kind::Notice(Notice { channel, name, subject, body }) => {
                let sender = match channel {
                    Channel::Email => environment.no_reply(),
                    Channel::Sms => sms_sender::name(tx).await?,
                    Channel::Webhook => String::new(),
                };
                (*channel, (*name).to_owned(), sender, subject.clone(), body.clone(), self.link.take())
            }
        };
        // They stand in columns of their own, which are redacted.
        for name in ["code", "token"] {
            self.values.remove(name);
        }
        Ok(Some(outbox_message::ActiveModel {
            id: NotSet,
            channel: Set(channel),
            template: Set(template),
            recipient_key: Set(text::address_key(&self.recipient)),
            recipient: Set(self.recipient),
            user_id: Set(self.user_id),
            tenant_id: Set(self.tenant_id),
            code: Set(self.code),
            token: Set(self.token),
            link: Set(link),
            context: Set(Value::Object(self.values).to_string()),
            created_at: NotSet,
            sender: Set(Some(sender)),
            subject: Set(subject),
            body: Set(Some(body)),
        }))
    }
}

/// Forgets the messages that are too many.
pub(crate) async fn forget_oldest(tx: &Write) -> DomainResult<()> {
    forget_beyond(tx, KEPT).await
}

/// Forgets all but the newest messages.
async fn forget_beyond(tx: &Write, kept: u64) -> DomainResult<()> {
    let newest_to_go: Option<Timestamp> = outbox_message::Entity::find()
        .select_only()
        .column(outbox_message::Column::CreatedAt)
        .order_by_desc(outbox_message::Column::CreatedAt)
        .offset(kept)
        .limit(1)
        .one_column()
        .fetch_one(tx)
        .await?;
    if let Some(moment) = newest_to_go {
        let old = outbox_message::Column::CreatedAt.lte(moment);
        outbox_message::Entity::delete_many().filter(old).exec(tx).await?;
    }
    Ok(())
}

/// Which messages are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// An address in any spelling.
    pub(crate) recipient: Option<String>,
    pub(crate) template: Option<String>,
    pub(crate) channel: Option<Channel>,
    /// Only those after the message with this id.
    pub(crate) after: Option<String>,
}

/// The newest messages that fit, oldest first; all of them without a limit.
pub(crate) async fn list(tx: &Read, filter: &Filter, limit: Option<u64>) -> DomainResult<Vec<outbox_message::Model>> {
    let mut rows = outbox_message::Entity::find();
    if let Some(recipient) = &filter.recipient {
        rows = rows.filter(outbox_message::Column::RecipientKey.eq(text::address_key(recipient)));
    }
    if let Some(template) = &filter.template {
        rows = rows.filter(outbox_message::Column::Template.eq(template));
    }
    if let Some(channel) = filter.channel {
        rows = rows.filter(outbox_message::Column::Channel.eq(channel));
    }
    if let Some(after) = &filter.after {
        let after = find(tx, after).await?;
        rows = rows.filter(outbox_message::Column::CreatedAt.gt(after.created_at));
    }
    rows = rows.order_by_desc(outbox_message::Column::CreatedAt).order_by_desc(outbox_message::Column::Id);
    if let Some(limit) = limit {
        rows = rows.limit(limit);
    }
    let mut rows = rows.fetch_all(tx).await?;
    rows.reverse();
    Ok(rows)
}

/// The message with that id, or 404.
pub(crate) async fn find(tx: &Read, id: &str) -> DomainResult<outbox_message::Model> {
    let row = outbox_message::Entity::find_by_id(id).fetch_one(tx).await?;
    row.ok_or_else(|| DomainError::not_found("Message not found"))
}

/// How many messages there are.
#[cfg(feature = "metrics")]
pub(crate) async fn count(tx: &Read) -> DomainResult<u64> {
    Ok(outbox_message::Entity::find().fetch_count(tx).await?)
}

/// Forgets all messages.
pub(crate) async fn clear(tx: &Write) -> DomainResult<()> {
    outbox_message::Entity::delete_many().exec(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
