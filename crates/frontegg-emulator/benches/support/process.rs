//! A program in a process of its own, and what Linux tells of it: processor time, memory, descriptors, threads.
#![allow(dead_code, reason = "no bench uses all of it")]

use std::{
    fs,
    io::{self, BufRead, BufReader, PipeReader},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// A running program; killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts a program and waits until a line of its output tells what it is to tell.
    pub(crate) fn start<T>(mut command: Command, told: impl Fn(&str) -> Option<T>) -> (Self, T) {
        let (reader, writer) = io::pipe().expect("a pipe");
        command.stdin(Stdio::null()).stdout(writer.try_clone().expect("a pipe")).stderr(writer);
        let process = Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")));
        // It would hold the writing end, and a program that ended would be waited for.
        drop(command);
        let told = first(BufReader::new(reader), told);
        (process, told)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it without any warning.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Processor time that it has had so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.tells("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().filter_map(|field| fields.get(*field)?.parse::<u64>().ok()).sum();
        // A hundred of them are a second, on every Linux there is.
        Duration::from_millis(ticks * 10)
    }

    /// Its memory, in MiB.
    pub(crate) fn memory(&self) -> u64 {
        self.status("VmRSS:") / 1024
    }

    /// The most that its memory was, in MiB.
    pub(crate) fn peak(&self) -> u64 {
        self.status("VmHWM:") / 1024
    }

    /// Has the system forget the most that its memory was before.
    pub(crate) fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.id()), "5").expect("forgotten");
    }

    pub(crate) fn threads(&self) -> u64 {
        self.status("Threads:")
    }

    /// How many files, sockets and pipes it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.id())).map(Iterator::count).unwrap_or_default()
    }

    fn status(&self, name: &str) -> u64 {
        let status = self.tells("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    fn tells(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.id())).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the first line that tells it tells; what is said later nobody hears.
fn first<T>(mut output: BufReader<PipeReader>, told: impl Fn(&str) -> Option<T>) -> T {
    let mut said = String::new();
    loop {
        let begin = said.len();
        assert!(output.read_line(&mut said).expect("text") > 0, "it ended: {said}");
        if let Some(told) = told(said[begin..].trim_end()) {
            // It would stop at a pipe that nobody reads.
            thread::spawn(move || io::copy(&mut output, &mut io::sink()));
            return told;
        }
    }
}
