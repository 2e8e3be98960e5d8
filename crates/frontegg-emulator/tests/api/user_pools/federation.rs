//! Federation pools: to the provider and back, against one in this process.

use frontegg_emulator::Emulator;
use serde_json::{Value, json};

use super::{everybody, pool};
use crate::support::{
    World,
    browser::{Browser, PASSWORD, Reply},
    identity_provider::{CLIENT_ID, CLIENT_SECRET, Defect, IdentityProvider, Returned},
};

const BEGIN: &str = "begin_social_sign_in";
const COMPLETE: &str = "complete_social_sign_in";
const PAGE: &str = "https://app.test/account/social/success";
const INVALID: &str = "The social sign-in is not valid or has expired";

/// How a pool is told of its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    WellKnown,
    OAuth2,
    OAuth2WithIdToken,
}

/// An emulator that may call this machine, and a pool of a provider there.
struct Scene {
    world: World,
    idp: IdentityProvider,
    pool: String,
}

impl Scene {
    async fn start(told: Told, configuration: Value) -> Self {
        let world = World::of(Emulator::builder().allow_outgoing(["localhost"])).await;
        let idp = IdentityProvider::start(world.emulator.clock().clone()).await;
        for tenant in ["acme", "globex"] {
            world.tenant(tenant).await;
        }
        let pool = federation(&world, &idp, told, configuration).await;
        Self { world, idp, pool }
    }

    async fn begin(&self, browser: &mut Browser) -> Reply {
        browser.ask(BEGIN, &[&self.pool], &[("redirectUri", PAGE)], Value::Null).await
    }

    /// Leaves for the provider and comes back.
    async fn travel(&self, browser: &mut Browser) -> Returned {
        let left = self.begin(browser).await;
        assert_eq!(left.status, 302, "{}", left.body);
        self.idp.visit(left.location.as_deref().expect("a way")).await
    }

    async fn complete(&self, browser: &mut Browser, returned: &Returned) -> Reply {
        let query = [("code", returned.code.as_str()), ("state", &returned.state), ("redirectUri", &returned.page)];
        browser.ask(COMPLETE, &[&self.pool], &query, Value::Null).await
    }

    /// Signs in whom the provider tells of, in a browser of their own.
    async fn sign_in(&self, person: Value) -> Reply {
        self.idp.tells_of(person);
        let mut browser = self.world.browser();
        let returned = self.travel(&mut browser).await;
        self.complete(&mut browser, &returned).await
    }
}

/// A pool that serves the default application, whose people enter the tenant that their attribute names.
async fn federation(world: &World, idp: &IdentityProvider, told: Told, more: Value) -> String {
    let mut oauth2 = json!({
        "authorizationUrl": idp.url("/authorize"), "tokenUrl": idp.url("/token"), "userInfoUrl": idp.url("/userinfo"),
    });
    if told == Told::OAuth2WithIdToken {
        oauth2["scopes"] = json!(["openid", "email"]);
    }
    let well_known = json!(idp.url("/.well-known/openid-configuration"));
    let (well_known, oauth2) = if told == Told::WellKnown { (well_known, Value::Null) } else { (Value::Null, oauth2) };
    let mut configuration = json!({
        "clientId": CLIENT_ID, "secret": CLIENT_SECRET, "syncOnLogin": false, "wellknownUrl": well_known,
        "oauth2Config": oauth2, "tenantConfig": { "tenantResolverType": "dynamic", "tenantIdFieldName": "org" },
    });
    for (member, value) in more.as_object().expect("members") {
        configuration[member] = value.clone();
    }
    pool(world, "federation", configuration).await
}

fn ada() -> Value {
    json!({ "sub": "Ada-1815", "email": "ada@acme.test", "email_verified": true, "name": "Ada", "org": "globex" })
}

#[tokio::test]
async fn somebody_comes_by_the_provider_each_time() {
    for (told, asked) in [
        (Told::WellKnown, vec!["document", "document", "token", "keys", "userinfo"]),
        (Told::OAuth2, vec!["token", "userinfo"]),
        (Told::OAuth2WithIdToken, vec!["token", "document", "keys", "userinfo"]),
    ] {
        let scene = Scene::start(told, json!({})).await;
        let claims = scene.sign_in(ada()).await.claims();
        assert_eq!(scene.idp.asked(), asked, "{told:?}");
        assert_eq!((&claims["email"], &claims["tenantId"]), (&json!("ada@acme.test"), &json!("globex")));
        assert_eq!((&claims["name"], &claims["amr"]), (&json!("Ada"), &json!(["sso"])));
        assert_eq!(claims["metadata"], json!({ "org": "globex" }), "attributes alone");
        // Known by the subject, whatever else the provider says by now, and never by a password.
        let later = json!({ "sub": "Ada-1815", "email": "countess@other.test", "name": "Countess", "org": "acme" });
        let second = scene.sign_in(later).await.claims();
        assert_eq!(
            (&second["sub"], &second["email"], &second["name"]),
            (&claims["sub"], &claims["email"], &json!("Ada"))
        );
        scene.world.browser().sign_in("ada@acme.test").await.refused(401);
        let other = scene
            .sign_in(json!({ "sub": "ada-1815", "email": "eve@acme.test", "email_verified": true, "org": "acme" }));
        assert_ne!(other.await.claims()["sub"], claims["sub"], "subjects differ by their case");
        let known = scene.world.back_end(None).await.done("list_user_source_users", &[&scene.pool], Value::Null).await;
        let emails: Vec<_> =
            known["items"].as_array().expect("people").iter().map(|one| one["email"].clone()).collect();
        assert_eq!(emails, ["ada@acme.test", "eve@acme.test"]);
    }
}

#[tokio::test]
async fn a_profile_is_copied_where_the_pool_says_so() {
    let tenant = json!({ "tenantResolverType": "new" });
    let scene = Scene::start(Told::WellKnown, json!({ "syncOnLogin": true, "tenantConfig": tenant })).await;
    let first = scene.sign_in(ada()).await.claims();
    let mut later = ada();
    later["name"] = json!("Countess");
    later["org"] = json!("looms");
    let second = scene.sign_in(later).await.claims();
    assert_eq!((&second["sub"], &second["tenantId"]), (&first["sub"], &first["tenantId"]));
    assert_eq!((&second["name"], &second["metadata"]), (&json!("Countess"), &json!({ "org": "looms" })));
}

/// An address says who somebody is only where the provider says that it is theirs.
#[tokio::test]
async fn only_a_proven_address_leads_to_somebody_who_is_known() {
    let scene = Scene::start(Told::WellKnown, json!({})).await;
    let known = scene.world.member("acme", "ada@acme.test").await;
    for unproven in [json!(false), Value::Null, json!("maybe")] {
        let mut person = ada();
        person["email_verified"] = unproven;
        assert_eq!(scene.sign_in(person).await.refused(401), INVALID);
    }
    let mut person = ada();
    person["email"] = json!("new@acme.test");
    person["email_verified"] = json!(false);
    assert_eq!(scene.sign_in(person).await.refused(403), "User is not verified");
    let mut nameless = ada();
    nameless.as_object_mut().expect("claims").remove("email");
    assert!(scene.sign_in(nameless).await.refused(403).contains("no email address"));
    assert_eq!(everybody(&scene.world).await.len(), 1);
    let claims = scene.sign_in(ada()).await.claims();
    assert_eq!((&claims["sub"], &claims["tenantId"]), (&json!(known), &json!("acme")));
}

/// Whoever has made an account in somebody's name keeps nothing of it.
#[tokio::test]
async fn a_proof_ends_what_was_set_before() {
    let scene = Scene::start(Told::OAuth2, json!({})).await;
    scene.world.configure(json!({ "allowNotVerifiedUsersLogin": true })).await;
    let body = json!({ "email": "ada@acme.test", "password": PASSWORD, "companyName": "Mallory" });
    scene.world.browser().done("sign_up_user", &[], body).await;
    scene.world.browser().sign_in("ada@acme.test").await.token();
    scene.sign_in(ada()).await.token();
    scene.world.browser().sign_in("ada@acme.test").await.refused(401);
}

#[tokio::test]
async fn what_does_not_hold_is_refused() {
    let scene = Scene::start(Told::WellKnown, json!({})).await;
    scene.idp.tells_of(ada());
    for (defect, status) in [
        (Defect::RefusesCodes, 401),
        (Defect::NoIdToken, 401),
        (Defect::Unsigned, 401),
        (Defect::ForeignKey, 401),
        (Defect::OtherIssuer, 401),
        (Defect::OtherAudience, 401),
        (Defect::OtherNonce, 401),
        (Defect::OtherSubject, 401),
        (Defect::NoUserInfo, 401),
        (Defect::TooLarge, 502),
        (Defect::RedirectsTokens, 502),
    ] {
        let mut browser = scene.world.browser();
        let returned = scene.travel(&mut browser).await;
        scene.idp.misbehaves(defect);
        let reply = scene.complete(&mut browser, &returned).await;
        assert_eq!(reply.status, status, "{defect:?}: {}", reply.body);
        scene.idp.misbehaves(Defect::None);
        // The state is spent.
        assert_eq!(scene.complete(&mut browser, &returned).await.refused(401), INVALID, "{defect:?}");
    }
    // A state is of the browser that asked, for ten minutes, and for one page.
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser).await;
    assert_eq!(scene.complete(&mut scene.world.browser(), &returned).await.refused(401), INVALID);
    let elsewhere = Returned { page: "https://other.test/".to_owned(), ..returned.clone() };
    assert_eq!(scene.complete(&mut browser, &elsewhere).await.refused(401), INVALID);
    scene.world.emulator.clock().advance(std::time::Duration::from_mins(10));
    assert_eq!(scene.complete(&mut browser, &returned).await.refused(401), INVALID);
    assert!(everybody(&scene.world).await.is_empty());
}

#[tokio::test]
async fn a_pool_that_does_not_serve_the_application_is_unknown() {
    let scene = Scene::start(Told::WellKnown, json!({})).await;
    let mut portal = scene.world.browser().with("frontegg-requested-application-id", "portal");
    assert_eq!(scene.begin(&mut portal).await.status, 404);
    // One that goes meanwhile lets nobody in.
    scene.idp.tells_of(ada());
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser).await;
    scene.world.back_end(None).await.done("delete_user_source", &[&scene.pool], Value::Null).await;
    assert_eq!(scene.complete(&mut browser, &returned).await.status, 404);
    // Pools of other kinds have no way there.
    let other = pool(&scene.world, "auth0", json!({})).await;
    let query = [("redirectUri", PAGE)];
    assert_eq!(scene.world.browser().ask(BEGIN, &[&other], &query, Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_browser_has_to_say_where_it_comes_back() {
    let scene = Scene::start(Told::OAuth2, json!({})).await;
    for query in [vec![], vec![("redirectUri", "javascript:alert(1)")], vec![("redirectUri", "/page")]] {
        scene.world.browser().ask(BEGIN, &[&scene.pool], &query, Value::Null).await.refused(400);
    }
    scene.idp.tells_of(ada());
    let mut nowhere = ada();
    nowhere["org"] = json!("nowhere");
    assert_eq!(scene.sign_in(nowhere).await.refused(403), "The user pool names a tenant that does not exist");
    assert!(everybody(&scene.world).await.is_empty());
}

/// Nobody is called unless the emulator was told so.
#[tokio::test]
async fn without_leave_the_provider_is_not_asked() {
    let world = World::start().await;
    let idp = IdentityProvider::start(world.emulator.clock().clone()).await;
    for told in [Told::WellKnown, Told::OAuth2] {
        let id = federation(&world, &idp, told, json!({})).await;
        let reply = world.browser().ask(BEGIN, &[&id], &[("redirectUri", PAGE)], Value::Null).await;
        assert!(reply.refused(502).contains("switched off"), "{told:?}");
    }
    assert!(idp.asked().is_empty());
}
