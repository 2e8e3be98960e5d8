//! The outbox as tests use it: what the emulator would have sent, read in the same process.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use crate::{
    domain::messages::outbox::Filter,
    error::Error,
    service::{Service, outbox},
    wire::Message,
};

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
        Ok(outbox::clear(&self.service).await?)
    }

    async fn find(&self, filter: &Filter) -> Result<Vec<Message>, Error> {
        let rows = outbox::list(&self.service, filter, None).await?;
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
        let row = outbox::newest(&self.outbox.service, &self.filter, self.within).await?;
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
