//! Tag “Email Templates”, over HTTP through the SDK.

use crate::support;

use frontegg_identity::{
    enums::EmailTemplateType,
    params::ListEmailTemplates,
    types::{CreateTemplateDto, CreateUserDto, GetTemplateResponseDto},
};
use serde_json::json;
use support::{World, json, refused};

async fn listed(world: &World, kind: Option<EmailTemplateType>) -> Vec<GetTemplateResponseDto> {
    let mut query = ListEmailTemplates::new();
    if let Some(kind) = kind {
        query = query.type_(kind);
    }
    world.frontegg.management().email_templates().list_email_templates(query).await.expect("templates")
}

async fn set(world: &World, template: CreateTemplateDto) {
    let templates = world.frontegg.management().email_templates();
    let response = templates.set_email_template(&template).with_response().await.expect("a template");
    assert_eq!(response.status(), 201);
}

#[tokio::test]
async fn every_type_has_a_default() {
    let world = World::start().await;
    let templates = world.frontegg.management().email_templates();
    for name in EVERY_TYPE {
        let kind = EmailTemplateType::from(*name);
        let template = templates.get_default_email_template(&kind).await.expect("a template");
        assert!(template.active && template.id.is_none() && template.type_ == kind, "{name}");
        assert!(template.sender_email.expect("an address").starts_with("no-reply@"), "{name}");
        for text in [template.subject, template.html_template, template.from_name] {
            assert!(text.is_some_and(|text| !text.is_empty()), "{name}");
        }
    }
    assert!(listed(&world, None).await.is_empty(), "defaults are not listed");
    let raw = world.raw().await;
    raw.call("get_default_email_template", &["Pigeon"], json!(null)).await.refused(400);
    raw.query("list_email_templates", &[], "type=Pigeon", json!(null)).await.refused(400);
}

const EVERY_TYPE: &[&str] = &[
    "ActivateUser",
    "ActivateUserWithCode",
    "ApprovalFlowApprove",
    "BotDetection",
    "BruteForceProtection",
    "BulkInvitesToTenant",
    "ConnectNewDevice",
    "EmailAddressChanged",
    "EmailVerification",
    "ImpossibleTravel",
    "InviteToTenant",
    "InviteToTenantWithCode",
    "MFAEnroll",
    "MFAOTC",
    "MFARecoveryCode",
    "MFAUnenroll",
    "MagicLink",
    "NewMFAMethod",
    "OTC",
    "PwnedPassword",
    "RemoveMFAMethod",
    "ResetPassword",
    "ResetPhoneNumber",
    "SmsAuthenticationEnabled",
    "SuspiciousIP",
    "UnlockUser",
    "UnlockUserSuccess",
    "UserUsedInvitation",
    "VerifyNewEmail",
];

#[tokio::test]
async fn addresses_are_shown_filled_and_as_stored() {
    let world = World::start().await;
    let templates = world.frontegg.management().email_templates();
    let default = templates.get_default_email_template(&EmailTemplateType::MagicLink).await.expect("a template");
    assert_eq!(default.redirect_url_pattern.as_deref(), Some("{{BASE_URL}}/account/login/magic-link"));
    let filled = format!("{}/account/login/magic-link", world.emulator.url());
    assert_eq!(default.redirect_url, Some(filled));

    let template = CreateTemplateDto::new(EmailTemplateType::MagicLink)
        .redirect_url("https://{{APP_ID}}.acme.test/{{other}}")
        .success_redirect_url("{{APP_URL}}/done");
    set(&world, template).await;
    let stored = listed(&world, Some(EmailTemplateType::MagicLink)).await.remove(0);
    let filled = format!("https://{}.acme.test/{{{{other}}}}", world.emulator.application_id());
    assert_eq!(stored.redirect_url, Some(filled));
    assert_eq!(stored.redirect_url_pattern.as_deref(), Some("https://{{APP_ID}}.acme.test/{{other}}"));
    assert_eq!(stored.success_redirect_url, Some(format!("{}/done", world.emulator.url())));
    assert_eq!(stored.success_redirect_url_pattern.as_deref(), Some("{{APP_URL}}/done"));
}

#[tokio::test]
async fn a_template_is_laid_over_the_default() {
    let world = World::start().await;
    let templates = world.frontegg.management().email_templates();
    let kind = EmailTemplateType::UnlockUser;
    let default = templates.get_default_email_template(&kind).await.expect("a template");
    set(&world, CreateTemplateDto::new(kind.clone()).subject("Locked")).await;
    let stored = listed(&world, Some(kind.clone())).await.remove(0);
    assert_eq!(stored.subject.as_deref(), Some("Locked"));
    assert_eq!((&stored.html_template, &stored.sender_email), (&default.html_template, &default.sender_email));
    assert!(stored.active);

    // What is absent stays, and the template stays the same one.
    set(&world, CreateTemplateDto::new(kind.clone()).html_template("<p>{{link}}</p>").active(false)).await;
    let changed = listed(&world, Some(kind.clone())).await.remove(0);
    assert_eq!((changed.id.as_ref(), changed.subject.as_deref()), (stored.id.as_ref(), Some("Locked")));
    assert_eq!((changed.html_template.as_deref(), changed.active), (Some("<p>{{link}}</p>"), false));
    set(&world, CreateTemplateDto::new(kind.clone()).html_template("<p>{{link}}</p>").active(false)).await;
    assert_eq!(json(&listed(&world, Some(kind.clone())).await.remove(0)), json(&changed), "idempotent");

    set(&world, CreateTemplateDto::new(EmailTemplateType::MfaEnroll)).await;
    let all = listed(&world, None).await;
    assert_eq!(all.iter().map(|one| one.type_.as_str()).collect::<Vec<_>>(), ["MFAEnroll", "UnlockUser"]);

    let id = changed.id.expect("an id");
    templates.delete_email_template(&id).await.expect("a deletion");
    assert!(listed(&world, Some(kind.clone())).await.is_empty());
    assert_eq!(refused(templates.delete_email_template(&id).await, 404), "Template not found");
    let again = templates.get_default_email_template(&kind).await.expect("a template");
    assert_eq!(json(&again), json(&default));
}

#[tokio::test]
async fn malformed_templates_change_nothing() {
    let world = World::start().await;
    let raw = world.raw().await;
    let too_long = "x".repeat(513);
    let way_too_long = "x".repeat(1_000_001);
    for (body, fault) in [
        (json!({}), "type"),
        (json!({ "type": "Pigeon" }), "type"),
        (json!({ "type": "OTC", "subject": too_long }), "subject"),
        (json!({ "type": "OTC", "senderEmail": too_long }), "senderEmail"),
        (json!({ "type": "OTC", "fromName": too_long }), "fromName"),
        (json!({ "type": "OTC", "htmlTemplate": way_too_long }), "htmlTemplate"),
        (json!({ "type": "MagicLink", "redirectURL": "" }), "redirectURL is required"),
        // Security case 48.
        (json!({ "type": "OTC", "subject": "Hi\r\nBcc: eve@evil.test" }), "subject must not contain control"),
        (json!({ "type": "OTC", "fromName": "Hi\nBcc: eve@evil.test" }), "fromName must not contain control"),
        (json!({ "type": "OTC", "senderEmail": "a@b\r\nBcc: eve@evil.test" }), "senderEmail must not"),
        (json!({ "type": "MagicLink", "redirectURL": "https://a.test/\r\nX: y" }), "redirectURL must not"),
        (json!({ "type": "MagicLink", "redirectURL": "javascript:alert(1)" }), "redirectURL must be a URL"),
        (json!({ "type": "MagicLink", "redirectURL": "JavaScript://a.test/%0aalert(1)" }), "redirectURL must be"),
        (json!({ "type": "MagicLink", "redirectURL": " javascript:alert(1)" }), "redirectURL must be a URL"),
        (json!({ "type": "MagicLink", "redirectURL": "data:text/html,<script>" }), "redirectURL must be a URL"),
        (json!({ "type": "MagicLink", "redirectURL": "vbscript:x" }), "redirectURL must be a URL"),
        (json!({ "type": "MagicLink", "redirectURL": "file:///etc/passwd" }), "redirectURL must be a URL"),
        (json!({ "type": "MagicLink", "redirectURL": "//evil.test" }), "redirectURL must be a URL"),
        (json!({ "type": "OTC", "successRedirectUrl": "javascript:alert(1)" }), "successRedirectUrl must be a URL"),
    ] {
        let answer = raw.call("set_email_template", &[], body).await;
        assert!(answer.refused(400).contains(fault), "{fault}: {answer:?}");
    }
    assert!(listed(&world, None).await.is_empty());
    let fits = CreateTemplateDto::new(EmailTemplateType::Otc).subject("x".repeat(512)).redirect_url("");
    set(&world, fits).await;
}

/// Apps have schemes of their own. What a link turns out to be is known only when it is sent: then none
/// does anything but lead somewhere, wherever the template came from.
#[tokio::test]
async fn links_lead_to_the_web_or_to_an_app() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let link = async |redirect: &str, email: &str| {
        set(&world, CreateTemplateDto::new(EmailTemplateType::ActivateUser).redirect_url(redirect)).await;
        let body = CreateUserDto::new().email(email).name("javascript").skip_invite_email(false);
        acme.user_management().create_user_v2(&body).await.expect("a user");
        world.emulator.outbox().last_to(email).await.expect("a mail").link().map(str::to_owned)
    };
    for (number, good) in
        ["http://a.test/x", "HTTPS://a.test", "com.acme.app+x-1:open", "{{BASE_URL}}/x"].iter().enumerate()
    {
        let link = link(good, &format!("{number}@acme.test")).await.expect("a link");
        assert!(link.contains("token=") && link.contains(good.trim_start_matches("{{BASE_URL}}")), "{link}");
    }
    assert_eq!(link("{{name}}:alert(1)//", "ada@acme.test").await, None);
    // One that was there before, or was imported.
    set(&world, CreateTemplateDto::new(EmailTemplateType::ActivateUser).redirect_url("https://a.test")).await;
    let mut document = world.emulator.export_with_secrets().await.expect("a document");
    document["tables"]["email_templates"][0]["redirect_url"] = json!("javascript:alert(1)");
    world.emulator.import(&document).await.expect("an import");
    let body = CreateUserDto::new().email("eve@acme.test").name("Eve").skip_invite_email(false);
    world.frontegg.tenant("acme").user_management().create_user_v2(&body).await.expect("a user");
    let mail = world.emulator.outbox().last_to("eve@acme.test").await.expect("a mail");
    assert!(mail.link().is_none() && !mail.body().contains("javascript:"), "{:?} {}", mail.link(), mail.body());
}

/// What is stored decides what is sent.
#[tokio::test]
async fn mails_are_made_from_the_template_in_force() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let invite = async |email: &str| {
        let body = CreateUserDto::new().email(email).name("Ada").skip_invite_email(false);
        acme.user_management().create_user_v2(&body).await.expect("a user").id
    };
    let template = CreateTemplateDto::new(EmailTemplateType::ActivateUser)
        .subject("Welcome to {{tenantName}}, {{name}}")
        .from_name("Acme")
        .sender_email("hello@acme.test")
        .html_template("<a href=\"{{link}}\">{{name}}</a>")
        .redirect_url("https://app.acme.test/start?from=mail");
    set(&world, template).await;
    let ada = invite("ada@acme.test").await;
    let mail = world.emulator.outbox().last_to("ada@acme.test").await.expect("a mail");
    let token = mail.token().expect("a token");
    assert_eq!(mail.subject(), Some("Welcome to acme, Ada"));
    assert_eq!(mail.sender(), "Acme <hello@acme.test>");
    let link = format!("https://app.acme.test/start?from=mail&userId={ada}&token={token}");
    assert_eq!(mail.link(), Some(link.as_str()));
    assert_eq!(mail.body(), format!("<a href=\"{}\">Ada</a>", link.replace('&', "&amp;")));

    set(&world, CreateTemplateDto::new(EmailTemplateType::ActivateUser).active(false)).await;
    invite("bob@acme.test").await;
    assert!(world.emulator.outbox().last_to("bob@acme.test").find().await.expect("an answer").is_none());

    let stored = listed(&world, None).await.remove(0).id.expect("an id");
    world.frontegg.management().email_templates().delete_email_template(&stored).await.expect("a deletion");
    invite("eve@acme.test").await;
    let link = world.emulator.outbox().last_to("eve@acme.test").link().await.expect("a link");
    assert!(link.starts_with(&format!("{}/account/activate?userId=", world.emulator.url())), "{link}");
}

#[tokio::test]
async fn only_the_environment_may() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let raw = world.raw_with(&world.token(&ada, "acme").await);
    for (operation, path, body) in [
        ("list_email_templates", &[][..], json!(null)),
        ("set_email_template", &[], json!({ "type": "OTC" })),
        ("get_default_email_template", &["OTC"], json!(null)),
        ("delete_email_template", &["x"], json!(null)),
    ] {
        let status = raw.call(operation, path, body).await.status.as_u16();
        assert!(matches!(status, 401 | 403), "{operation}: {status}");
    }
    assert!(listed(&world, None).await.is_empty());
}
