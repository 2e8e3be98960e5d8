//! Line breaks and foreign hosts where they could become a header or a link.

use frontegg_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::World;

const HOME: &str = "https://login.acme.test";
const ADA: &str = "ada@acme.test";
/// What would be one header more, for a mail or an answer.
const BREAK: &str = "Ada\r\nBcc: eve@evil.test\r\nSet-Cookie: x=y\r\n\r\nHello";

async fn worlds() -> Vec<World> {
    World::each_of(Emulator::builder().base_url(HOME)).await
}

/// Nothing in what stands in the head of a mail begins a line, and every link leads home.
async fn mails_are_clean(world: &World, least: usize) {
    let messages = world.emulator.outbox().messages().await.expect("messages");
    assert!(messages.len() >= least, "{messages:?}");
    for message in messages {
        for text in [message.recipient(), message.sender(), message.subject().unwrap_or_default()] {
            assert!(!text.contains(['\r', '\n']), "{}: {text:?}", message.template());
        }
        assert!(message.link().is_none_or(|link| link.starts_with(&format!("{HOME}/"))), "{:?}", message.link());
        assert!(!message.body().contains("//evil.test"), "{}", message.body());
    }
}

/// Security case 48: what people and tenants call themselves adds no header to a mail or an answer.
#[tokio::test]
async fn case_48_line_breaks_add_no_headers() {
    for world in worlds().await {
        let mut environment = world.back_end(None).await;
        let tenant = json!({ "tenantId": "acme", "name": BREAK });
        environment.call("create_tenant", &[], tenant).await;
        world.tenant("plain").await;
        for tenant in ["acme", "plain"] {
            let mut back_end = world.back_end(Some(tenant)).await;
            let guest = json!({ "email": format!("{tenant}@acme.test"), "name": BREAK, "skipInviteEmail": false });
            back_end.call("create_user_v2", &[], guest).await;
            let guest = json!({ "email": ADA, "name": "Ada", "skipInviteEmail": false });
            back_end.call("create_user_v2", &[], guest).await;
        }
        // Names of templates' fields that name somebody.
        let template = json!({ "type": "ResetPassword", "subject": "For {{name}} of {{tenantName}}", "active": true });
        environment.call("set_email_template", &[], template).await;
        for address in ["acme@acme.test", "plain@acme.test", ADA] {
            world.browser().call("send_password_reset_email_v1", &[], json!({ "email": address })).await;
        }
        mails_are_clean(&world, 2).await;
        // An address with a break in it is none.
        for address in ["a\r\nBcc: eve@evil.test", "a@b.test\r\nX: y", "a@b.test\n"] {
            let mut plain = world.back_end(Some("plain")).await;
            plain.call("create_user_v2", &[], json!({ "email": address })).await.refused(400);
        }
        let template = json!({ "type": "ResetPassword", "redirectURL": "https://a.test/\r\nSet-Cookie: x=y" });
        environment.call("set_email_template", &[], template).await.refused(400);
        // Nor does what is told come back as a header.
        let encoded = "x%0d%0aSet-Cookie:%20x=y";
        for line in ["frontegg-vendor-host", "frontegg-application-id", "x-forwarded-host", "x-request-id"] {
            let answer = world.get(&format!("/{encoded}?a={encoded}"), &format!("{line}: {encoded}\r\n")).await;
            assert!(answer.header("set-cookie").is_none(), "{}", answer.0);
        }
    }
}

/// Security case 48: the link of a reset leads to the configured address, whatever host is asked.
#[tokio::test]
async fn case_48_foreign_hosts_get_no_links() {
    for world in worlds().await {
        world.tenant("acme").await;
        world.member("acme", ADA).await;
        for operation in ["send_password_reset_email_v1", "send_password_reset_email_v2"] {
            for header in ["host", "x-forwarded-host", "x-host", "forwarded", "frontegg-vendor-host", "origin"] {
                let value = match header {
                    "forwarded" => "host=evil.test",
                    "origin" => "https://evil.test",
                    _ => "evil.test",
                };
                let mut browser = world.browser().with(header, value);
                browser.call(operation, &[], json!({ "email": ADA })).await;
            }
        }
        let guest = json!({ "email": "guest@acme.test", "skipInviteEmail": false });
        let mut back_end = world.back_end(Some("acme")).await.with("x-forwarded-host", "evil.test");
        back_end.done("create_user_v2", &[], guest).await;
        mails_are_clean(&world, 3).await;
        let configuration = world.get("/.well-known/openid-configuration", "x-forwarded-host: evil.test\r\n").await;
        let configuration: Value = serde_json::from_str(configuration.body()).expect("JSON");
        assert!(!configuration.to_string().contains("evil.test"), "{configuration}");
    }
}
