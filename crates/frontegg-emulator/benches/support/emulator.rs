//! The program in a process of its own, and requests of a back end to it.
#![allow(dead_code, reason = "no bench uses all of it")]

use std::process::Command;

use http::{Method, header::AUTHORIZATION, request};
use serde_json::{Value, json};

use crate::{
    connection::{Connection, bare, request, with_json},
    process::Process,
};

pub(crate) const PASSWORD: &str = "Correct-horse-1815";
pub(crate) const USERS: &str = "/identity/resources/users";

/// Starts the program; tells at which host and port it listens.
pub(crate) fn start(store: &str, port: u16) -> (Process, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
    command.args(["--listen", &port.to_string(), "--client-id", "client", "--api-key", "key", "--store", store]);
    Process::start(command, |line| Some(line.strip_prefix("# listening on http://")?.to_owned()))
}

/// A back end with its token.
#[derive(Clone)]
pub(crate) struct BackEnd(String);

impl BackEnd {
    pub(crate) async fn log_in(connection: &mut Connection) -> Self {
        let login = with_json(request(Method::POST, "/auth/vendor"), &json!({ "clientId": "client", "secret": "key" }));
        let login = connection.send(login).await.expect("an answer").json();
        Self(format!("Bearer {}", login["token"].as_str().expect("a token")))
    }

    /// A request to the environment.
    pub(crate) fn request(&self, method: Method, path: &str) -> request::Builder {
        request(method, path).header(AUTHORIZATION, &self.0)
    }

    /// A request on behalf of a tenant.
    pub(crate) fn in_tenant(&self, tenant: &str, method: Method, path: &str) -> request::Builder {
        self.request(method, path).header("frontegg-tenant-id", tenant)
    }

    pub(crate) async fn create_tenant(&self, connection: &mut Connection, id: &str) {
        let head = self.request(Method::POST, "/tenants/resources/tenants/v1");
        let request = with_json(head, &json!({ "tenantId": id, "name": id }));
        connection.send(request).await.expect("an answer").json();
    }
}

/// The whole state, to be filled and imported.
pub(crate) async fn export(connection: &mut Connection) -> Value {
    let request = bare(request(Method::GET, "/_emulator/export?secrets=true"));
    connection.send(request).await.expect("an answer").json()
}

pub(crate) async fn import(connection: &mut Connection, state: &Value) {
    let request = with_json(request(Method::POST, "/_emulator/import"), state);
    connection.send(request).await.expect("an answer").json();
}
