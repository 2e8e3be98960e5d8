//! The commands for an emulator that runs.

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use frontegg_emulator::Control;
use frontegg_identity::types::{CreateTenantRequest, CreateUserDto};
use serde_json::{Value, json};

use crate::process::Program;

/// A program with an admin token, and somebody who was mailed.
struct Served {
    program: Program,
    control: Control,
}

impl Served {
    async fn start() -> Self {
        let program = Program::start(&["--admin-token", "hush"]);
        let control = Control::at(&program.url).expect("an address").admin_token("hush");
        let frontegg = program.client();
        let tenant = CreateTenantRequest::new().tenant_id("acme").name("Acme");
        frontegg.tenants().create_tenant(&tenant).await.expect("a tenant");
        for name in ["ada", "bob"] {
            let user = CreateUserDto::new().email(format!("{name}@acme.test")).skip_invite_email(false);
            frontegg.tenant("acme").user_management().create_user_v2(&user).await.expect("a user");
        }
        Self { program, control }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
        command.args(arguments).env("FRONTEGG_EMULATOR_URL", &self.program.url);
        command.env("FRONTEGG_EMULATOR_ADMIN_TOKEN", "hush");
        command
    }

    /// What a command says, where it succeeds.
    fn said(&self, arguments: &[&str]) -> String {
        text(&succeeded(&self.command(arguments).output().expect("it runs")).stdout)
    }

    async fn people(&self) -> usize {
        let state = self.control.export().await.expect("a document");
        state["tables"]["users"].as_array().expect("rows").len()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[track_caller]
fn succeeded(output: &Output) -> &Output {
    assert!(output.status.success(), "{}", text(&output.stderr));
    output
}

#[tokio::test]
async fn a_state_goes_out_and_comes_back() {
    let served = Served::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let name = file.to_str().expect("text");
    assert_eq!(served.said(&["export", name, "--secrets"]), "");
    let whole: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("a document");
    assert!(whole["keys"].is_array());
    let shown: Value = serde_json::from_str(&served.said(&["export"])).expect("a document");
    assert_eq!((&shown["keys"], &shown["format"]), (&Value::Null, &json!("frontegg-emulator")));
    let people = served.people().await;
    assert!(people >= 2, "{people}");

    assert_eq!(served.said(&["reset"]), "");
    assert_eq!(served.people().await, 0);
    assert_eq!(served.said(&["import", name]), "");
    assert_eq!(served.people().await, people);

    served.said(&["reset"]);
    let mut import = served.command(&["import", "-"]).stdin(Stdio::piped()).spawn().expect("it runs");
    import.stdin.take().expect("a pipe").write_all(shown.to_string().as_bytes()).expect("it reads");
    assert!(import.wait().expect("an end").success());
    assert_eq!(served.people().await, people);
}

#[tokio::test]
async fn a_document_that_does_not_fit_changes_nothing() {
    let served = Served::start().await;
    let people = served.people().await;
    for (file, why) in [("/no/such/file", "cannot read /no/such/file"), (env!("CARGO_MANIFEST_PATH"), "refuses (400)")]
    {
        let output = served.command(&["import", file]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
    assert_eq!(served.people().await, people);
}

/// A file stays as it was where no whole document comes.
#[tokio::test]
async fn an_export_that_fails_leaves_the_file_alone() {
    let served = Served::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    fs::write(&file, "former").expect("a file");
    let name = file.to_str().expect("text");
    let output = served.command(&["export", name, "--admin-token", "wrong"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("refuses (401)") && !said.contains("wrong"), "{said}");
    assert_eq!(fs::read_to_string(&file).expect("a file"), "former");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[tokio::test]
async fn messages_are_shown_and_forgotten() {
    let served = Served::start().await;
    let all = served.said(&["outbox"]);
    let first = all.lines().next().expect("a line");
    assert!(first.contains(" mail ActivateUser to ada@acme.test"), "{first}");
    assert!(all.contains("[redacted]") && all.contains("bob@acme.test"), "{all}");
    let mails = served.said(&["outbox", "--to", "bob@acme.test", "--channel", "email", "--secrets"]);
    assert!(mails.contains("link: http") && !mails.contains("[redacted]") && !mails.contains("ada@"), "{mails}");
    let line = served.said(&["outbox", "--newest", "1", "--template", "ActivateUser", "--json"]);
    let message: Value = serde_json::from_str(&line).expect("one line of JSON");
    assert_eq!((&message["to"], &message["token"]), (&json!("bob@acme.test"), &json!("[redacted]")));
    assert!(served.said(&["outbox", "--wait", "60", "--to", "ada@acme.test"]).starts_with(first));
    let vain = served.command(&["outbox", "--wait", "0", "--to", "eve@acme.test"]).output().expect("it runs");
    assert_eq!(vain.status.code(), Some(1));
    assert_eq!(served.said(&["outbox", "--clear"]), "");
    assert_eq!(served.said(&["outbox"]), "");
}

#[tokio::test]
async fn whether_it_runs_is_told_by_the_exit_code() {
    let served = Served::start().await;
    for arguments in [&["healthcheck"][..], &["healthcheck", "--ready"]] {
        assert_eq!(served.said(arguments), "");
    }
    // As the container has it whose program listens.
    let listen = served.program.url.strip_prefix("http://").expect("an address").replace("127.0.0.1", "0.0.0.0");
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
        command.arg("healthcheck").env("FRONTEGG_EMULATOR_LISTEN", &listen);
        command
    };
    succeeded(&check().output().expect("it runs"));
    served.program.kill();
    let output = check().output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("does not answer"));
    let nowhere = check().env("FRONTEGG_EMULATOR_LISTEN", "0").output().expect("it runs");
    assert!(text(&nowhere.stderr).contains("give --url"));
}

#[test]
fn shells_complete_commands_and_flags() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator")).args(["completions", shell]).output();
        let script = text(&succeeded(&output.expect("it runs")).stdout);
        assert!(script.contains("healthcheck") && script.contains("store"), "{shell}: {script}");
    }
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().expect("a shell");
    let output = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator")).args(["completions", "bash"]).output();
    bash.stdin.take().expect("a pipe").write_all(&output.expect("it runs").stdout).expect("it reads");
    assert!(bash.wait().expect("an end").success());
}
