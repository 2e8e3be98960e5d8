//! A server as a child process that outlives nobody.

use std::{
    io::{BufRead, BufReader, Lines},
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

use tempfile::TempDir;

use crate::programs::{User, owner, unprivileged};

/// What a server says once it can be used; PostgreSQL and Redis alike, but for the first letter.
const READY: &str = "eady to accept connections";

/// Runs a server, ends it and removes its folder as soon as the one who holds standard input closes
/// it, as the system does for whoever is killed. First it tells the server's id.
const KEEPER: &str = r#"
folder=$1 signal=$2
shift 2
exec 3>&1 >/dev/null 2>&1
"$@" >&3 2>&3 3>&- &
server=$!
echo "$server" >&3
exec 3>&-
cat
kill -s "$signal" "$server"
wait "$server"
rm -rf "$folder"
"#;

/// A folder for a server, which belongs to whoever is to run it.
pub(crate) struct Folder {
    folder: TempDir,
    user: Option<User>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("frontegg-test-").tempdir().expect("a folder");
        let user = unprivileged(owner(folder.path()));
        if let Some(user) = user {
            chown(folder.path(), Some(user.uid), Some(user.gid)).expect("another owner");
        }
        Self { folder, user }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program to be run in it by its owner.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path());
        if let Some(user) = self.user {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// Starts a server in it, to be ended by that signal, and waits until it can be used; else gives
    /// what it said.
    pub(crate) fn serve(self, program: &Path, arguments: &[String], signal: &str) -> Result<Server, String> {
        let mut keeper = self.command(Path::new("/bin/sh"));
        keeper.args(["-c", KEEPER, "sh"]).arg(self.path()).arg(signal).arg(program).args(arguments);
        // Whoever interrupts the tests from a terminal does not interrupt the keeper.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = keeper.spawn().expect("a shell");
        let mut lines = BufReader::new(keeper.stdout.take().expect("a pipe")).lines();
        let id = line(&mut lines).and_then(|id| id.parse().ok()).expect("the id of the server");
        // From here on it is the keeper's.
        let _ = self.folder.keep();
        let server = Server { keeper, id };
        let mut said = String::new();
        while let Some(line) = line(&mut lines) {
            if line.contains(READY) {
                // It would stop at a pipe that nobody reads.
                thread::spawn(move || lines.for_each(drop));
                return Ok(server);
            }
            said += &line;
            said += "\n";
        }
        Err(said)
    }
}

fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    lines.next().and_then(Result::ok)
}

/// A running server. It ends with this or with this process, whichever comes first.
#[derive(Debug)]
pub(crate) struct Server {
    keeper: Child,
    /// The process of the server itself.
    pub(crate) id: u32,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // There is nobody to tell.
        let _ = self.keeper.wait();
    }
}
