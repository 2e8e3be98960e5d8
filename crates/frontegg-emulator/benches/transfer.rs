//! The whole state out of a program and into another over HTTP: how long it takes, and how much memory at most.
//!
//! Time is that of the request, memory the most that the program had meanwhile, as Linux tells it. A table on stdout;
//! nothing is judged.
//!
//! `cargo bench -p frontegg-emulator --bench transfer`; behind `--`, how many people instead of 100,000 and a store
//! instead of memory.

#[path = "../tests/api/support/crowd.rs"]
mod crowd;

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use reqwest::{Client, Response};
use serde_json::Value;

/// A program that runs; it ends with this.
struct Program {
    child: Child,
    http: Client,
    url: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(store: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
        let mut child = command
            .args(["--listen", "0", "--store", store])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let url = line.trim().rsplit(' ').next().expect("an address").to_owned();
        Self { child, http: Client::builder().no_proxy().tls_certs_only([]).build().expect("a client"), url }
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
        let before = self.memory("VmRSS:");
        // Has the system forget the peak of before.
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("forgotten");
        let begun = Instant::now();
        act.await;
        let (time, peak, after) = (begun.elapsed(), self.memory("VmHWM:"), self.memory("VmRSS:"));
        println!("{what:<32} {time:>8.1?}  {before:>5} MiB before  {peak:>5} at most  {after:>5} after");
    }

    /// In MiB.
    fn memory(&self, label: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
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
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let people = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let store = arguments.iter().find(|argument| argument.parse::<usize>().is_err());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(figures(people, store.map_or("memory", String::as_str)));
}
