//! The outbox: by the library and by the control plane.

use crate::support;

use std::time::Duration;

use frontegg_emulator::{Error, Message};
use frontegg_identity::types::{CreateUserDto, CreateUserPhoneNumberRequestDto};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use support::{HANG, World, http};

const NUMBER: &str = "+4915112345678";

/// Sends an activation mail.
async fn invite(world: &World, email: &str) -> String {
    let body = CreateUserDto::new().email(email).skip_invite_email(false);
    world.frontegg.tenant("acme").user_management().create_user_v2(&body).await.expect("a user").id
}

/// Sends an SMS with a code.
async fn text(world: &World, user_id: &str, number: &str) {
    let session = world.session(user_id, "acme").await;
    session.sms().add_my_phone_number(&CreateUserPhoneNumberRequestDto::new(number)).await.expect("a number");
}

async fn control(world: &World, method: Method, path: &str) -> (StatusCode, Value) {
    let url = format!("{}/_emulator/outbox{path}", world.emulator.url());
    let response = http().request(method, url).send().await.expect("an answer");
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.expect("a body")).unwrap_or_default())
}

async fn get(world: &World, path: &str) -> Value {
    let (status, body) = control(world, Method::GET, path).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

fn templates(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(Message::template).collect()
}

/// The newest messages are kept, and no others, on every store.
#[tokio::test]
async fn the_newest_are_kept() {
    const KEPT: usize = 10_000;
    for world in World::each().await {
        world.tenant("acme").await;
        invite(&world, "model@acme.test").await;
        let mut document = world.emulator.export_with_secrets().await.expect("a document");
        let messages = document["tables"]["outbox_messages"].as_array_mut().expect("messages");
        let model = messages.pop().expect("a message");
        let sent_at = model["created_at"].as_i64().expect("a moment");
        messages.extend((0..KEPT).map(|number| {
            let mut message = model.clone();
            message["id"] = format!("{number:05}").into();
            message["created_at"] = (sent_at - 1_000_000 + i64::try_from(number).expect("few")).into();
            message
        }));
        world.emulator.import(&document).await.expect("an import");
        for number in 1..4 {
            let email = format!("{number}@acme.test");
            invite(&world, &email).await;
            let messages = world.emulator.outbox().messages().await.expect("messages");
            assert_eq!(messages.len(), KEPT, "{}", world.store());
            assert_eq!(messages[KEPT - 1].recipient(), email);
            assert_eq!(messages[0].id(), format!("{number:05}"));
        }
    }
}

#[tokio::test]
async fn tests_read_what_was_sent() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = invite(&world, "Ada@acme.test").await;
    text(&world, &ada, NUMBER).await;
    let outbox = world.emulator.outbox();
    assert_eq!(templates(&outbox.messages().await.expect("messages")), ["ActivateUser", "PhoneVerification"]);
    assert_eq!(templates(&outbox.messages_to("ada@acme.test").await.expect("messages")), ["ActivateUser"]);
    assert_eq!(outbox.last().await.expect("a message").recipient(), NUMBER);

    let mail = outbox.last_to("ada@acme.test").await.expect("a mail");
    assert_eq!((mail.user_id(), mail.tenant_id()), (Some(ada.as_str()), Some("acme")));
    assert!(!mail.is_sms() && mail.code().is_none());
    assert_eq!(mail.sent_at().timestamp() / 60, world.emulator.clock().now().timestamp() / 60);
    let token = outbox.last_to("ada@acme.test").token().await.expect("a token");
    let link = outbox.last_to("ada@acme.test").template("ActivateUser").link().await.expect("a link");
    assert!(link.ends_with(&format!("?userId={ada}&token={token}")), "{link}");
    assert!(mail.body().contains(&token));
    let debug = format!("{mail:?}");
    assert!(debug.contains("ActivateUser") && !debug.contains(&token));

    let code = outbox.last_to(NUMBER).code().await.expect("a code");
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));

    let missing = outbox.last_to("bob@acme.test").await.expect_err("nothing");
    assert!(matches!(&missing, Error::Unknown(_)));
    let text = missing.to_string();
    assert!(text.contains("bob@acme.test") && text.contains("ActivateUser to Ada@acme.test"), "{text}");
    let missing = outbox.last_to(NUMBER).link().await.expect_err("an SMS has no link");
    assert!(missing.to_string().contains("no link"));
    assert!(outbox.last_to("ada@acme.test").after(&mail).find().await.expect("an answer").is_none());

    outbox.clear().await.expect("a deletion");
    assert!(outbox.messages().await.expect("messages").is_empty());
    text_after_reset(&world).await;
}

async fn text_after_reset(world: &World) {
    world.tenant("globex").await;
    invite(world, "bob@acme.test").await;
    world.emulator.reset().await.expect("a reset");
    assert!(world.emulator.outbox().messages().await.expect("messages").is_empty());
}

#[tokio::test]
async fn tests_wait_for_what_others_cause() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = invite(&world, "ada@acme.test").await;
    text(&world, &ada, NUMBER).await;
    let first = world.emulator.outbox().last_to(NUMBER).await.expect("an SMS");
    let next = world.emulator.outbox().last_to(NUMBER).after(&first).within(HANG);
    let waiting = tokio::spawn(next.code());
    let none = world.emulator.outbox().last_to("nobody").within(Duration::from_millis(1)).find().await;
    assert!(none.expect("an answer").is_none());
    assert!(!waiting.is_finished());
    text(&world, &ada, NUMBER).await;
    let code = waiting.await.expect("a task").expect("a code");
    assert_eq!(code, world.emulator.outbox().last_to(NUMBER).code().await.expect("a code"));

    let last = get(&world, "?limit=1").await["messages"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/wait?template=PhoneVerification&after={last}&seconds=20&secrets=true");
    let (waited, ()) = tokio::join!(get(&world, &path), text(&world, &ada, NUMBER));
    assert_eq!(waited["code"], world.emulator.outbox().last().code().await.expect("a code"));
    let (status, _) = control(&world, Method::GET, "/wait?to=nobody&seconds=0.01").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// Security case 55: who looks at the list sees no secret but by asking for it.
#[tokio::test]
async fn case_55_the_control_plane_redacts() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = invite(&world, "ada@acme.test").await;
    text(&world, &ada, NUMBER).await;
    let outbox = world.emulator.outbox();
    let token = outbox.last_to("ada@acme.test").token().await.expect("a token");
    let code = outbox.last_to(NUMBER).code().await.expect("a code");

    let list = get(&world, "").await;
    assert_eq!(list["messages"].as_array().expect("messages").len(), 2);
    let (mail, sms) = (&list["messages"][0], &list["messages"][1]);
    assert_eq!(
        (&mail["channel"], &mail["template"], &mail["to"]),
        (&"email".into(), &"ActivateUser".into(), &"ada@acme.test".into())
    );
    assert_eq!((&sms["channel"], &sms["to"], &sms["subject"]), (&"sms".into(), &NUMBER.into(), &Value::Null));
    assert_eq!((&mail["userId"], &mail["tenantId"]), (&ada.as_str().into(), &"acme".into()));
    let text = list.to_string();
    assert!(!text.contains(&token) && !sms.to_string().contains(&format!(" {code}")), "{text}");
    assert_eq!((&mail["token"], &sms["code"]), (&"[redacted]".into(), &"[redacted]".into()));
    assert!(mail["link"].as_str().expect("a link").ends_with("token=[redacted]"));

    let shown = get(&world, "?secrets=true").await;
    assert_eq!(
        (&shown["messages"][0]["token"], &shown["messages"][1]["code"]),
        (&token.as_str().into(), &code.as_str().into())
    );
    assert!(shown["messages"][1]["body"].as_str().expect("a body").contains(&code));
    let id = mail["id"].as_str().expect("an id");
    assert!(!get(&world, &format!("/{id}")).await.to_string().contains(&token));
    assert!(get(&world, &format!("/{id}?secrets=true")).await.to_string().contains(&token));
    assert!(!get(&world, "/wait?channel=email").await.to_string().contains(&token));
    assert_eq!(control(&world, Method::GET, "/unknown").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_control_plane_filters_and_clears() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = invite(&world, "ada@acme.test").await;
    invite(&world, "bob@acme.test").await;
    text(&world, &ada, NUMBER).await;
    let count = async |query: &str| get(&world, query).await["messages"].as_array().expect("messages").len();
    let first = get(&world, "").await["messages"][0]["id"].as_str().expect("an id").to_owned();
    for (query, expected) in [
        ("?to=ADA@acme.test", 1),
        ("?template=ActivateUser", 2),
        ("?channel=sms", 1),
        ("?limit=1", 1),
        (format!("?after={first}").as_str(), 2),
        ("?to=nobody", 0),
    ] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    for bad in ["?chanel=sms", "?channel=pigeon", "?limit=-1", "?secrets=maybe", "/wait?seconds=-1", "/wait?seconds=26"]
    {
        let (status, body) = control(&world, Method::GET, bad).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(body["errors"][0].is_string(), "{bad}");
    }
    let (status, _) = control(&world, Method::DELETE, "").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(count("").await, 0);

    let url = format!("{}/_emulator/outbox", world.emulator.url());
    let foreign = http().get(url).header("host", "evil.test").send().await.expect("an answer");
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
}
