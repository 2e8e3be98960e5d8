//! The program beside its peers, emulators of other identity services, in one run: to read somebody by id, to list
//! twenty people, to sign in with a password and to create somebody, over one connection and over sixteen, among a
//! thousand people. Short rounds in turns, so that what disturbs the machine disturbs all alike.
//!
//! Processor time is that of the server alone, as Linux tells it; the load comes from one thread. Tables in Markdown
//! on stdout; nothing is judged. `xtask/beside` installs the peers and runs this; without them the program is alone.

mod apis;
#[path = "../support/connection.rs"]
mod connection;
#[path = "../support/emulator.rs"]
mod emulator;
#[path = "../support/latencies.rs"]
mod latencies;
mod peers;
#[path = "../support/process.rs"]
mod process;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;
use tokio::task::JoinSet;

use crate::{
    latencies::Latencies,
    peers::{Kind, Peer},
};

const CONNECTIONS: [usize; 2] = [1, 16];
/// How long a round takes.
const SPAN: Duration = Duration::from_secs(1);

/// The program beside its peers.
#[derive(Parser)]
struct Arguments {
    /// A folder with what npm and pip have installed: `node_modules` and `python`.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// A folder with the sources of workos/emulate, and `dist/cli.js` made of them; wants --peers, for Bun and Node.
    #[arg(long, requires = "peers")]
    emulate: Option<PathBuf>,
    /// Rounds of each program for each figure, after one that is not counted.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Said by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What came of the rounds of a program.
#[derive(Default)]
struct Figures {
    /// Requests a second, a round each.
    rates: Vec<f64>,
    latencies: Latencies,
    cpu: Duration,
}

impl Figures {
    fn rate(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_unstable_by(f64::total_cmp);
        rates[rates.len() / 2]
    }

    fn cpu(&self) -> Duration {
        self.cpu / u32::try_from(self.latencies.count()).expect("a number")
    }
}

async fn peers(arguments: &Arguments) -> Vec<Arc<Peer>> {
    let mut peers = vec![Peer::ours().await];
    if let Some(folder) = &arguments.peers {
        let node = |name| folder.join("node_modules/.bin").join(name);
        if let Some(sources) = &arguments.emulate {
            peers.push(Peer::workos("workos/emulate, Bun", &node("bun"), &sources.join("src/cli.ts")).await);
            peers.push(Peer::workos("workos/emulate, Node", &node("node"), &sources.join("dist/cli.js")).await);
        }
        peers.push(Peer::firebase(&node("firebase")).await);
        peers.push(Peer::moto(&folder.join("python/bin/moto_server")).await);
    }
    peers.into_iter().map(Arc::new).collect()
}

/// Asks for a while over so many connections.
async fn round(peer: &Arc<Peer>, kind: Kind, connections: usize, figures: &mut Figures) {
    let (before, begun) = (peer.process.cpu(), Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let peer = Arc::clone(peer);
        tasks.spawn(async move {
            let (mut connection, mut latencies) = (peer.connect(), Latencies::default());
            while begun.elapsed() < SPAN {
                let sent = Instant::now();
                peer.ask(&mut connection, kind).await;
                latencies.add(sent.elapsed());
            }
            latencies
        });
    }
    let mut latencies = Latencies::default();
    tasks.join_all().await.into_iter().for_each(|those| latencies.append(those));
    let count = u32::try_from(latencies.count()).expect("a number");
    figures.rates.push(f64::from(count) / begun.elapsed().as_secs_f64());
    figures.cpu += peer.process.cpu().saturating_sub(before);
    figures.latencies.append(latencies);
}

/// What all were asked over so many connections, and what came of it, in their order.
struct Comparison {
    kind: Kind,
    connections: usize,
    figures: Vec<Figures>,
}

impl Comparison {
    async fn of(peers: &[Arc<Peer>], kind: Kind, connections: usize, rounds: usize) -> Self {
        for peer in peers {
            round(peer, kind, connections, &mut Figures::default()).await;
        }
        let mut figures: Vec<Figures> = peers.iter().map(|_| Figures::default()).collect();
        for _ in 0..rounds {
            for (peer, figures) in peers.iter().zip(&mut figures) {
                round(peer, kind, connections, figures).await;
            }
        }
        Self { kind, connections, figures }
    }

    fn print(&mut self, peers: &[Arc<Peer>]) {
        for (peer, figures) in peers.iter().zip(&mut self.figures) {
            let (rate, cpu) = (figures.rate(), figures.cpu());
            let (median, late) = (figures.latencies.percentile(50), figures.latencies.percentile(99));
            println!(
                "| {} | {} | {} | {rate:.0} | {median:.1?} | {late:.1?} | {cpu:.1?} |",
                self.kind.name(),
                self.connections,
                peer.name,
            );
        }
    }

    /// How many times as many requests a second the first answers as each of the others, and in how many times less
    /// of its processor's time.
    fn print_ratios(&self) {
        let (ours, others) = self.figures.split_first().expect("one at least");
        let ratios = others.iter().map(|theirs| {
            let (rate, cpu) = (ours.rate() / theirs.rate(), theirs.cpu().as_secs_f64() / ours.cpu().as_secs_f64());
            format!(" {rate:.1} × ({cpu:.1} ×) |")
        });
        println!("| {}, {} |{}", self.kind.name(), self.connections, ratios.collect::<String>());
    }
}

async fn compare(arguments: Arguments) {
    let peers = peers(&arguments).await;
    let mut comparisons = Vec::new();
    println!("| what | connections | program | a second | p50 | p99 | processor |");
    println!("|---|--:|---|--:|--:|--:|--:|");
    for kind in Kind::ALL {
        for connections in CONNECTIONS {
            let mut comparison = Comparison::of(&peers, kind, connections, arguments.rounds).await;
            comparison.print(&peers);
            comparisons.push(comparison);
        }
    }
    let names = peers[1..].iter().map(|peer| format!(" beside {} |", peer.name)).collect::<String>();
    println!("\n| what, connections |{names}");
    println!("|---|{}", "--:|".repeat(peers.len() - 1));
    comparisons.iter().for_each(Comparison::print_ratios);
    let names = peers.iter().map(|peer| format!("{} {} MiB", peer.name, peer.process.memory()));
    println!("\nResident at last: {}", names.collect::<Vec<_>>().join(", "));
}

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(compare(arguments));
}
