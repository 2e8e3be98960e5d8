//! Tag “Email Configuration”, over HTTP through the SDK.

#![allow(deprecated, reason = "the older way is served too")]

use crate::support;

use std::time::Duration;

use frontegg_identity::{
    enums::{MailProvider, MailgunProvider, MailgunRegion, SendGridProvider, SesProvider, SesRoleProvider},
    types::{
        CreateOrUpdateMailConfigRequestDto, GetMailConfigResponseDto, MailConfigurationPayload, MailgunDto,
        SendGridDto, SesDto, SesRoleDto, SetMailConfigurationRequest,
    },
};
use serde_json::json;
use support::{World, refused};

fn extension(sender: &GetMailConfigResponseDto) -> Vec<(&str, &str)> {
    let extension = sender.extension.as_deref().unwrap_or_default();
    extension.iter().map(|one| (one.extension_name.as_str(), one.extension_value.as_str())).collect()
}

#[tokio::test]
async fn without_a_sender_there_is_none_to_read() {
    let world = World::start().await;
    let mails = world.frontegg.management().email_configuration();
    assert_eq!(refused(mails.get_mail_configuration().await, 404), "Mail configuration not found");
    mails.delete_mail_configuration().await.expect("nothing to delete");
}

#[tokio::test]
async fn sendgrid_is_set_the_old_way() {
    let world = World::start().await;
    let mails = world.frontegg.management().email_configuration();
    let set = async |secret: &str| {
        let body = CreateOrUpdateMailConfigRequestDto::new(secret);
        let response = mails.set_mail_configuration_v1(&body).with_response().await.expect("a sender");
        response.status()
    };
    assert_eq!(set("first").await, 201);
    let first = mails.get_mail_configuration().await.expect("a sender");
    assert_eq!((first.provider.as_ref(), first.secret.expose()), (Some(&MailProvider::SendGrid), "first"));
    assert!(extension(&first).is_empty());
    world.emulator.clock().advance(Duration::from_mins(1));
    assert_eq!(set("second").await, 201, "the declared one");
    let second = mails.get_mail_configuration().await.expect("a sender");
    assert_eq!(second.secret.expose(), "second");
    assert_eq!(second.created_at, first.created_at);
    assert!(second.updated_at > first.updated_at);

    mails.delete_mail_configuration().await.expect("a deletion");
    refused(mails.get_mail_configuration().await, 404);
}

#[tokio::test]
async fn each_provider_keeps_what_it_needs() {
    let world = World::start().await;
    let mails = world.frontegg.management().email_configuration();
    let set = async |payload| {
        let body = SetMailConfigurationRequest::new(payload);
        let response = mails.set_mail_configuration_v2(&body).with_response().await.expect("a sender");
        assert_eq!(response.status(), 201);
        mails.get_mail_configuration().await.expect("a sender")
    };
    let sendgrid = SendGridDto::new(SendGridProvider::SendGrid, "key");
    let sendgrid = set(MailConfigurationPayload::SendGridDto(sendgrid)).await;
    assert_eq!(sendgrid.provider, Some(MailProvider::SendGrid));

    world.emulator.clock().advance(Duration::from_mins(1));
    let mailgun = MailgunDto::new(MailgunProvider::Mailgun, "key", "mail.acme.test");
    let plain = set(MailConfigurationPayload::MailgunDto(mailgun.clone())).await;
    assert_eq!(plain.provider, Some(MailProvider::Mailgun));
    assert_eq!(extension(&plain), [("domain", "mail.acme.test"), ("region", "us")]);
    assert!(plain.created_at > sendgrid.created_at, "another provider is another sender");

    world.emulator.clock().advance(Duration::from_mins(1));
    let european = set(MailConfigurationPayload::MailgunDto(mailgun.region(MailgunRegion::Eu))).await;
    assert_eq!(extension(&european), [("domain", "mail.acme.test"), ("region", "eu")]);
    assert_eq!(european.created_at, plain.created_at);
    assert!(european.updated_at > plain.updated_at);

    let ses = SesDto::new(SesProvider::Ses, "key", "AKIA", "eu-west-1");
    let ses = set(MailConfigurationPayload::SesDto(ses)).await;
    assert_eq!(ses.provider, Some(MailProvider::Ses));
    assert_eq!(extension(&ses), [("id", "AKIA"), ("region", "eu-west-1")]);

    let role = SesRoleDto::new(SesRoleProvider::SesRole, "key", "eu-west-1");
    let role = set(MailConfigurationPayload::SesRoleDto(role)).await;
    assert_eq!(role.provider, Some(MailProvider::SesRole));
    assert_eq!(extension(&role), [("region", "eu-west-1")]);
    assert_eq!(role.secret.expose(), "key");
}

#[tokio::test]
async fn malformed_senders_change_nothing() {
    let world = World::start().await;
    let raw = world.raw().await;
    raw.call("set_mail_configuration_v1", &[], json!({ "secret": "key" })).await;
    for payload in [
        json!({}),
        json!({ "provider": "pigeon", "secret": "x" }),
        json!({ "provider": "sendgrid" }),
        json!({ "provider": "ses", "secret": "x", "region": "eu-west-1" }),
        json!({ "provider": "ses-role", "secret": "x" }),
        json!({ "provider": "mailgun", "secret": "x" }),
        json!({ "provider": "mailgun", "secret": "x", "domain": "d", "region": "mars" }),
    ] {
        let answer = raw.call("set_mail_configuration_v2", &[], json!({ "payload": payload })).await;
        assert!(answer.refused(400).contains("payload"), "{answer:?}");
    }
    raw.call("set_mail_configuration_v2", &[], json!({})).await.refused(400);
    raw.call("set_mail_configuration_v1", &[], json!({})).await.refused(400);
    let kept = raw.call("get_mail_configuration", &[], json!(null)).await;
    assert_eq!((&kept.body["provider"], &kept.body["secret"]), (&json!("sendgrid"), &json!("key")));
}

#[tokio::test]
async fn only_the_environment_may() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    for raw in [world.raw_with(&world.token(&ada, "acme").await), world.raw_with("")] {
        for (operation, body) in [
            ("get_mail_configuration", json!(null)),
            ("delete_mail_configuration", json!(null)),
            ("set_mail_configuration_v1", json!({ "secret": "x" })),
            ("set_mail_configuration_v2", json!({ "payload": { "provider": "sendgrid", "secret": "x" } })),
        ] {
            let status = raw.call(operation, &[], body).await.status.as_u16();
            assert!(matches!(status, 401 | 403), "{operation}: {status}");
        }
    }
    refused(world.frontegg.management().email_configuration().get_mail_configuration().await, 404);
}
