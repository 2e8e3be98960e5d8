//! Signing in with a password, going on, signing out, signing up.

use crate::support;

use std::time::Duration;

use frontegg_emulator::Emulator;
use serde_json::{Value, json};
use support::{World, browser::PASSWORD};

#[tokio::test]
async fn a_password_opens_a_session() {
    let world = World::start().await;
    let portal = world.application("Portal").await;
    world.tenant("acme").await;
    let ada = world.member("acme", "Ada@acme.test").await;
    world.emulator.clock().freeze();
    let mut browser = world.browser().with("frontegg-application-id", &portal);
    let reply = browser.sign_in("ada@ACME.test").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["mfaRequired"], false);
    assert_eq!(reply.body["expiresIn"], 86_400);
    assert_eq!((&reply.body["userId"], &reply.body["userEmail"]), (&json!(ada), &json!("Ada@acme.test")));
    let claims = reply.claims();
    let now = world.emulator.clock().now().timestamp();
    for (name, value) in [
        ("sub", json!(ada)),
        ("type", json!("userToken")),
        ("tenantId", json!("acme")),
        ("tenantIds", json!(["acme"])),
        ("email", json!("Ada@acme.test")),
        ("email_verified", json!(true)),
        ("metadata", json!({})),
        ("roles", json!(["Admin", "ReadOnly"])),
        ("applicationId", json!(portal)),
        ("aud", json!(portal)),
        ("iss", json!(world.emulator.url())),
        ("iat", json!(now)),
        ("exp", json!(now + 86_400)),
        ("auth_time", json!(now)),
        ("amr", json!(["pwd"])),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert!(claims.get("acr").is_none() && claims.get("superUser").is_none());
    let permissions = claims["permissions"].as_array().expect("keys");
    assert!(permissions.contains(&json!("fe.secure.*")));
    // The first sign-in makes the member an active one and is remembered.
    let user = world.frontegg.tenant("acme").users().get_user(&ada).await.expect("a user");
    assert_eq!(user.activated_for_tenant, Some(true));
    assert_eq!(user.last_login.map(|time| time.timestamp()), Some(now));
}

#[tokio::test]
async fn the_refresh_cookie_is_as_browsers_expect_it() {
    let world = World::of(Emulator::builder().application_id("my-app-1")).await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    let reply = browser.sign_in("ada@acme.test").await;
    let name = format!("fe_refresh_{}", world.emulator.client_id().replacen('-', "", 1));
    let token = reply.body["refreshToken"].as_str().expect("a token");
    assert_eq!(reply.cookies.len(), 1);
    let attributes = reply.cookies[0].strip_prefix(&format!("{name}={token}")).expect("the cookie");
    assert_eq!(attributes, "; Path=/; HttpOnly; Max-Age=2592000; SameSite=Lax");
    // Other clients name it otherwise.
    let token = token.to_owned();
    let id = world.emulator.client_id();
    browser.cookies.clear();
    browser.cookies.insert(format!("fe_refresh_{id}"), token);
    let reply = browser.refresh().await;
    assert_eq!(reply.status, 201);
    browser.cookies.clear();
    let token = reply.body["refreshToken"].as_str().expect("a token").to_owned();
    browser.cookies.insert(format!("fe_refresh_{}", id.replace('-', "")), token);
    let reply = browser.refresh().await;
    assert_eq!(reply.status, 201);
    // By the application's id.
    browser.cookies.clear();
    let token = reply.body["refreshToken"].as_str().expect("a token").to_owned();
    browser.cookies.insert("fe_refresh_myapp-1".to_owned(), token);
    let mut browser = browser.with("frontegg-requested-application-id", "my-app-1");
    browser.refresh().await.token();
    world.configure(json!({ "cookieSameSite": "STRICT" })).await;
    let reply = browser.sign_in("ada@acme.test").await;
    assert!(reply.cookies[0].ends_with("; Max-Age=2592000; SameSite=Strict"), "{:?}", reply.cookies);
}

#[tokio::test]
async fn what_is_no_sign_in_is_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    let sign_in = "authenticate_user_with_password";
    let reply = browser.call(sign_in, &[], json!({ "password": PASSWORD })).await;
    assert_eq!(reply.refused(400), "email or username is required");
    let reply = browser.call(sign_in, &[], json!({ "email": "ada@acme.test" })).await;
    assert_eq!(reply.refused(400), "password is required");
    assert_eq!(browser.sign_in_with("ada@acme.test", "wrong").await.refused(401), "Incorrect email or password");
    world.configure(json!({ "authStrategy": "MagicLink" })).await;
    let reply = browser.sign_in("ada@acme.test").await;
    assert_eq!(reply.refused(400), "Signing in with a password is not the strategy of this environment");
    world.configure(json!({ "authStrategy": "EmailAndPassword" })).await;
    browser.sign_in("ada@acme.test").await.token();
}

#[tokio::test]
async fn a_captcha_is_asked_for_where_there_is_one() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    world.member("acme", "bob@acme.test").await;
    let policy = json!({
        "enabled": true, "siteKey": "site", "secretKey": "secret", "minScore": 0.5, "ignoredEmails": ["BOB@acme.test"],
    });
    world.back_end(None).await.done("create_captcha_policy", &[], policy).await;
    let mut browser = world.browser();
    assert_eq!(browser.sign_in("ada@acme.test").await.refused(400), "recaptchaToken is required");
    assert_eq!(browser.sign_in("nobody@acme.test").await.refused(400), "recaptchaToken is required");
    let reply = browser.call("sign_up_user", &[], newcomer("c@acme.test")).await;
    assert_eq!(reply.refused(400), "recaptchaToken is required");
    browser.sign_in("bob@acme.test").await.token();
    let body = json!({ "email": "ada@acme.test", "password": PASSWORD, "recaptchaToken": "passed" });
    browser.call("authenticate_user_with_password", &[], body).await.token();
}

#[tokio::test]
async fn a_username_serves_as_well() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    own.done("create_my_username", &[], json!({ "username": "Ada.L", "userId": ada })).await;
    let body = json!({ "username": "ada.l", "password": PASSWORD });
    let reply = world.browser().call("authenticate_user_with_password", &[], body).await;
    assert_eq!(reply.claims()["sub"], ada);
}

#[tokio::test]
async fn who_is_not_let_in_learns_why_only_with_the_right_password() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    let user_management = acme.user_management();
    user_management.disable_user_in_tenant(&ada).await.expect("a suspension");
    assert_eq!(browser.sign_in("ada@acme.test").await.refused(403), "User has no tenant to sign in to");
    // Another tenant is as good.
    world.add_to_tenant(&ada, "globex", true).await;
    assert_eq!(browser.sign_in("ada@acme.test").await.claims()["tenantId"], "globex");
    user_management.enable_user_in_tenant(&ada).await.expect("an end of it");
    // From now on that is where they worked last.
    assert_eq!(browser.sign_in("ada@acme.test").await.claims()["tenantId"], "globex");

    let new = frontegg_identity::types::CreateUserDto::new().email("bob@acme.test").password(PASSWORD);
    user_management.create_user_v2(&new).await.expect("a user");
    assert_eq!(browser.sign_in("bob@acme.test").await.refused(403), "User is not verified");
    assert_eq!(browser.sign_in_with("bob@acme.test", "wrong").await.refused(401), "Incorrect email or password");
}

#[tokio::test]
async fn a_login_page_of_a_tenant_leads_into_it() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.member("acme", "ada@acme.test").await;
    world.emulator.set_tenant_alias("globex", Some("globex-login")).await.expect("an alias");
    let mut browser = world.browser().with("frontegg-login-alias", "globex-login");
    assert_eq!(browser.sign_in("ada@acme.test").await.refused(403), "User cannot enter the tenant");
    world.add_to_tenant(&ada, "globex", true).await;
    assert_eq!(browser.sign_in("ada@acme.test").await.claims()["tenantId"], "globex");
    assert_eq!(browser.refresh().await.claims()["tenantId"], "globex");
}

#[tokio::test]
async fn an_old_password_has_to_be_replaced() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let rule = json!({ "isActive": true, "rotationPeriod": 60, "notificationPeriod": 10 });
    world.back_end(None).await.done("set_password_rotation", &[], rule).await;
    let mut browser = world.browser();
    let reply = browser.sign_in("ada@acme.test").await;
    assert!(reply.body.get("passwordExpiresIn").is_none());
    world.emulator.clock().advance(Duration::from_mins(55));
    let reply = browser.sign_in("ada@acme.test").await;
    reply.token();
    assert_eq!((&reply.body["passwordExpiresIn"], &reply.body["notificationPeriod"]), (&json!(4), &json!(10)));
    world.emulator.clock().advance(Duration::from_mins(5));
    let mut browser = world.browser();
    let reply = browser.sign_in("ada@acme.test").await;
    assert_eq!((reply.status, &reply.body["userId"]), (200, &json!(ada)));
    assert_eq!((&reply.body["accessToken"], &reply.body["expiresIn"]), (&json!(""), &json!(0)));
    assert!(reply.cookies.is_empty());
    let token = reply.body["resetPasswordToken"].as_str().expect("a token");
    let new = json!({ "userId": ada, "token": token, "password": "Another-horse-1852" });
    assert_eq!(browser.call("reset_password_with_token", &[], new).await.status, 201);
    browser.sign_in_with("ada@acme.test", "Another-horse-1852").await.token();
}

#[tokio::test]
async fn a_leaked_password_opens_nothing() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    world.emulator.set_leaked_passwords([PASSWORD]).await.expect("a leak");
    let mut browser = world.browser();
    let reply = browser.sign_in("ada@acme.test").await;
    assert_eq!((reply.status, &reply.body["isBreachedPassword"]), (200, &json!(true)));
    assert_eq!(reply.body["accessToken"], "");
    assert!(reply.cookies.is_empty());
    let mail = world.emulator.outbox().last_to("ada@acme.test").template("PwnedPassword");
    assert!(mail.await.expect("a mail").link().is_some());
    assert_eq!(browser.sign_in_with("ada@acme.test", "wrong").await.status, 401);
}

#[tokio::test]
async fn refreshing_tells_how_things_are_now() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    let first = browser.sign_in("ada@acme.test").await.claims();
    world.emulator.clock().advance(Duration::from_secs(10));
    let mut back_end = world.back_end(Some("acme")).await;
    let role = json!([{ "key": "auditor", "name": "Auditor", "level": 5 }]);
    let role = back_end.done("create_roles_v1", &[], role).await[0]["id"].clone();
    back_end.done("assign_roles_to_user", &[&ada], json!({ "roleIds": [role] })).await;
    let reply = browser.refresh().await;
    assert_eq!(reply.status, 201);
    let claims = reply.claims();
    assert!(claims["roles"].as_array().expect("keys").contains(&json!("auditor")));
    assert_eq!((&claims["sid"], &claims["auth_time"]), (&first["sid"], &first["auth_time"]));
    // Another tenant, where they are a member; 403 elsewhere, and nothing is spent by that.
    let ask = |tenant: &str| json!({ "tenantId": tenant });
    let refused = browser.call("refresh_user_token", &[], ask("globex")).await;
    assert_eq!(refused.refused(403), "User cannot enter the tenant");
    world.add_to_tenant(&ada, "globex", false).await;
    let refused = browser.call("refresh_user_token", &[], ask("globex")).await;
    assert_eq!(refused.refused(403), "User cannot enter the tenant", "the invitation is open");
    // Null is as good as nothing.
    let reply = browser.call("refresh_user_token", &[], json!({ "tenantId": null })).await;
    assert_eq!(reply.claims()["tenantId"], "acme");
}

#[tokio::test]
async fn switching_the_tenant_shows_after_a_refresh() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.member("acme", "ada@acme.test").await;
    world.add_to_tenant(&ada, "globex", true).await;
    let mut browser = world.browser();
    let signed_in = browser.sign_in("ada@acme.test").await;
    assert_eq!(signed_in.claims()["tenantIds"], json!(["acme", "globex"]));
    // One tab goes elsewhere, the token of the other stays good.
    let reply = browser.call("refresh_user_token", &[], json!({ "tenantId": "globex" })).await;
    assert_eq!(reply.claims()["tenantId"], "globex");
    for token in [signed_in.token(), reply.token()] {
        let mut tab = world.browser().bearer(token);
        assert_eq!(tab.call("list_my_sessions", &[], Value::Null).await.status, 200);
    }
    assert_eq!(browser.refresh().await.claims()["tenantId"], "acme");
    let mut tab = world.browser().bearer(signed_in.token());
    assert_eq!(tab.call("set_my_active_tenant", &[], json!({ "tenantId": "globex" })).await.status, 200);
    assert_eq!(browser.refresh().await.claims()["tenantId"], "globex");
}

#[tokio::test]
async fn without_rotation_the_refresh_token_stays() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let lifetimes = json!({ "defaultRefreshTokenExpiration": 3_600, "defaultTokenExpiration": 60 });
    world.configure(lifetimes).await;
    world.configure(json!({ "rotateRefreshTokens": false })).await;
    let mut browser = world.browser();
    let reply = browser.sign_in("ada@acme.test").await;
    assert_eq!(reply.body["expiresIn"], 60);
    let token = browser.refresh_token().expect("a token").to_owned();
    for _ in 0..2 {
        world.emulator.clock().advance(Duration::from_mins(25));
        assert_eq!(browser.refresh().await.body["refreshToken"], json!(token));
    }
    world.emulator.clock().advance(Duration::from_mins(25));
    assert_eq!(browser.refresh().await.refused(401), "Session not found");
}

#[tokio::test]
async fn signing_out_never_fails() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    assert_eq!(browser.sign_out().await.status, 201);
    browser.sign_in("ada@acme.test").await.token();
    let mut other = world.browser();
    other.sign_in("ada@acme.test").await.token();
    let mut copy = browser.clone();
    let reply = browser.sign_out().await;
    assert_eq!((reply.status, reply.body), (201, Value::Null));
    assert!(browser.cookies.is_empty());
    assert_eq!(copy.refresh().await.refused(401), "Session not found");
    assert_eq!(copy.sign_out().await.status, 201);
    assert_eq!(browser.refresh().await.refused(401), "Session not found");
    other.refresh().await.token();
}

fn newcomer(email: &str) -> Value {
    json!({ "provider": "local", "email": email, "companyName": "Analytical", "password": PASSWORD, "metadata": "{}" })
}

#[tokio::test]
async fn signing_up_founds_a_tenant() {
    let world = World::start().await;
    let mut browser = world.browser();
    let reply = browser.call("sign_up_user", &[], newcomer("ada@acme.test")).await;
    assert_eq!((reply.status, &reply.body["shouldActivate"]), (201, &json!(true)));
    assert!(reply.body.get("authResponse").is_none() && reply.body.get("activationToken").is_none());
    assert!(reply.cookies.is_empty());
    let id = |name: &str| reply.body[name].as_str().expect("an id").to_owned();
    let (ada, tenant) = (&id("userId"), &id("tenantId"));
    assert_eq!(browser.sign_in("ada@acme.test").await.refused(403), "User is not verified");
    let record = world.back_end(None).await.done("get_tenant_v2", &[tenant], Value::Null).await;
    assert_eq!(record["name"], "Analytical");
    world.emulator.outbox().last_to("ada@acme.test").template("ActivateUser").await.expect("a mail");
    world.back_end(None).await.done("verify_user", &[ada], Value::Null).await;
    let claims = browser.sign_in("ada@acme.test").await.claims();
    assert_eq!(claims["tenantId"], *tenant);
    assert_eq!(claims["roles"], json!(["Admin", "ReadOnly"]));
}

#[tokio::test]
async fn signing_up_signs_in_where_nothing_has_to_be_proven() {
    let world = World::start().await;
    world.configure(json!({ "allowNotVerifiedUsersLogin": true })).await;
    let mut browser = world.browser();
    let reply = browser.call("sign_up_user", &[], newcomer("ada@acme.test")).await;
    assert_eq!((reply.status, &reply.body["shouldActivate"]), (201, &json!(false)));
    let token = reply.body["authResponse"]["accessToken"].as_str().expect("a token");
    let claims = support::claims(token);
    assert_eq!((&claims["sub"], &claims["tenantId"]), (&reply.body["userId"], &reply.body["tenantId"]));
    assert_eq!(claims["email_verified"], false);
    browser.refresh().await.token();
    assert!(world.emulator.outbox().messages().await.expect("messages").is_empty());
}

#[tokio::test]
async fn sign_up_can_be_refused() {
    let world = World::start().await;
    let mut browser = world.browser();
    world.tenant("acme").await;
    world.user("acme", "ada@acme.test", &[]).await;
    let reply = browser.call("sign_up_user", &[], newcomer("ADA@acme.test")).await;
    assert_eq!(reply.refused(409), "Email already exists");
    let weak = json!({ "provider": "local", "email": "b@acme.test", "companyName": "B", "password": "b" });
    assert_eq!(browser.call("sign_up_user", &[], weak).await.status, 400);
    let blank = json!({ "provider": "local", "email": "b@acme.test", "companyName": " " });
    assert_eq!(browser.call("sign_up_user", &[], blank).await.refused(400), "companyName should not be empty");
    let mut unknown = newcomer("b@acme.test");
    unknown["invitationToken"] = json!("nonsense");
    assert_eq!(browser.call("sign_up_user", &[], unknown).await.refused(400), "Invitation token is invalid");
    world.configure(json!({ "allowSignups": false })).await;
    let reply = browser.call("sign_up_user", &[], newcomer("b@acme.test")).await;
    assert_eq!(reply.refused(403), "Sign-up is not allowed in this environment");
    let tenants = world.back_end(None).await.done("list_tenants_v1", &[], Value::Null).await;
    assert_eq!(tenants.as_array().expect("tenants").len(), 1, "a refusal leaves nothing behind");
}

#[tokio::test]
async fn signing_up_with_a_username_needs_no_activation() {
    let world = World::start().await;
    let new = json!({ "provider": "local", "username": "Ada.L", "companyName": "Analytical", "password": PASSWORD });
    let mut back_end = world.back_end(None).await;
    let reply = back_end.call("sign_up_user_with_username", &[], new.clone()).await;
    assert_eq!(reply.refused(403), "Signing up with a username is not the strategy of this environment");
    world.configure(json!({ "authStrategy": "UsernameAndPassword" })).await;
    let reply = back_end.call("sign_up_user_with_username", &[], new.clone()).await;
    assert_eq!((reply.status, &reply.body["shouldActivate"]), (201, &json!(false)));
    let claims = support::claims(reply.body["authResponse"]["accessToken"].as_str().expect("a token"));
    assert_eq!((&claims["sub"], &claims["roles"]), (&reply.body["userId"], &json!(["Admin", "ReadOnly"])));
    assert!(claims.get("email").is_none());
    let reply = back_end.call("sign_up_user_with_username", &[], new.clone()).await;
    assert_eq!(reply.refused(409), "Username already exists");
    let mut bad = new.clone();
    bad["username"] = json!("ada lovelace");
    assert_eq!(back_end.call("sign_up_user_with_username", &[], bad).await.status, 400);
    // With an address there is something to prove.
    let mut with_email = new;
    with_email["username"] = json!("bob");
    with_email["email"] = json!("bob@acme.test");
    let reply = back_end.call("sign_up_user_with_username", &[], with_email).await;
    assert_eq!((reply.status, &reply.body["shouldActivate"]), (201, &json!(true)));
    let body = json!({ "username": "ada.l", "password": PASSWORD });
    world.browser().call("authenticate_user_with_password", &[], body).await.token();
}
