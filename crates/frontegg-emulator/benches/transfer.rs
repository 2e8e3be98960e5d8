//! The whole state out of a program and into another over HTTP: how long it takes, and how much memory at most.
//!
//! Time is that of the request, memory the most that the program had meanwhile, as Linux tells it. A table on stdout;
//! nothing is judged.
//!
//! `cargo bench -p frontegg-emulator --bench transfer`; behind `--`, how many people instead of 100,000 and a store
//! instead of memory.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/connection.rs"]
mod connection;
#[path = "../tests/api/support/crowd.rs"]
mod crowd;
#[path = "support/emulator.rs"]
mod emulator;
#[path = "support/process.rs"]
mod process;

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    time::Instant,
};

use reqwest::{Client, Response};
use serde_json::Value;

use crate::{arguments::people_and_store, emulator::start, process::Process};

/// A program that runs, and a client that takes a document as it comes.
struct Program {
    process: Process,
    http: Client,
    url: String,
}

impl Program {
    fn start(store: &str) -> Self {
        let (process, authority) = start(store, 0);
        let http = Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
        Self { process, http, url: format!("http://{authority}") }
    }

    async fn export(&self) -> Response {
        let url = format!("{}/_emulator/export?secrets=true", self.url);
        self.http.get(url).send().await.expect("an answer").error_for_status().expect("a document")
    }

    async fn export_to(&self, path: &Path) {
        let mut answer = self.export().await;
        let mut file = File::create(path).expect("a file");
        while let Some(chunk) = answer.chunk().await.expect("a whole document") {
            file.write_all(&chunk).expect("written");
        }
    }

    async fn import_from(&self, path: &Path) {
        let file = tokio::fs::File::open(path).await.expect("a file");
        let answer = self.http.post(format!("{}/_emulator/import", self.url)).body(file).send().await;
        answer.expect("an answer").error_for_status().expect("an import");
    }

    /// Does that, and prints how long it took and how much memory at most.
    async fn take(&self, what: &str, act: impl Future<Output = ()>) {
        let before = self.process.memory();
        self.process.forget_peak();
        let begun = Instant::now();
        act.await;
        let (time, peak, after) = (begun.elapsed(), self.process.peak(), self.process.memory());
        println!("{what:<32} {time:>8.1?}  {before:>5} MiB before  {peak:>5} at most  {after:>5} after");
    }
}

async fn figures(people: usize, store: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (crowd, exported) = (folder.path().join("crowd.json"), folder.path().join("exported.json"));
    let program = Program::start(store);
    let empty: Value = program.export().await.json().await.expect("a document");
    let file = BufWriter::new(File::create(&crowd).expect("a file"));
    crowd::write_crowd(&empty, people, people.div_ceil(100), file).expect("written");
    println!("{people} people, in {store}");
    program.take("import into an empty one", program.import_from(&crowd)).await;
    program.take("export", program.export_to(&exported)).await;
    println!("{:>41} MiB of document", fs::metadata(&exported).expect("a file").len() / (1 << 20));
    program.take("import in place of as many", program.import_from(&exported)).await;
}

fn main() {
    let (people, store) = people_and_store();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(figures(people, &store));
}
