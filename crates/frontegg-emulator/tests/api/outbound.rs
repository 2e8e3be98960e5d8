//! The emulator speaks to nobody: addresses that it is told are kept and shown, never called.

use std::collections::BTreeSet;

use frontegg_identity::model::{OPERATIONS, Operation};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{World, browser::PASSWORD};

const ADA: &str = "ada@acme.test";

/// A server that nobody is to call.
struct Canary(TcpListener);

impl Canary {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a listener"))
    }

    fn port(&self) -> u16 {
        self.0.local_addr().expect("an address").port()
    }

    /// Calls it: connections come in order, so the first one that it sees must be this one.
    async fn saw_nothing(self) {
        let own = TcpStream::connect(("127.0.0.1", self.port())).await.expect("a connection");
        let (_, first) = self.0.accept().await.expect("a connection");
        assert_eq!(first, own.local_addr().expect("an address"), "somebody called the canary");
    }
}

/// Whether a member holds an address, by what it is called or what its sample is.
fn is_address(name: &str, value: &Value) -> bool {
    let name = name.to_lowercase();
    let called = ["url", "uri", "website", "logo", "domain", "host"].iter().any(|word| name.contains(word));
    value.as_str().is_some_and(|text| called || text.starts_with("https://"))
}

/// Puts an address wherever there is one; gives how many there were.
fn point(value: &mut Value, address: &str) -> usize {
    match value {
        Value::Object(members) => members.iter_mut().fold(0, |count, (name, value)| {
            if is_address(name, value) {
                *value = address.into();
                return count + 1;
            }
            count + point(value, address)
        }),
        Value::Array(items) => items.iter_mut().map(|item| point(item, address)).sum(),
        _ => 0,
    }
}

/// Members of samples that name what is not there, or break a rule that is not about addresses.
const LEFT_OUT: [&str; 8] = [
    "invitationToken",
    "metadata",
    "parentTenantId",
    "phoneNumber",
    "provider",
    "recaptchaToken",
    "roleIds",
    "vendorMetadata",
];

/// Makes a sample acceptable: without what is not there, and with names that nobody has.
fn make_fit(value: &mut Value, number: usize) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
            members.values_mut().for_each(|value| make_fit(value, number));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| make_fit(item, number)),
        Value::String(text) if text == "tenantId-1" => *text = format!("t-{number}"),
        Value::String(text) if text == ADA => *text = format!("person{number}@acme.test"),
        Value::String(text) if text == "password-1" => PASSWORD.clone_into(text),
        _ => {}
    }
}

/// Stores an address by every operation that takes one, as the back end and as an administrator; gives
/// the operations that took it.
async fn store_everywhere(world: &World, ada: &str, address: &str, number: &mut usize) -> Vec<&'static str> {
    let mut back_end = world.back_end(Some("acme")).await.with("frontegg-user-id", ada);
    let mut environment = world.back_end(None).await;
    let mut own = world.browser().bearer(&world.token(ada, "acme").await);
    let mut took = Vec::new();
    for operation in OPERATIONS {
        let Some(mut body) = sample(operation) else { continue };
        if point(&mut body, address) == 0 {
            continue;
        }
        make_fit(&mut body, *number);
        *number += 1;
        let of_path = |place: &&str| place.starts_with('{');
        let values: Vec<&str> = operation
            .path
            .split('/')
            .filter(of_path)
            .map(|place| if place == "{tenantId}" { "acme" } else { ada })
            .collect();
        for caller in [&mut environment, &mut back_end, &mut own] {
            let reply = caller.call(operation.id, &values, body.clone()).await;
            assert_ne!(reply.status, 500, "{}: {}", operation.id, reply.body);
            if reply.status < 300 && !took.contains(&operation.id) {
                took.push(operation.id);
            }
        }
    }
    took
}

fn sample(operation: &Operation) -> Option<Value> {
    serde_json::from_str(frontegg_samples::request(operation.id)?.body?).ok()
}

/// What people do, and what might make a service call somebody: sign-in, invitation, reset, SSO,
/// passwordless, MFA, machines.
async fn live(world: &World, ada: &str) {
    let mut browser = world.browser().with("origin", "http://localhost:1");
    assert!(browser.sign_in(ADA).await.status < 300);
    browser.refresh().await;
    browser.call("get_my_profile_v2", &[], Value::Null).await;
    let mut back_end = world.back_end(Some("acme")).await;
    let guest = json!({ "email": "guest@acme.test", "skipInviteEmail": false });
    back_end.call("create_user_v2", &[], guest).await;
    browser.call("send_password_reset_email_v1", &[], json!({ "email": ADA })).await;
    browser.call("send_password_reset_email_v2", &[], json!({ "email": ADA })).await;
    browser.call("send_passwordless_magic_link", &[], json!({ "email": ADA })).await;
    browser.call("send_passwordless_email_code", &[], json!({ "email": ADA })).await;
    let new = json!({ "email": "new@acme.test", "password": PASSWORD, "companyName": "New" });
    browser.call("sign_up_user", &[], new).await;
    let machine = back_end.call("create_tenant_api_token_v1", &[], json!({})).await.body;
    let credentials = json!({ "clientId": machine["clientId"], "secret": machine["secret"] });
    browser.call("authenticate_api_token", &[], credentials).await;
    // Everything that can be read, with whatever it may look up.
    let mut own = world.browser().bearer(&world.token(ada, "acme").await);
    for operation in OPERATIONS.iter().filter(|operation| operation.method.as_str() == "GET") {
        let values: Vec<&str> = operation.path.split('/').filter(|place| place.starts_with('{')).map(|_| ada).collect();
        for caller in [&mut back_end, &mut own] {
            let reply = caller.call(operation.id, &values, Value::Null).await;
            assert_ne!(reply.status, 500, "{}: {}", operation.id, reply.body);
        }
    }
}

/// Security case 47.
#[tokio::test]
async fn case_47_no_address_that_is_stored_is_ever_called() {
    let canary = Canary::start().await;
    let port = canary.port();
    let (mut took, mut number) = (BTreeSet::new(), 0);
    for world in World::each().await {
        world.tenant("acme").await;
        let ada = world.member("acme", ADA).await;
        for address in [
            format!("http://127.0.0.1:{port}/"),
            format!("http://localhost:{port}/redirect?to=http://127.0.0.1:{port}/"),
            format!("http://canary.localhost:{port}/"),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            let stored = store_everywhere(&world, &ada, &address, &mut number).await;
            took.extend(stored);
            live(&world, &ada).await;
        }
        // The sender of mails is a host of one's own.
        let mut back_end = world.back_end(None).await;
        let mail = json!({ "payload": { "provider": "sendgrid", "secret": format!("127.0.0.1:{port}") } });
        back_end.call("set_mail_configuration_v2", &[], mail).await;
        live(&world, &ada).await;
        assert!(!world.emulator.outbox().messages().await.expect("messages").is_empty(), "mails stay here");
    }
    eprintln!("addresses were taken by {took:?}");
    assert!(took.len() >= 8, "{took:?}");
    canary.saw_nothing().await;
}
