//! The mails and SMS messages of an emulator that runs.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::to_string;

use super::{connection::Connection, output};
use crate::wire::{Channel, Message, OutboxQuery};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Only messages to that address or number.
    #[arg(long, value_name = "RECIPIENT")]
    to: Option<String>,

    /// Only messages from that template, e.g. MagicLink.
    #[arg(long, value_name = "NAME")]
    template: Option<String>,

    /// Only messages that go that way.
    #[arg(long)]
    channel: Option<Way>,

    /// So many at most, the newest.
    #[arg(long, value_name = "NUMBER")]
    newest: Option<u64>,

    /// Show codes, tokens and links.
    #[arg(long)]
    secrets: bool,

    /// Wait so many seconds for a message and show the newest; fail where none comes.
    #[arg(long, value_name = "SECONDS", value_parser = read_seconds)]
    wait: Option<Duration>,

    /// Write each message as a line of JSON.
    #[arg(long)]
    json: bool,

    /// Forget all messages, and show none.
    #[arg(long, conflicts_with_all = ["to", "template", "channel", "newest", "secrets", "wait", "json"])]
    clear: bool,

    #[command(flatten)]
    connection: Connection,
}

/// By which way a message would have gone.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    Email,
    Sms,
    Webhook,
}

impl From<Way> for Channel {
    fn from(way: Way) -> Self {
        match way {
            Way::Email => Self::Email,
            Way::Sms => Self::Sms,
            Way::Webhook => Self::Webhook,
        }
    }
}

fn read_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "a number of seconds is wanted".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

impl Options {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let control = self.connection.control()?;
        if self.clear {
            return Ok(control.clear_outbox().await?);
        }
        let query = self.query();
        let messages = match self.wait {
            Some(time) => vec![control.wait_for_message(&query, time).await?],
            None => control.messages(&query).await?,
        };
        let show = |message: &Message| if self.json { to_string(&message.0) } else { Ok(in_words(message)) };
        let lines: Vec<String> = messages.iter().map(show).collect::<Result<_, _>>()?;
        Ok(output::print(lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>())?)
    }

    fn query(&self) -> OutboxQuery {
        OutboxQuery {
            to: self.to.clone(),
            template: self.template.clone(),
            channel: self.channel.map(Channel::from),
            limit: self.newest,
            secrets: self.secrets,
            ..OutboxQuery::default()
        }
    }
}

/// A line on the message, and one for each thing in it that people look for.
fn in_words(message: &Message) -> String {
    let channel = match message.0.channel {
        Channel::Email => "mail",
        Channel::Sms => "SMS",
        Channel::Webhook => "webhook",
    };
    let at = message.sent_at().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let mut text = format!("{at} {channel} {} to {}", message.template(), message.recipient());
    for (name, value) in [("subject", message.subject()), ("code", message.code()), ("link", message.link())] {
        if let Some(value) = value {
            text += &format!("\n    {name}: {value}");
        }
    }
    text
}
