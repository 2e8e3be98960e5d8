//! Tag “SMS Configuration”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::types::{CreateSmsVendorConfigRequest, CreateUserPhoneNumberRequestDto};
use serde_json::json;
use support::{World, json, refused};

#[tokio::test]
async fn a_sender_is_set_replaced_and_dropped() {
    let world = World::start().await;
    let sms = world.frontegg.management().sms_configuration();
    assert_eq!(refused(sms.get_sms_configuration().await, 404), "SMS configuration not found");
    sms.delete_sms_configuration().await.expect("nothing to delete");

    let twilio = CreateSmsVendorConfigRequest::new()
        .sender_name("Acme")
        .account_id("AC1")
        .token("0123456789abcdef")
        .service_id("MG1")
        .provider("twilio")
        .channel("sms");
    let response = sms.set_sms_configuration(&twilio).with_response().await.expect("a sender");
    assert_eq!(response.status(), 201);
    let expected = json!({
        "senderName": "Acme", "accountId": "AC1", "token": "********cdef", "serviceId": "MG1",
        "provider": "twilio", "channel": "sms",
    });
    assert_eq!(json(&sms.get_sms_configuration().await.expect("a sender")), expected);
    assert_eq!(json(&response.into_inner()), expected);

    // Replaced as a whole; a short token shows nothing.
    let other = CreateSmsVendorConfigRequest::new().sender_name("Other").token("short");
    let response = sms.set_sms_configuration(&other).with_response().await.expect("a sender");
    assert_eq!(response.status(), 201, "the declared one");
    let expected = json!({ "senderName": "Other", "token": "********" });
    assert_eq!(json(&sms.get_sms_configuration().await.expect("a sender")), expected);

    sms.delete_sms_configuration().await.expect("a deletion");
    refused(sms.get_sms_configuration().await, 404);
}

#[tokio::test]
async fn messages_come_from_the_sender() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let ada = world.session(&ada, "acme").await;
    let sender = async |number: &str| {
        let body = CreateUserPhoneNumberRequestDto::new(number);
        ada.sms().add_my_phone_number(&body).await.expect("a number");
        world.emulator.outbox().last_to(number).await.expect("an SMS").sender().to_owned()
    };
    assert_eq!(sender("+4915112345678").await, "Frontegg");
    let own = CreateSmsVendorConfigRequest::new().sender_name("Acme");
    world.frontegg.management().sms_configuration().set_sms_configuration(&own).await.expect("a sender");
    assert_eq!(sender("+4915112345679").await, "Acme");
}

#[tokio::test]
async fn malformed_senders_and_other_tokens_are_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let environment = world.raw().await;
    let answer = environment.call("set_sms_configuration", &[], json!({ "senderName": 7, "token": {} })).await;
    let fault = answer.refused(400);
    assert!(fault.contains("senderName") && fault.contains("token"), "{fault}");
    let user = world.raw_with(&world.token(&ada, "acme").await);
    for (operation, body) in [
        ("set_sms_configuration", json!({ "senderName": "Eve" })),
        ("get_sms_configuration", json!(null)),
        ("delete_sms_configuration", json!(null)),
    ] {
        let status = user.call(operation, &[], body).await.status.as_u16();
        assert!(matches!(status, 401 | 403), "{operation}: {status}");
    }
    refused(world.frontegg.management().sms_configuration().get_sms_configuration().await, 404);
}
