//! The program: an emulator that runs until it is told to end.

use std::{
    io::{IsTerminal, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use crate::{
    emulator::{Emulator, EmulatorBuilder},
    error::Error,
    gate::faults::Fault,
    outgoing::Hosts,
    store::StoreTarget,
};

/// What happens, but not each step of the database.
const QUIET_LIBRARIES: &str = "info,sqlx=warn";

/// Stateful emulator of the Frontegg Identity API.
#[derive(Debug, Parser)]
#[command(name = "frontegg-emulator", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until Ctrl-C or SIGTERM; so does the program without a command.
    Serve,
}

#[derive(Args)]
struct Options {
    /// Where to listen: an address or a name with a port, or a port alone, which listens on 127.0.0.1;
    /// port 0 picks a free one.
    #[arg(long, global = true, value_name = "ADDRESS", default_value = "127.0.0.1:8100")]
    #[arg(env = "FRONTEGG_EMULATOR_LISTEN", value_parser = read_listen)]
    listen: SocketAddr,

    /// The environment's client id; by default the one that the store knows, or a new one.
    #[arg(long, global = true, value_name = "ID", env = "FRONTEGG_EMULATOR_CLIENT_ID")]
    client_id: Option<String>,

    /// The id of the environment's default application; by default the one that the store knows, or a new one.
    #[arg(long, global = true, value_name = "ID", env = "FRONTEGG_EMULATOR_APPLICATION_ID")]
    application_id: Option<String>,

    /// The environment's API key; by default a new one at each start.
    #[arg(long, global = true, value_name = "KEY", env = "FRONTEGG_EMULATOR_API_KEY")]
    #[arg(hide_env_values = true)]
    api_key: Option<String>,

    /// The id of a fresh environment; a store that has one keeps it.
    #[arg(long, global = true, value_name = "ID", env = "FRONTEGG_EMULATOR_VENDOR_ID")]
    vendor_id: Option<String>,

    /// Where to keep the state: memory, sqlite:PATH or postgres://…
    #[arg(long, global = true, default_value = "memory", env = "FRONTEGG_EMULATOR_STORE")]
    #[arg(hide_env_values = true)]
    store: StoreTarget,

    /// The address under which clients reach the emulator, for tokens, links and WebAuthn (rp.id).
    #[arg(long, global = true, value_name = "URL", env = "FRONTEGG_EMULATOR_BASE_URL")]
    base_url: Option<String>,

    /// A network of proxies whose X-Forwarded-For is believed, e.g. 10.0.0.0/8; may be given several
    /// times, or with commas.
    #[arg(long = "trusted-proxy", global = true, value_name = "CIDR", env = "FRONTEGG_EMULATOR_TRUSTED_PROXY")]
    #[arg(value_delimiter = ',', value_parser = read_network)]
    trusted_proxies: Vec<IpNet>,

    /// A host that the emulator may call, such as an identity provider, e.g. localhost or idp.example.com; * for all
    /// with public addresses. May be given several times, or with commas; without it, nobody is called.
    #[arg(long = "allow-outgoing", global = true, value_name = "HOST", env = "FRONTEGG_EMULATOR_ALLOW_OUTGOING")]
    #[arg(value_delimiter = ',', value_parser = read_host)]
    outgoing: Vec<String>,

    /// The token that the control plane asks for; needed to listen on other than loopback.
    #[arg(long, global = true, value_name = "TOKEN", env = "FRONTEGG_EMULATOR_ADMIN_TOKEN")]
    #[arg(hide_env_values = true)]
    admin_token: Option<String>,

    /// How many seconds an environment token is valid.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 3600)]
    #[arg(env = "FRONTEGG_EMULATOR_TOKEN_LIFETIME")]
    token_lifetime: u64,

    /// For how many seconds after its use a refresh token gets the same answer again.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 0)]
    #[arg(env = "FRONTEGG_EMULATOR_REFRESH_GRACE")]
    refresh_grace: u64,

    /// A fault to begin with, as JSON, e.g. '{"on": {"operation": "list_roles_v1"}, "status": 503,
    /// "times": 2}', or a list of them; may be given several times.
    #[arg(long = "fault", global = true, value_name = "JSON", env = "FRONTEGG_EMULATOR_FAULT")]
    #[arg(value_parser = read_faults)]
    faults: Vec<Faults>,

    /// A document of the control plane's export to begin with, where the store is a new one.
    #[arg(long, global = true, value_name = "FILE", env = "FRONTEGG_EMULATOR_SEED")]
    seed: Option<PathBuf>,

    /// How many requests are recorded for the control plane to show, the newest.
    #[arg(long, global = true, value_name = "NUMBER", default_value_t = 1000)]
    #[arg(env = "FRONTEGG_EMULATOR_RECORDED_REQUESTS")]
    recorded_requests: usize,

    /// What to log to stderr, e.g. debug or frontegg_emulator=debug.
    #[arg(long, global = true, value_name = "FILTER", default_value = QUIET_LIBRARIES)]
    #[arg(env = "FRONTEGG_EMULATOR_LOG")]
    log: String,
}

/// The faults of one `--fault`.
type Faults = std::sync::Arc<[Fault]>;

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
fn read_listen(text: &str) -> Result<SocketAddr, String> {
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

/// Runs the program with the arguments and the environment of the process.
pub fn run() -> anyhow::Result<()> {
    let Arguments { command, options } = Arguments::parse();
    let filter = EnvFilter::try_new(&options.log).context("--log is not a filter")?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let Command::Serve = command.unwrap_or(Command::Serve);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(options))
}

async fn serve(options: Options) -> anyhow::Result<()> {
    // Heard from the first moment on, also while the store is being opened.
    let end = Signals::listen()?;
    let mut builder = Emulator::builder()
        .listen(options.listen)
        .store(options.store)
        .environment_token_lifetime(Duration::from_secs(options.token_lifetime))
        .refresh_grace(Duration::from_secs(options.refresh_grace))
        .recorded_requests(options.recorded_requests)
        .allow_outgoing(options.outgoing);
    if let Some(client_id) = options.client_id {
        builder = builder.client_id(client_id);
    }
    if let Some(application_id) = options.application_id {
        builder = builder.application_id(application_id);
    }
    if let Some(api_key) = options.api_key {
        builder = builder.api_key(api_key);
    }
    if let Some(vendor_id) = options.vendor_id {
        builder = builder.vendor_id(vendor_id);
    }
    if let Some(base_url) = options.base_url {
        builder = builder.base_url(base_url);
    }
    if let Some(admin_token) = options.admin_token {
        builder = builder.admin_token(admin_token);
    }
    if let Some(file) = options.seed {
        builder = builder.seed_file(file);
    }
    builder = options.trusted_proxies.into_iter().fold(builder, EmulatorBuilder::trusted_proxy);
    builder = options.faults.iter().flat_map(|faults| faults.iter().cloned()).fold(builder, EmulatorBuilder::fault);
    let mut emulator = builder.start().await?;
    announce(&emulator)?;
    tokio::select! {
        () = end.received() => {}
        () = emulator.stopped() => {}
    }
    emulator.stop().await;
    Ok(())
}

/// Tells on stdout that the emulator is ready, and what clients need. Whoever reads only the first
/// line and goes away is no error.
fn announce(emulator: &Emulator) -> anyhow::Result<()> {
    let text = format!(
        "listening on {}\nexport FRONTEGG_CLIENT_ID={}\nexport FRONTEGG_API_KEY={}\n",
        emulator.url(),
        quoted(emulator.client_id()),
        quoted(emulator.api_key()),
    );
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The signals that end the program.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(unix)]
    async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "as elsewhere")]
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn received(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn serve_is_optional() {
        for words in [&["x", "--listen", "[::1]:0"][..], &["x", "serve", "--listen", "[::1]:0"]] {
            let arguments = Arguments::parse_from(words);
            assert_eq!(arguments.options.listen.to_string(), "[::1]:0");
        }
        assert!(Arguments::try_parse_from(["x", "--store", "mysql://x"]).is_err());
    }

    /// What cannot be said on a command line is said in a variable, and the other way round.
    #[test]
    fn every_flag_is_a_variable_too() {
        let mut command = Arguments::command();
        command.build();
        let mut flags = 0;
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            for argument in command.get_arguments().filter(|argument| !argument.is_positional()) {
                let name = argument.get_long().expect("a long name");
                if ["help", "version"].contains(&name) {
                    continue;
                }
                let variable = format!("FRONTEGG_EMULATOR_{}", name.to_uppercase().replace('-', "_"));
                let found = argument.get_env().and_then(std::ffi::OsStr::to_str);
                assert_eq!(found, Some(variable.as_str()), "--{name}");
                flags += 1;
            }
        }
        assert!(flags >= 2 * 12, "{flags}");
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

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("a-1"), "a-1");
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(quoted(""), "''");
    }
}
