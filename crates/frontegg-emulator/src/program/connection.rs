//! Where the emulator is that a command is about.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::ensure;
use clap::Args;
use http::uri::Scheme;

use super::{input::read, serve::options::read_listen};
use crate::{control::client::Control, server};

#[derive(Args)]
pub(super) struct Connection {
    /// The emulator's address; by default that of --listen.
    #[arg(long, value_name = "URL", env = "FRONTEGG_EMULATOR_URL")]
    url: Option<String>,

    /// Where it listens, as it was told at its start.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8100")]
    #[arg(env = "FRONTEGG_EMULATOR_LISTEN", value_parser = read_listen)]
    listen: SocketAddr,

    /// The certificate that it was told to serve with: it is asked by https, and nobody else is believed.
    #[arg(long, value_name = "FILE", env = "FRONTEGG_EMULATOR_TLS_CERT")]
    tls_cert: Option<PathBuf>,

    /// Certificates that vouch for its own, in place of those that the system trusts.
    #[arg(long, value_name = "FILE", env = "FRONTEGG_EMULATOR_CA_CERT", conflicts_with = "tls_cert")]
    ca_cert: Option<PathBuf>,

    /// The token that its control plane asks for, where it does.
    #[arg(long, value_name = "TOKEN", env = "FRONTEGG_EMULATOR_ADMIN_TOKEN")]
    #[arg(hide_env_values = true)]
    admin_token: Option<String>,
}

/// Without the secret.
impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("url", &self.url).field("listen", &self.listen).finish_non_exhaustive()
    }
}

impl Connection {
    /// A client of its control plane.
    pub(super) fn control(&self) -> anyhow::Result<Control> {
        ensure!(self.url.is_some() || self.listen.port() != 0, "port 0 says nothing of where it listens: give --url");
        let scheme = if self.tls_cert.is_some() { Scheme::HTTPS } else { Scheme::HTTP };
        let mut control = match &self.url {
            Some(url) => Control::at(url)?,
            None => Control::at(&server::url(&scheme, self.listen))?,
        };
        if let Some(file) = &self.tls_cert {
            control = control.certificate(&read(file)?)?;
        }
        if let Some(file) = &self.ca_cert {
            control = control.root_certificates(&read(file)?)?;
        }
        if let Some(token) = &self.admin_token {
            control = control.admin_token(token);
        }
        Ok(control)
    }
}
