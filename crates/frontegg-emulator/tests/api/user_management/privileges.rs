//! What only others may say of somebody.

use serde_json::{Value, json};

use super::{
    NOBODY,
    activation::Mailed,
    support::{World, browser::PASSWORD},
};

const ADA: &str = "ada@acme.test";

/// Security case 44: what only others may say of somebody has no effect when they say it themselves.
#[tokio::test]
async fn case_44_privileged_members_have_no_effect() {
    let world = World::start().await;
    world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let privileged = json!({
        "id": NOBODY, "superUser": true, "mfaBypass": true, "vendorMetadata": "{\"plan\":\"gold\"}", "verified": true,
        "tenantId": "acme", "tenantIds": ["acme"], "createdAt": "2001-01-01T00:00:00Z", "isLocked": true,
        "invisible": true, "externalId": "x", "managedBy": "external", "permissions": ["fe.*"],
    });
    let with = |mut body: Value| {
        let members = body.as_object_mut().expect("an object");
        members.extend(privileged.as_object().expect("an object").clone());
        body
    };
    let check = async |user_id: &str, tenant_ids: &[&str]| {
        let user = world.frontegg.management().users().get_user_globally(user_id).await.expect("a user");
        assert_ne!(user.id, NOBODY);
        assert_eq!((user.super_user, user.verified), (Some(false), false));
        assert_eq!((user.is_locked, user.vendor_metadata.as_deref()), (Some(false), Some("{}")));
        assert!(user.created_at.is_some_and(|time| time.timestamp() > 1_000_000_000));
        let raw = serde_json::to_value(&user).expect("JSON");
        assert!(raw["externalId"].is_null() && raw["managedBy"] == "frontegg" && raw["mfaBypass"] != json!(true));
        if !tenant_ids.is_empty() {
            assert_eq!(user.tenant_ids, tenant_ids);
        }
    };
    let mut portal = world.browser();
    let mut new = json!({ "provider": "local", "email": ADA, "companyName": "Own", "password": PASSWORD });
    new["roleIds"] = json!([admin]);
    let signed_up = portal.done("sign_up_user", &[], with(new)).await;
    assert_ne!(signed_up["tenantId"], "acme");
    check(signed_up["userId"].as_str().expect("an id"), &[]).await;

    // Roles by an invite are those of the invite.
    let invite = json!({ "tenantId": "acme", "roleIds": [world.role("ReadOnly").await] });
    let invite = world.back_end(None).await.done("create_tenant_invite", &[], invite).await;
    let new = json!({
        "provider": "local", "email": "bob@acme.test", "companyName": "Own", "password": PASSWORD,
        "roleIds": [admin], "invitationToken": invite["token"],
    });
    let bob = portal.done("sign_up_user", &[], with(new)).await["userId"].as_str().expect("an id").to_owned();
    check(&bob, &["acme"]).await;
    let roles = world.frontegg.tenant("acme").users().get_user(&bob).await.expect("a member").roles;
    assert_eq!(roles.iter().map(|role| role.key.as_str()).collect::<Vec<_>>(), ["ReadOnly"]);

    let invitation = with(json!({ "email": "carol@acme.test" }));
    let carol = world.back_end(Some("acme")).await.done("create_user_v2", &[], invitation).await;
    check(carol["id"].as_str().expect("an id"), &["acme"]).await;
    let mail = Mailed::to(&world, "carol@acme.test").await;
    let body = with(json!({ "userId": mail.user_id, "token": mail.token, "password": PASSWORD, "tenantId": "globex" }));
    let claims = world.browser().call("activate_user", &[], body).await.claims();
    assert_eq!((&claims["tenantId"], claims.get("superUser")), (&json!("acme"), None));
}
