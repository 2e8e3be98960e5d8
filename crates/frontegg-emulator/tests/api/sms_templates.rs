//! Tag “SMS Templates”, over HTTP through the SDK.

use crate::support;

use std::time::Duration;

use frontegg_identity::types::{CreateSmsTemplateRequest, CreateUserPhoneNumberRequestDto};
use serde_json::json;
use support::{World, json, refused};

/// By name, as lists have them.
const TYPES: [&str; 7] =
    ["MFAEnroll", "MFAOTC", "MFAUnenroll", "OTC", "PhoneDeletion", "PhoneVerification", "ResetPassword"];

#[tokio::test]
async fn every_type_has_a_default() {
    let world = World::start().await;
    let templates = world.frontegg.management().sms_templates();
    let all = templates.list_default_sms_templates().await.expect("texts");
    assert_eq!(all.iter().map(|text| text.type_.as_str()).collect::<Vec<_>>(), TYPES);
    for text in all {
        assert!(text.template.contains("{{code}}"), "{}", text.template);
        assert!(text.created_at.is_none() && text.updated_at.is_none());
        let one = templates.get_default_sms_template(&text.type_).await.expect("a text");
        assert_eq!(json(&one), json(&text));
        assert_eq!(refused(templates.get_sms_template(&text.type_).await, 404), "SMS template not found");
    }
    assert!(templates.list_sms_templates().await.expect("texts").is_empty());
}

#[tokio::test]
async fn a_text_is_stored_changed_and_dropped() {
    let world = World::start().await;
    let templates = world.frontegg.management().sms_templates();
    let set = async |kind: &str, template: &str| {
        let body = CreateSmsTemplateRequest::new(template);
        let response = templates.set_sms_template(kind, &body).with_response().await.expect("a text");
        (response.status(), response.into_inner())
    };
    let (status, first) = set("OTC", "Code: {{code}}").await;
    assert_eq!((status, first.template.as_str()), (201, "Code: {{code}}"));
    assert_eq!(first.created_at, first.updated_at);
    world.emulator.clock().advance(Duration::from_mins(1));
    let (status, second) = set("OTC", "{{code}}!").await;
    assert_eq!((status, second.template.as_str()), (201, "{{code}}!"));
    assert_eq!(second.created_at, first.created_at);
    assert!(second.updated_at > first.updated_at);
    assert_eq!(json(&templates.get_sms_template("OTC").await.expect("a text")), json(&second));
    let default = templates.get_default_sms_template("OTC").await.expect("a text");
    assert_ne!(default.template, second.template);

    set("MFAOTC", "x").await;
    let all = templates.list_sms_templates().await.expect("texts");
    assert_eq!(all.iter().map(|text| text.type_.as_str()).collect::<Vec<_>>(), ["MFAOTC", "OTC"]);

    for _ in 0..2 {
        templates.delete_sms_template("OTC").await.expect("a deletion");
        refused(templates.get_sms_template("OTC").await, 404);
    }
}

#[tokio::test]
async fn further_members_are_kept() {
    let world = World::start().await;
    let templates = world.frontegg.management().sms_templates();
    let more = json!({ "locale": "de", "type": "other", "createdAt": "never", "deep": { "er": [1] } });
    let body = CreateSmsTemplateRequest::new("x").extra(more.as_object().expect("an object").clone());
    templates.set_sms_template("OTC", &body).await.expect("a text");
    let text = templates.get_sms_template("OTC").await.expect("a text");
    assert_eq!(text.type_, "OTC");
    assert_eq!(json(&text.extra), json!({ "locale": "de", "deep": { "er": [1] } }));
}

#[tokio::test]
async fn texts_decide_what_is_sent() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let ada = world.session(&ada, "acme").await;
    let templates = world.frontegg.management().sms_templates();
    let body = CreateSmsTemplateRequest::new("{{code}} for {{phoneNumber}}{{nothing}}");
    templates.set_sms_template("PhoneVerification", &body).await.expect("a text");
    let number = "+4915112345678";
    ada.sms().add_my_phone_number(&CreateUserPhoneNumberRequestDto::new(number)).await.expect("a number");
    let message = world.emulator.outbox().last_to(number).await.expect("an SMS");
    assert_eq!(message.body(), format!("{} for {number}", message.code().expect("a code")));
}

#[tokio::test]
async fn unknown_types_and_other_tokens_are_refused() {
    let world = World::start().await;
    let templates = world.frontegg.management().sms_templates();
    let unknown = "SMS template type not found";
    let body = CreateSmsTemplateRequest::new("x");
    assert_eq!(refused(templates.set_sms_template("Pigeon", &body).await, 404), unknown);
    assert_eq!(refused(templates.get_sms_template("Pigeon").await, 404), unknown);
    assert_eq!(refused(templates.get_default_sms_template("otc").await, 404), unknown);
    assert_eq!(refused(templates.delete_sms_template("Pigeon").await, 404), unknown);
    let raw = world.raw().await;
    assert!(raw.call("set_sms_template", &["OTC"], json!({ "text": "x" })).await.refused(400).contains("template"));
    assert!(templates.list_sms_templates().await.expect("texts").is_empty());

    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let raw = world.raw_with(&world.token(&ada, "acme").await);
    for (operation, path, body) in [
        ("list_sms_templates", &[][..], json!(null)),
        ("list_default_sms_templates", &[], json!(null)),
        ("get_sms_template", &["OTC"], json!(null)),
        ("get_default_sms_template", &["OTC"], json!(null)),
        ("set_sms_template", &["OTC"], json!({ "template": "x" })),
        ("delete_sms_template", &["OTC"], json!(null)),
    ] {
        let status = raw.call(operation, path, body).await.status.as_u16();
        assert!(matches!(status, 401 | 403), "{operation}: {status}");
    }
}
