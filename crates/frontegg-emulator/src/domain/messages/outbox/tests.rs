//! Messages: rendered, kept, found again.

use serde_json::json;

use super::*;
use crate::{
    clock::Clock,
    domain::{
        messages::{
            sms_sender::{self, SmsSender},
            templates::mails::Changes,
        },
        users::{self, NewUser},
    },
    store::{Identity, Store, StoreTarget, Wished},
};

const BASE_URL: &str = "https://login.acme.test";

async fn store() -> Store {
    let clock = Clock::default();
    clock.freeze();
    let store = Store::open(&StoreTarget::Memory, clock, BASE_URL).await.expect("a store");
    let tx = store.begin_write().await;
    let wished = Wished { application_id: Some("portal".to_owned()), ..Wished::default() };
    Identity::settle(&tx, wished).await.expect("an environment");
    tx.finish().await;
    store
}

async fn ada(tx: &Write, name: &str) -> user::Model {
    let (email, name) = (Some("ada@acme.test".to_owned()), Some(name.to_owned()));
    users::create(tx, NewUser { email, name, ..NewUser::default() }).await.expect("a person")
}

async fn last(tx: &Write) -> outbox_message::Model {
    list(tx, &Filter::default(), Some(1)).await.expect("messages").pop().expect("a message")
}

fn mail_to_ada(kind: EmailTemplateType) -> Draft {
    mail(kind, "ada@acme.test")
}

#[tokio::test]
async fn a_mail_carries_its_link() {
    let store = store().await;
    let tx = &store.begin_write().await;
    let ada = ada(tx, "Ada <b>").await;
    let draft = mail_to_ada(EmailTemplateType::InviteToTenant).user(&ada).tenant("acme", "Acme & Sons");
    draft.parameter("userId", &ada.id).token("a-token").send(tx).await.expect("a mail");
    let message = last(tx).await;
    let link = format!("{BASE_URL}/account/invitation/accept?userId={}&token=a-token", ada.id);
    assert_eq!(message.link.as_deref(), Some(link.as_str()));
    assert_eq!(message.sender.as_deref(), Some("Frontegg emulator <no-reply@login.acme.test>"));
    assert_eq!(message.subject.as_deref(), Some("You are invited to Acme & Sons"));
    let body = message.body.expect("a body");
    assert!(body.contains("Hello Ada &lt;b&gt;,") && body.contains("Acme &amp; Sons"), "{body}");
    assert!(body.contains(&format!("href=\"{}\"", link.replace('&', "&amp;"))), "{body}");
    assert!(!body.contains("{{"), "{body}");
    assert_eq!((message.user_id, message.tenant_id), (Some(ada.id), Some("acme".to_owned())));
    assert!(!message.context.contains("a-token"));
}

/// Security case 48: what people call themselves stays in its place, and links lead to the
/// configured address.
#[tokio::test]
async fn case_48_values_break_out_of_nothing() {
    let store = store().await;
    let tx = &store.begin_write().await;
    let environment = Environment::of(tx).await.expect("an environment");
    let kind = EmailTemplateType::MagicLink;
    let changes = Changes {
        from_name: Some("{{name}}".to_owned()),
        subject: Some("For {{name}}".to_owned()),
        html: Some("{{name}} {{{name}}} {{link}} {{code}} {{nothing}}".to_owned()),
        redirect_url: Some("{{BASE_URL}}/{{name}}?app={{APP_ID}}#x".to_owned()),
        ..Changes::default()
    };
    mails::set(tx, &kind, changes, &environment).await.expect("a template");
    let ada = ada(tx, "A\r\nBcc: eve@evil.test").await;
    let values =
        json!({ "code": "666666", "token": "evil", "link": "http://evil.test", "BASE_URL": "http://evil.test" });
    let values = values.as_object().expect("an object").clone();
    mail_to_ada(kind).user(&ada).token("t").values(values).send(tx).await.expect("a mail");
    let message = last(tx).await;
    assert_eq!(message.subject.as_deref(), Some("For A  Bcc: eve@evil.test"));
    assert_eq!(message.sender.as_deref(), Some("A  Bcc: eve@evil.test <no-reply@login.acme.test>"));
    let link = format!("{BASE_URL}/A%0D%0ABcc%3A%20eve%40evil.test?app=portal&token=t#x");
    assert_eq!(message.link.as_deref(), Some(link.as_str()));
    let body = message.body.expect("a body");
    assert!(body.ends_with("  "), "neither code nor unknown names: {body:?}");
    assert_eq!(message.code, None);
}

#[tokio::test]
async fn templates_are_overlaid_switched_off_and_dropped() {
    let store = store().await;
    let tx = &store.begin_write().await;
    let environment = Environment::of(tx).await.expect("an environment");
    let kind = EmailTemplateType::Otc;
    let set = async |changes| mails::set(tx, &kind, changes, &environment).await;
    set(Changes { subject: Some("{{code}}!".to_owned()), ..Changes::default() }).await.expect("a template");
    mail_to_ada(kind.clone()).code("123456").send(tx).await.expect("a mail");
    let message = last(tx).await;
    assert_eq!(message.subject.as_deref(), Some("123456!"));
    assert!(message.body.expect("a body").contains("<strong>123456</strong>"), "the rest is the built-in one");
    assert_eq!(message.link, None);

    set(Changes { active: Some(false), ..Changes::default() }).await.expect("a template");
    clear(tx).await.expect("a deletion");
    mail_to_ada(kind.clone()).code("123456").send(tx).await.expect("nothing");
    assert!(list(tx, &Filter::default(), None).await.expect("messages").is_empty());

    let stored = mails::stored(tx, Some(&kind)).await.expect("templates");
    assert_eq!(stored[0].subject, "{{code}}!", "what is absent stays");
    mails::delete(tx, stored[0].id.as_deref().expect("an id")).await.expect("a deletion");
    assert!(mails::in_force(tx, &kind, &environment).await.expect("a template").active);
}

#[tokio::test]
async fn an_sms_is_plain_text_from_the_configured_sender() {
    let store = store().await;
    let tx = &store.begin_write().await;
    sms(SmsType::Otc, "+4915112345678").code("123456").send(tx).await.expect("an SMS");
    let message = last(tx).await;
    assert_eq!(message.body.as_deref(), Some("Your sign-in code is 123456"));
    assert_eq!((message.sender.as_deref(), message.subject), (Some("Frontegg"), None));

    let sender = SmsSender { sender_name: Some("Acme".to_owned()), ..SmsSender::default() };
    sms_sender::set(tx, &sender).await.expect("a sender");
    texts::set(tx, SmsType::Otc, "<{{ code }}> {{name}}".to_owned(), Map::new()).await.expect("a text");
    sms(SmsType::Otc, "+4915112345678").code("123456").send(tx).await.expect("an SMS");
    let message = last(tx).await;
    assert_eq!(message.body.as_deref(), Some("<123456> "));
    assert_eq!(message.sender.as_deref(), Some("Acme"));
}

#[tokio::test]
async fn messages_are_found_by_what_they_are() {
    let store = store().await;
    let tx = &store.begin_write().await;
    for (kind, to) in [
        (EmailTemplateType::Otc, "ada@acme.test"),
        (EmailTemplateType::Otc, "bob@acme.test"),
        (EmailTemplateType::UnlockUser, "ada@acme.test"),
    ] {
        mail(kind, to).send(tx).await.expect("a mail");
    }
    sms(SmsType::Otc, "+4915112345678").send(tx).await.expect("an SMS");
    let found = async |filter: Filter, limit| {
        let rows = list(tx, &filter, limit).await.expect("messages");
        rows.into_iter().map(|row| (row.template, row.recipient)).collect::<Vec<_>>()
    };
    let filter = Filter { recipient: Some("ADA@acme.test".to_owned()), ..Filter::default() };
    let adas = found(filter.clone(), None).await;
    assert_eq!(adas.iter().map(|(template, _)| template.as_str()).collect::<Vec<_>>(), ["OTC", "UnlockUser"]);
    assert_eq!(found(filter, Some(1)).await, adas[1..]);
    let filter = Filter { template: Some("OTC".to_owned()), channel: Some(Channel::Email), ..Filter::default() };
    assert_eq!(found(filter, None).await.len(), 2);
    let all = list(tx, &Filter::default(), None).await.expect("messages");
    let filter = Filter { after: Some(all[1].id.clone()), ..Filter::default() };
    assert_eq!(found(filter, None).await.len(), 2);
    let filter = Filter { after: Some("unknown".to_owned()), ..Filter::default() };
    assert!(list(tx, &filter, None).await.is_err());
}

#[tokio::test]
async fn only_so_many_messages_are_kept() {
    let store = store().await;
    let tx = &store.begin_write().await;
    for number in 0..5 {
        let mail = mail(EmailTemplateType::ResetPassword, &format!("{number}@acme.test")).token("x");
        mail.send(tx).await.expect("a mail");
    }
    for (kept, expected) in [(9, 5), (5, 5), (3, 3), (1, 1)] {
        forget_beyond(tx, kept).await.expect("a deletion");
        assert_eq!(list(tx, &Filter::default(), None).await.expect("messages").len(), expected);
    }
    assert_eq!(last(tx).await.recipient, "4@acme.test");
}
