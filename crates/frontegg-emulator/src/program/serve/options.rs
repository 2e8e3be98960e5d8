//! What `serve` is told.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
    sync::Arc,
};

use clap::{Args, builder::BoolishValueParser};
use ipnet::IpNet;

use crate::{
    config::PasswordHashing,
    error::Error,
    gate::faults::Fault,
    outgoing::Hosts,
    program::{
        announcement::Form,
        logging::{Format, QUIET_LIBRARIES},
    },
    store::{Audits, StoreTarget},
};

#[derive(Args)]
pub(in crate::program) struct Options {
    /// Where to listen: an address or a name with a port, or a port alone, which listens on 127.0.0.1;
    /// port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8100")]
    #[arg(env = "FRONTEGG_EMULATOR_LISTEN", value_parser = read_listen)]
    pub(in crate::program) listen: SocketAddr,

    /// The environment's client id; by default the one that the store knows, or a new one.
    #[arg(long, value_name = "ID", env = "FRONTEGG_EMULATOR_CLIENT_ID")]
    pub(in crate::program) client_id: Option<String>,

    /// The id of the environment's default application; by default the one that the store knows, or a new one.
    #[arg(long, value_name = "ID", env = "FRONTEGG_EMULATOR_APPLICATION_ID")]
    pub(in crate::program) application_id: Option<String>,

    /// The environment's API key; by default the one that the store knows, or a new one.
    #[arg(long, value_name = "KEY", env = "FRONTEGG_EMULATOR_API_KEY")]
    #[arg(hide_env_values = true)]
    pub(in crate::program) api_key: Option<String>,

    /// The id of a fresh environment; a store that has one keeps it.
    #[arg(long, value_name = "ID", env = "FRONTEGG_EMULATOR_VENDOR_ID")]
    pub(in crate::program) vendor_id: Option<String>,

    /// Where to keep the state: memory, sqlite:PATH or postgres://….
    #[arg(long, default_value = "memory", env = "FRONTEGG_EMULATOR_STORE")]
    #[arg(hide_env_values = true)]
    pub(in crate::program) store: StoreTarget,

    /// The address under which clients reach the emulator, for tokens, links and WebAuthn (rp.id).
    #[arg(long, value_name = "URL", env = "FRONTEGG_EMULATOR_BASE_URL")]
    pub(in crate::program) base_url: Option<String>,

    /// A file with the certificate to serve https with (PEM), and those that lead to it.
    #[arg(long, value_name = "FILE", env = "FRONTEGG_EMULATOR_TLS_CERT", requires = "tls_key")]
    pub(in crate::program) tls_cert: Option<PathBuf>,

    /// A file with the private key of that certificate (PEM).
    #[arg(long, value_name = "FILE", env = "FRONTEGG_EMULATOR_TLS_KEY", requires = "tls_cert")]
    pub(in crate::program) tls_key: Option<PathBuf>,

    /// A network of proxies whose X-Forwarded-For is believed, e.g. 10.0.0.0/8; may be given several
    /// times, or with commas.
    #[arg(long = "trusted-proxy", value_name = "CIDR", env = "FRONTEGG_EMULATOR_TRUSTED_PROXY")]
    #[arg(value_delimiter = ',', value_parser = read_network)]
    pub(in crate::program) trusted_proxies: Vec<IpNet>,

    /// A host that the emulator may call, such as an identity provider, e.g. localhost or idp.example.com; * for all
    /// with public addresses. May be given several times, or with commas; without it, nobody is called.
    #[arg(long = "allow-outgoing", value_name = "HOST", env = "FRONTEGG_EMULATOR_ALLOW_OUTGOING")]
    #[arg(value_delimiter = ',', value_parser = read_host)]
    pub(in crate::program) outgoing: Vec<String>,

    /// The token that the control plane asks for; needed to listen on other than loopback.
    #[arg(long, value_name = "TOKEN", env = "FRONTEGG_EMULATOR_ADMIN_TOKEN")]
    #[arg(hide_env_values = true)]
    pub(in crate::program) admin_token: Option<String>,

    /// How many seconds an environment token is valid.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    #[arg(env = "FRONTEGG_EMULATOR_TOKEN_LIFETIME")]
    pub(in crate::program) token_lifetime: u64,

    /// For how many seconds after its use a refresh token gets the same answer again.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    #[arg(env = "FRONTEGG_EMULATOR_REFRESH_GRACE")]
    pub(in crate::program) refresh_grace: u64,

    /// A fault to begin with, as JSON, e.g. '{"on": {"operation": "list_roles_v1"}, "status": 503,
    /// "times": 2}', or a list of them; may be given several times.
    #[arg(long = "fault", value_name = "JSON", env = "FRONTEGG_EMULATOR_FAULT")]
    #[arg(value_parser = read_faults)]
    pub(in crate::program) faults: Vec<Faults>,

    /// What to begin with where the store is a new one: a seed (YAML or JSON), an export of the control plane, or a folder
    /// of such files; may be given several times, or with commas.
    #[arg(long = "seed", value_name = "PATH", env = "FRONTEGG_EMULATOR_SEED", value_delimiter = ',')]
    pub(in crate::program) seeds: Vec<PathBuf>,

    /// Refuse bodies with members that the documents do not declare; without it, each such member is told once.
    #[arg(long, env = "FRONTEGG_EMULATOR_STRICT", value_parser = BoolishValueParser::new())]
    pub(in crate::program) strict: bool,

    /// How much work it is to hash a password: auto is next to none in memory on a loopback address, and normal
    /// elsewhere.
    #[arg(long, value_name = "COST", default_value = "auto", env = "FRONTEGG_EMULATOR_PASSWORD_HASHING")]
    pub(in crate::program) password_hashing: PasswordHashing,

    /// How many requests are recorded for the control plane to show, the newest.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    #[arg(env = "FRONTEGG_EMULATOR_RECORDED_REQUESTS")]
    pub(in crate::program) recorded_requests: usize,

    /// How many entries the audit trail has, the newest; off for none of what requests do.
    #[arg(long, value_name = "NUMBER", default_value_t = Audits::default(), env = "FRONTEGG_EMULATOR_AUDITS")]
    pub(in crate::program) audits: Audits,

    /// What to log to stderr, e.g. debug or frontegg_emulator=debug.
    #[arg(long, value_name = "FILTER", default_value = QUIET_LIBRARIES)]
    #[arg(env = "FRONTEGG_EMULATOR_LOG")]
    pub(in crate::program) log: String,

    /// The form of the log.
    #[arg(long, value_name = "FORM", default_value = "text", env = "FRONTEGG_EMULATOR_LOG_FORMAT")]
    pub(in crate::program) log_format: Format,

    /// In which form to tell on stdout, once it serves, what clients need.
    #[arg(long, value_name = "FORM", default_value = "shell", env = "FRONTEGG_EMULATOR_PRINT")]
    pub(in crate::program) print: Form,
}

/// The faults of one `--fault`.
type Faults = Arc<[Fault]>;

/// Reads a fault or a list of faults.
fn read_faults(text: &str) -> Result<Faults, String> {
    let list: Vec<serde_json::Value> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|error| error.to_string())?
    } else {
        return Ok([text.parse::<Fault>().map_err(|error| error.to_string())?].into());
    };
    list.iter().map(|fault| fault.to_string().parse().map_err(|error: Error| error.to_string())).collect()
}

/// Reads where to listen. Of a name's addresses that of IPv4 is taken, which every client tries.
pub(in crate::program) fn read_listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    }
    let found: Vec<_> = text.to_socket_addrs().map_err(|error| error.to_string())?.collect();
    let found = found.iter().find(|address| address.is_ipv4()).or(found.first());
    found.copied().ok_or_else(|| format!("{text} has no address"))
}

/// Reads a network, or one address.
fn read_network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(one).ok_or_else(|| "a network is written as 10.0.0.0/8 or 2001:db8::/32".to_owned())
}

/// Reads a host that may be called.
fn read_host(text: &str) -> Result<String, String> {
    let host = text.to_owned();
    let refused = |host| Error::OutgoingHost(host).to_string();
    Hosts::parse(std::slice::from_ref(&host)).map(|_| host).map_err(refused)
}

/// Without the secrets.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("listen", &self.listen)
            .field("client_id", &self.client_id)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn one_listens_by_name_or_port() {
        for (text, address) in [
            ("localhost:8100", "127.0.0.1:8100"),
            (":8100", "127.0.0.1:8100"),
            ("8100", "127.0.0.1:8100"),
            ("0", "127.0.0.1:0"),
            ("0.0.0.0:8100", "0.0.0.0:8100"),
            ("[::1]:8100", "[::1]:8100"),
        ] {
            assert_eq!(read_listen(text).map(|found| found.to_string()).as_deref(), Ok(address), "{text}");
        }
        for text in ["", ":", "localhost", "65536", "127.0.0.1:x", "http://localhost:8100"] {
            assert!(read_listen(text).is_err(), "{text}");
        }
    }

    #[test]
    fn proxies_are_networks_or_addresses() {
        let words = ["x", "--trusted-proxy", "10.0.0.0/8,192.0.2.1", "--trusted-proxy", "2001:db8::/32"];
        let networks = Arguments::parse_from(words).options.trusted_proxies;
        let networks: Vec<_> = networks.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"]);
        for wrong in ["proxy.test", "10.0.0.0/33", "*"] {
            assert!(Arguments::try_parse_from(["x", "--trusted-proxy", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hosts_to_call_are_names_and_addresses() {
        let words = ["x", "--allow-outgoing", "localhost,idp.test", "--allow-outgoing", "*"];
        assert_eq!(Arguments::parse_from(words).options.outgoing, ["localhost", "idp.test", "*"]);
        for wrong in ["https://idp.test", "idp.test:443", ""] {
            assert!(Arguments::try_parse_from(["x", "--allow-outgoing", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn faults_are_read_as_json() {
        let (one, two) = (r#"{"status": 503}"#, r#" [{"effect": "drop"}, {"status": 500}]"#);
        let options = Arguments::parse_from(["x", "--fault", one, "--fault", two]).options;
        let faults: Vec<_> = options.faults.iter().flat_map(|faults| faults.iter().cloned()).collect();
        assert_eq!(faults, [Fault::status(503), Fault::drop(), Fault::status(500)].map(implied));
        for (wrong, text) in [
            (r#"{"on": {"tag": "x"}, "status": 503}"#, "there is no tag x"),
            (r#"[{"status": 503}, {"status": 9}]"#, "status must be a number"),
            ("[1", "EOF"),
            ("", "EOF"),
        ] {
            let error = Arguments::try_parse_from(["x", "--fault", wrong]).expect_err("a refusal").to_string();
            assert!(error.contains(text), "{error}");
        }
    }

    /// A fault as it reads where its effect is implied by the status.
    fn implied(fault: Fault) -> Fault {
        let mut written = serde_json::to_value(fault).expect("JSON");
        let members = written.as_object_mut().expect("an object");
        if members.contains_key("status") {
            members.remove("effect");
        }
        written.to_string().parse().expect("a fault")
    }

    #[test]
    fn secrets_do_not_show() {
        let arguments = Arguments::parse_from([
            "x",
            "--api-key",
            "hush",
            "--admin-token",
            "hush",
            "--store",
            "postgres://u:hush@h/d",
        ]);
        assert!(!format!("{arguments:?}").contains("hush"));
        assert!(arguments.options.api_key.is_some());
    }
}
