//! The outbox as tests use it: what the emulator would have sent, read in the same process.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{
    Error,
    control::wire::{self, MessageBody},
    domain::{
        DomainResult,
        outbox::{self, Filter},
    },
    service::Service,
    store::entity::{Channel, outbox_message},
};

/// How often to look for messages that another process on the same store may have written.
const GLANCE: Duration = Duration::from_millis(250);

/// Mails and SMS messages that the emulator would have sent. Nothing ever leaves the machine.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), frontegg_emulator::Error> {
/// let emulator = frontegg_emulator::Emulator::start().await?;
/// // … somebody asks for a code …
/// let code = emulator.outbox().last_to("ada@acme.test").code().await;
/// assert!(code.is_err(), "nobody has");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Outbox {
    service: Arc<Service>,
}

impl Outbox {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }

    /// All messages, the oldest first.
    pub async fn messages(&self) -> Result<Vec<Message>, Error> {
        self.find(&Filter::default()).await
    }

    /// All messages to an address or number, the oldest first.
    pub async fn messages_to(&self, recipient: &str) -> Result<Vec<Message>, Error> {
        self.find(&Filter { recipient: Some(recipient.to_owned()), ..Filter::default() }).await
    }

    /// The newest message, or what is in it.
    pub fn last(&self) -> LastMessage {
        LastMessage { outbox: self.clone(), filter: Filter::default(), within: Duration::ZERO }
    }

    /// The newest message to an address or number, or what is in it.
    pub fn last_to(&self, recipient: impl Into<String>) -> LastMessage {
        let mut last = self.last();
        last.filter.recipient = Some(recipient.into());
        last
    }

    /// Forgets all messages.
    pub async fn clear(&self) -> Result<(), Error> {
        Ok(clear(&self.service).await?)
    }

    async fn find(&self, filter: &Filter) -> Result<Vec<Message>, Error> {
        let rows = list(&self.service, filter, None).await?;
        Ok(rows.into_iter().map(Message::from).collect())
    }
}

/// The newest message of some kind: await it whole, or only the code, token or link in it.
#[derive(Clone, Debug)]
#[must_use = "a message is looked up when it is awaited"]
pub struct LastMessage {
    outbox: Outbox,
    filter: Filter,
    within: Duration,
}

impl LastMessage {
    /// Only messages from that template, e.g. `MagicLink`.
    pub fn template(mut self, name: impl Into<String>) -> Self {
        self.filter.template = Some(name.into());
        self
    }

    /// Only messages after that one.
    pub fn after(mut self, message: &Message) -> Self {
        self.filter.after = Some(message.id().to_owned());
        self
    }

    /// Waits so long for such a message, if there is none yet. Messages are there when the request
    /// that sends them has been answered; only what others do at the same time has to be waited for.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// The code in it.
    pub async fn code(self) -> Result<String, Error> {
        self.part("code", Message::code).await
    }

    /// The token in it.
    pub async fn token(self) -> Result<String, Error> {
        self.part("token", Message::token).await
    }

    /// The link in it.
    pub async fn link(self) -> Result<String, Error> {
        self.part("link", Message::link).await
    }

    /// The message, if there is one.
    pub async fn find(self) -> Result<Option<Message>, Error> {
        let row = newest(&self.outbox.service, &self.filter, self.within).await?;
        Ok(row.map(Message::from))
    }

    async fn part(self, name: &str, part: fn(&Message) -> Option<&str>) -> Result<String, Error> {
        let message = self.await?;
        let missing = || Error::Unknown(format!("the {} to {} has no {name}", message.template(), message.recipient()));
        part(&message).map(str::to_owned).ok_or_else(missing)
    }

    async fn require(self) -> Result<Message, Error> {
        let outbox = self.outbox.clone();
        let mut wanted = self.filter.template.clone().unwrap_or_else(|| "message".to_owned());
        if let Some(recipient) = &self.filter.recipient {
            wanted.push_str(&format!(" to {recipient}"));
        }
        if let Some(message) = self.find().await? {
            return Ok(message);
        }
        let there = outbox.messages().await?;
        let there: Vec<_> =
            there.iter().map(|message| format!("{} to {}", message.template(), message.recipient())).collect();
        Err(Error::Unknown(format!("no {wanted} in the outbox, which holds: [{}]", there.join(", "))))
    }
}

impl IntoFuture for LastMessage {
    type Output = Result<Message, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.require())
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
        self.0.channel == wire::Channel::Sms
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
                Channel::Email => wire::Channel::Email,
                Channel::Sms => wire::Channel::Sms,
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

/// The newest messages that fit, oldest first.
pub(crate) async fn list(
    service: &Service,
    filter: &Filter,
    limit: Option<u64>,
) -> DomainResult<Vec<outbox_message::Model>> {
    let tx = service.store().read().await?;
    outbox::list(&tx, filter, limit).await
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

/// Forgets all messages.
pub(crate) async fn clear(service: &Service) -> DomainResult<()> {
    let tx = service.store().write().await?;
    outbox::clear(&tx).await?;
    Ok(tx.commit().await?)
}
