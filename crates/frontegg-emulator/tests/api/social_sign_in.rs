//! Sign-in by custom social login providers, against one in this process.

use std::time::Duration;

use frontegg_emulator::{Clock, Emulator};
use reqwest::Url;
use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{Browser, PASSWORD, Reply},
    identity_provider::{CLIENT_ID, CLIENT_SECRET, Defect, IdentityProvider, Returned},
};

const BEGIN: &str = "begin_social_sign_in";
const COMPLETE: &str = "complete_social_sign_in";
const PAGE: &str = "https://app.test/account/social/success";
const INVALID: &str = "The social sign-in is not valid or has expired";
const REFUSED: &str = "The sign-in by the identity provider was refused";

/// An emulator that may call this machine, and a provider that it knows.
struct Scene {
    world: World,
    idp: IdentityProvider,
    provider: String,
}

impl Scene {
    async fn start() -> Self {
        Self::with(Emulator::builder().allow_outgoing(["localhost"]), "openid email profile").await
    }

    async fn with(builder: frontegg_emulator::EmulatorBuilder, scopes: &str) -> Self {
        let world = World::of(builder).await;
        let idp = IdentityProvider::start(world.emulator.clock().clone()).await;
        world.configure(json!({ "allowSignups": true })).await;
        let provider = add_provider(&world, &idp, scopes).await;
        Self { world, idp, provider }
    }

    /// Leaves for the provider and comes back.
    async fn travel(&self, browser: &mut Browser) -> Returned {
        let left = browser.ask(BEGIN, &[&self.provider], &[], Value::Null).await;
        assert_eq!(left.status, 302, "{}", left.body);
        self.idp.visit(left.location.as_deref().expect("a way")).await
    }

    async fn complete(&self, browser: &mut Browser, returned: &Returned) -> Reply {
        self.complete_with(browser, returned, Value::Null).await
    }

    async fn complete_with(&self, browser: &mut Browser, returned: &Returned, body: Value) -> Reply {
        let query = [("code", returned.code.as_str()), ("state", &returned.state), ("redirectUri", &returned.page)];
        browser.ask(COMPLETE, &[&self.provider], &query, body).await
    }

    /// Signs in whom the provider tells of, in a browser of their own.
    async fn sign_in(&self, person: Value) -> Reply {
        self.idp.tells_of(person);
        let mut browser = self.world.browser();
        let returned = self.travel(&mut browser).await;
        self.complete(&mut browser, &returned).await
    }
}

async fn add_provider(world: &World, idp: &IdentityProvider, scopes: &str) -> String {
    let raw = world.raw().await;
    let body = json!({
        "type": "custom", "clientId": CLIENT_ID, "secret": CLIENT_SECRET, "redirectUrl": PAGE,
        "redirectUrlPattern": "https://*.app.test/account/social/success", "authorizationUrl": idp.url("/authorize"),
        "tokenUrl": idp.url("/token"), "userInfoUrl": idp.url("/userinfo"), "scopes": scopes, "displayName": "IdP",
        "active": true,
    });
    let created = raw.call("create_custom_social_login_provider", &[], body).await;
    assert_eq!(created.status.as_u16(), 200, "{}", created.body);
    let listed = raw.call("list_custom_social_login_providers", &[], Value::Null).await.body;
    let newest = listed["providers"].as_array().and_then(|list| list.last()).expect("a provider");
    newest["id"].as_str().expect("an id").to_owned()
}

fn ada() -> Value {
    json!({ "sub": "1815", "email": "ada@acme.test", "email_verified": true, "name": "Ada", "picture": "https://x.test/a" })
}

#[tokio::test]
async fn somebody_new_signs_up_and_comes_again() {
    let scene = Scene::start().await;
    scene.idp.tells_of(ada());
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser).await;
    let body = json!({ "metadata": "{\"plan\":\"gold\"}" });
    let first = scene.complete_with(&mut browser, &returned, body).await;
    let claims = first.claims();
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("ada@acme.test"), &json!(true)));
    assert_eq!((&claims["name"], &claims["amr"]), (&json!("Ada"), &json!(["sso"])));
    assert_eq!(
        (&claims["profilePictureUrl"], &claims["metadata"]["plan"]),
        (&json!("https://x.test/a"), &json!("gold"))
    );
    assert_eq!(scene.idp.asked(), ["token", "document", "keys", "userinfo"]);
    let mut portal = browser.clone().bearer(first.token());
    let tenants = portal.done("list_my_tenants_v1", &[], Value::Null).await;
    assert_eq!(tenants["activeTenant"]["name"], "Ada", "a tenant of their own");
    let again = browser.refresh().await;
    assert_eq!(again.claims()["amr"], json!(["sso"]));

    // Known by the subject, whatever else the provider says by now.
    let later = json!({ "sub": "1815", "email": "countess@other.test", "email_verified": false, "name": "Countess" });
    let second = scene.sign_in(later).await.claims();
    assert_eq!(
        (&second["sub"], &second["email"], &second["name"]),
        (&claims["sub"], &claims["email"], &claims["name"])
    );
    let other = scene.sign_in(json!({ "sub": "1791", "email": "charles@acme.test", "email_verified": "true" })).await;
    assert_ne!(other.claims()["sub"], claims["sub"]);
    assert_eq!(other.claims()["email_verified"], true);
}

#[tokio::test]
async fn a_provider_without_openid_is_asked_for_user_info_alone() {
    let scene = Scene::with(Emulator::builder().allow_outgoing(["localhost"]), "user:email").await;
    let claims = scene.sign_in(json!({ "id": 7, "email": "ada@acme.test", "email_verified": true })).await.claims();
    assert_eq!(scene.idp.asked(), ["token", "userinfo"]);
    let again = scene.sign_in(json!({ "id": 7, "email": "ada@acme.test" })).await.claims();
    assert_eq!(again["sub"], claims["sub"]);
}

#[tokio::test]
async fn a_known_person_is_whoever_has_proven_the_address() {
    let scene = Scene::start().await;
    scene.world.tenant("acme").await;
    let id = scene.world.member("acme", "ada@acme.test").await;
    for verified in [json!(false), Value::Null] {
        let person = json!({ "sub": "1815", "email": "Ada@Acme.test", "email_verified": verified });
        assert_eq!(scene.sign_in(person).await.refused(401), INVALID);
    }
    let claims =
        scene.sign_in(json!({ "sub": "1815", "email": "ADA@acme.test", "email_verified": true })).await.claims();
    assert_eq!((&claims["sub"], &claims["tenantId"]), (&json!(id), &json!("acme")));
    // From now on by the subject, and the password stays.
    let claims = scene.sign_in(json!({ "sub": "1815" })).await.claims();
    assert_eq!(claims["sub"], json!(id));
    scene.world.browser().sign_in("ada@acme.test").await.token();
    scene.world.raw().await.call("lock_user", &[&id], Value::Null).await;
    assert_eq!(scene.sign_in(ada()).await.refused(401), "User is locked");
}

/// Whoever makes an account in somebody's name has nothing of it once the owner of the address comes.
#[tokio::test]
async fn nothing_is_left_of_who_came_before_the_owner() {
    let scene = Scene::start().await;
    scene.world.configure(json!({ "allowNotVerifiedUsersLogin": true })).await;
    let mallory = json!({ "sub": "666", "email": "ada@acme.test", "email_verified": false });
    let claims = scene.sign_in(mallory.clone()).await.claims();
    assert_eq!(claims["email_verified"], false);
    assert_eq!(scene.sign_in(mallory.clone()).await.claims()["sub"], claims["sub"]);
    let mut owner = scene.world.browser();
    owner.done("send_password_reset_email_v1", &[], json!({ "email": "ada@acme.test" })).await;
    let token = scene.world.emulator.outbox().last_to("ada@acme.test").token().await.expect("a token");
    let new = json!({ "userId": claims["sub"], "token": token, "password": PASSWORD });
    owner.done("reset_password_with_token", &[], new).await;
    assert_eq!(scene.sign_in(mallory).await.refused(401), INVALID);
    // The owner's own identity at the provider is another one.
    assert_eq!(scene.sign_in(ada()).await.claims()["sub"], claims["sub"]);
    owner.sign_in("ada@acme.test").await.token();

    // The other way round: a password that somebody set in another's name.
    let sign_up = json!({ "email": "bob@acme.test", "password": PASSWORD, "name": "M", "companyName": "M" });
    owner.done("sign_up_user", &[], sign_up).await;
    let bob = json!({ "sub": "2", "email": "bob@acme.test", "email_verified": true });
    assert_eq!(scene.sign_in(bob.clone()).await.claims()["email_verified"], true);
    owner.sign_in("bob@acme.test").await.refused(401);
    scene.sign_in(bob).await.token();
}

#[tokio::test]
async fn an_address_that_is_not_proven_is_activated_first() {
    let scene = Scene::start().await;
    let bob = json!({ "sub": "2", "email": "bob@acme.test", "name": "Bob" });
    assert_eq!(scene.sign_in(bob.clone()).await.refused(403), "User is not verified");
    assert_eq!(scene.sign_in(bob.clone()).await.refused(403), "User is not verified");
    let mail = scene.world.emulator.outbox().last_to("bob@acme.test");
    assert!(mail.token().await.is_ok());
    let verified = json!({ "sub": "2", "email": "bob@acme.test", "email_verified": true });
    scene.sign_in(verified).await.token();
    scene.sign_in(bob).await.token();
    assert!(scene.sign_in(json!({ "sub": "3" })).await.refused(403).contains("no email address"));
    scene.sign_in(json!({ "sub": "4", "email": "no address", "email_verified": true })).await.refused(400);
}

#[tokio::test]
async fn newcomers_go_by_the_rules_of_sign_up() {
    let scene = Scene::start().await;
    let raw = scene.world.raw().await;
    scene.world.tenant("acme").await;
    scene.world.member("acme", "ada@acme.test").await;
    scene.world.configure(json!({ "allowSignups": false })).await;
    let bob = json!({ "sub": "2", "email": "bob@acme.test", "email_verified": true });
    assert_eq!(scene.sign_in(bob.clone()).await.refused(403), "Sign-up is not allowed in this environment");
    scene.sign_in(ada()).await.token();
    scene.world.configure(json!({ "allowSignups": true })).await;
    let on = json!({ "active": true, "type": "BLOCK", "blockPublicDomains": true });
    let set = raw.call("set_domain_restrictions_configuration", &[], on).await;
    assert!(set.status.is_success(), "{}", set.body);
    let public = json!({ "sub": "3", "email": "bob@gmail.com", "email_verified": true });
    assert_eq!(scene.sign_in(public).await.refused(403), "Addresses of this domain are not allowed");

    // By an invite into its tenant.
    let invite =
        scene.world.back_end(Some("acme")).await.done("create_tenant_invite", &[], json!({ "tenantId": "acme" })).await;
    let mut browser = scene.world.browser();
    scene.idp.tells_of(bob);
    let returned = scene.travel(&mut browser).await;
    let body = json!({ "invitationToken": invite["token"] });
    let joined = scene.complete_with(&mut browser, &returned, body).await.claims();
    assert_eq!(joined["tenantId"], "acme");
}

#[tokio::test]
async fn second_factors_follow_as_after_any_first() {
    let scene = Scene::start().await;
    let raw = scene.world.raw().await;
    scene.sign_in(ada()).await.token();
    let forced = json!({ "enforceMFAType": "Force" });
    let set = raw.call("create_mfa_policy", &[], forced).await;
    assert!(set.status.is_success(), "{}", set.body);
    let reply = scene.sign_in(ada()).await;
    assert_eq!((reply.status, &reply.body["mfaRequired"], &reply.body["accessToken"]), (200, &json!(true), &json!("")));
    assert!(reply.body["mfaToken"].is_string());
}

#[tokio::test]
async fn a_state_is_good_once_in_its_browser_for_its_provider_and_time() {
    let scene = Scene::start().await;
    scene.idp.tells_of(ada());
    let other = add_provider(&scene.world, &scene.idp, "email").await;
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser).await;
    // Nothing of this spends it.
    let mut stranger = scene.world.browser();
    assert_eq!(scene.complete(&mut stranger, &returned).await.refused(401), INVALID);
    scene.travel(&mut stranger).await;
    assert_eq!(scene.complete(&mut stranger, &returned).await.refused(401), INVALID);
    let query = [("code", returned.code.as_str()), ("state", &returned.state)];
    assert_eq!(browser.ask(COMPLETE, &[&other], &query, Value::Null).await.refused(401), INVALID);
    let elsewhere = Returned { page: "https://acme.app.test/account/social/success".to_owned(), ..returned.clone() };
    assert_eq!(scene.complete(&mut browser, &elsewhere).await.refused(401), INVALID);
    let forged = Returned { state: "forged".to_owned(), ..returned.clone() };
    assert_eq!(scene.complete(&mut browser, &forged).await.refused(401), INVALID);
    assert!(scene.idp.asked().is_empty());
    scene.complete(&mut browser, &returned).await.token();
    assert_eq!(scene.complete(&mut browser, &returned).await.refused(401), INVALID);

    // Two tabs, and one that takes too long.
    let (one, two) = (scene.travel(&mut browser).await, scene.travel(&mut browser).await);
    scene.complete(&mut browser, &two).await.token();
    scene.complete(&mut browser, &one).await.token();
    let late = scene.travel(&mut browser).await;
    scene.world.emulator.clock().advance(Duration::from_mins(10));
    assert_eq!(scene.complete(&mut browser, &late).await.refused(401), INVALID);

    for missing in [&[("code", "x")][..], &[("state", "x")], &[("code", ""), ("state", "x")]] {
        browser.ask(COMPLETE, &[&scene.provider], missing, Value::Null).await.refused(400);
    }
}

#[tokio::test]
async fn a_code_is_of_no_use_to_another_sign_in() {
    let scene = Scene::start().await;
    scene.idp.tells_of(ada());
    let (mut browser, mut other) = (scene.world.browser(), scene.world.browser());
    let (stolen, own) = (scene.travel(&mut browser).await, scene.travel(&mut other).await);
    // PKCE: the provider compares.
    let injected = Returned { code: stolen.code, ..own };
    assert_eq!(scene.complete(&mut other, &injected).await.refused(401), REFUSED);
    assert_eq!(scene.idp.asked(), ["token"]);
}

#[tokio::test]
async fn a_provider_that_is_changed_or_gone_signs_nobody_in() {
    let scene = Scene::start().await;
    scene.idp.tells_of(ada());
    let raw = scene.world.raw().await;
    let update = async |change: Value| {
        let done = raw.call("update_custom_social_login_provider", &[&scene.provider], change).await;
        assert!(done.status.is_success(), "{}", done.body);
    };
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser).await;
    update(json!({ "displayName": "Other" })).await;
    assert_eq!(scene.complete(&mut browser, &returned).await.refused(401), INVALID);
    let returned = scene.travel(&mut browser).await;
    scene.complete(&mut browser, &returned).await.token();
    update(json!({ "active": false })).await;
    for id in [scene.provider.as_str(), "unknown"] {
        let text = browser.ask(BEGIN, &[id], &[], Value::Null).await.refused(404);
        assert_eq!(text, "Social login provider not found");
        let query = [("code", "x"), ("state", "x")];
        browser.ask(COMPLETE, &[id], &query, Value::Null).await.refused(404);
    }
    update(json!({ "active": true })).await;
    assert!(raw.call("delete_custom_social_login_provider", &[&scene.provider], Value::Null).await.status.is_success());
    browser.ask(BEGIN, &[&scene.provider], &[], Value::Null).await.refused(404);
    browser.refresh().await.token();
}

#[tokio::test]
async fn browsers_are_sent_with_what_belongs_to_the_request() {
    let scene = Scene::start().await;
    let mut browser = scene.world.browser();
    let page = "https://acme.app.test/account/social/success";
    let query = [("redirectUri", page), ("login_hint", "ada@acme.test")];
    let left = browser.ask(BEGIN, &[&scene.provider], &query, Value::Null).await;
    let url: Url = left.location.expect("a way").parse().expect("an address");
    let sent: std::collections::BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert!(url.as_str().starts_with(&scene.idp.url("/authorize?")));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", page),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
        ("login_hint", "ada@acme.test"),
    ] {
        assert_eq!(sent[name], value);
    }
    assert_eq!(["state", "nonce", "code_challenge"].map(|name| sent[name].len()), [43; 3]);
    let [cookie] = left.cookies.as_slice() else { panic!("{:?}", left.cookies) };
    assert!(cookie.starts_with("fe_social_") && cookie.contains("HttpOnly") && cookie.contains("Max-Age=600"));
    for foreign in ["https://evil.test/account/social/success", "https://evil.test/.app.test/account/social/success"] {
        let refused = browser.ask(BEGIN, &[&scene.provider], &[("redirectUri", foreign)], Value::Null).await;
        assert_eq!(refused.refused(400), "redirectUri is none of the provider's");
    }
}

/// What a provider may not do, and what is told of it: nothing that would help to probe.
#[tokio::test]
async fn what_a_provider_says_is_checked() {
    let scene = Scene::start().await;
    let gateway = |text: &'static str| (502, text);
    for (defect, (status, text)) in [
        (Defect::RefusesCodes, (401, REFUSED)),
        (Defect::NoIdToken, (401, REFUSED)),
        (Defect::Unsigned, (401, REFUSED)),
        (Defect::ForeignKey, (401, REFUSED)),
        (Defect::OtherAudience, (401, REFUSED)),
        (Defect::OtherNonce, (401, REFUSED)),
        (Defect::Expired, (401, REFUSED)),
        (Defect::OtherSubject, (401, REFUSED)),
        (Defect::ForeignDocument, (401, REFUSED)),
        (Defect::NoUserInfo, (401, REFUSED)),
        (Defect::OtherIssuer, gateway("other.test is not among the hosts that --allow-outgoing names")),
        (Defect::RedirectsTokens, gateway("localhost answers with a redirect, which is not followed")),
        (Defect::TooLarge, gateway("localhost answers with too much")),
    ] {
        scene.idp.misbehaves(defect);
        assert_eq!(scene.sign_in(ada()).await.refused(status), text, "{defect:?}");
    }
    scene.idp.misbehaves(Defect::TakesForms);
    scene.sign_in(ada()).await.token();
    scene.idp.misbehaves(Defect::None);
    scene.sign_in(ada()).await.token();
}

/// Security: stored addresses lead nowhere unless the emulator was told so.
#[tokio::test]
async fn nobody_is_called_by_default() {
    let idp = IdentityProvider::start(Clock::default()).await;
    for (hosts, text) in [
        (&[][..], "Outgoing calls are switched off: --allow-outgoing names the hosts that may be called"),
        (&["idp.test"], "localhost is not among the hosts that --allow-outgoing names"),
        (&["*"], "localhost has an address that is not public; --allow-outgoing may name it"),
    ] {
        let builder = Emulator::builder().allow_outgoing(hosts.iter().copied());
        let world = World::of(builder).await;
        let provider = add_provider(&world, &idp, "email").await;
        let reply = world.browser().ask(BEGIN, &[&provider], &[], Value::Null).await;
        let refusal = reply.refused(502);
        // Plain http is for this machine alone, where it is named.
        assert!(refusal == text || refusal == "The address to call is not one of https", "{refusal}");
        assert!(reply.location.is_none() && reply.cookies.is_empty());
    }
    assert!(idp.asked().is_empty());
}

#[tokio::test]
async fn what_is_secret_is_not_recorded() {
    let scene = Scene::start().await;
    scene.idp.tells_of(ada());
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser).await;
    scene.complete(&mut browser, &returned).await.token();
    let export = scene.world.emulator.export_with_secrets().await.expect("a snapshot").to_string();
    let recorded: String = scene
        .world
        .emulator
        .requests()
        .list()
        .iter()
        .map(|one| format!("{one:?} {} {:?}", one.path(), one.body()))
        .collect();
    for secret in [returned.state.as_str(), CLIENT_SECRET] {
        assert!(!recorded.contains(secret), "{secret}");
    }
    assert!(!recorded.contains(&format!("code={}", returned.code)));
    assert!(!export.contains("social_sign_ins") && export.contains("social_links"));
    // Links travel: the person is known again.
    let state = scene.world.emulator.export_with_secrets().await.expect("a snapshot");
    scene.world.emulator.reset().await.expect("a reset");
    scene.world.emulator.import(&state).await.expect("an import");
    scene.sign_in(json!({ "sub": "1815" })).await.token();
}
