//! Tokens of an emulator that runs, without a sign-in.

use clap::Args;

use super::{connection::Connection, output};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Whose token: an id, an address or a username.
    user: String,

    /// The tenant that it is for; by default the one that they work in.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// Write a line of JSON, with the refresh token and the session.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: Connection,
}

impl Options {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let tokens = self.connection.control()?.token_for(&self.user, self.tenant.as_deref()).await?;
        let line = if self.json { serde_json::to_string(&tokens)? } else { tokens.access_token };
        Ok(output::print(line + "\n")?)
    }
}
