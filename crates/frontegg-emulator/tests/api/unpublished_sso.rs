//! Signing in by the identity provider of a tenant, over HTTP: by OpenID Connect against one in this process,
//! and by SAML against the one of the control plane.

mod saml;

use std::{collections::BTreeMap, time::Duration};

use frontegg_emulator::{Emulator, EmulatorBuilder};
use reqwest::Url;
use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{Browser, Reply},
    identity_provider::{CLIENT_ID, CLIENT_SECRET, Defect, IdentityProvider, Returned},
    place::postgres,
};

const BEGIN: &str = "begin_sso_sign_in";
const COMPLETE: &str = "complete_oidc_sign_in";
const NOT_CONFIGURED: &str = "SSO is not configured for this account";
const REFUSED: &str = "OIDC sign-in was refused";

fn outgoing() -> EmulatorBuilder {
    Emulator::builder().allow_outgoing(["localhost"])
}

/// A tenant whose people sign in by a provider, which speaks for `acme.test`.
struct Scene {
    world: World,
    idp: IdentityProvider,
    connection: String,
}

impl Scene {
    async fn start() -> Self {
        Self::at(World::of(outgoing()).await).await
    }

    async fn at(world: World) -> Self {
        let idp = IdentityProvider::start(world.emulator.clock().clone()).await;
        world.tenant("acme").await;
        let connection = connect(&world, "acme", &idp.url("")).await;
        claim(&world, "acme", &connection, "acme.test").await;
        validate(&world, "acme", "acme.test", true).await;
        Self { world, idp, connection }
    }

    async fn acme(&self) -> Browser {
        self.world.back_end(Some("acme")).await
    }

    /// Leaves for the provider.
    async fn leave(&self, browser: &mut Browser, email: &str) -> String {
        let left = browser.call(BEGIN, &[], json!({ "email": email })).await;
        assert_eq!(left.status, 201, "{}", left.body);
        left.body["address"].as_str().expect("a way").to_owned()
    }

    /// Leaves for the provider and comes back.
    async fn travel(&self, browser: &mut Browser, email: &str) -> Returned {
        let way = self.leave(browser, email).await;
        self.idp.visit(&way).await
    }

    /// Signs in whom the provider tells of, in a browser of their own.
    async fn sign_in(&self, person: Value) -> Reply {
        self.idp.tells_of(person);
        let mut browser = self.world.browser();
        let returned = self.travel(&mut browser, "ada@acme.test").await;
        complete(&mut browser, &returned).await
    }

    /// The newest check that refused somebody.
    async fn failed_check(&self) -> Option<u8> {
        let attempts = self.world.emulator.sso_attempts().await.expect("the attempts");
        attempts.first().expect("an attempt").failed_check
    }

    #[track_caller]
    fn assert_refused(reply: &Reply) {
        assert_eq!(reply.refused(401), REFUSED);
    }
}

async fn connect(world: &World, tenant: &str, issuer: &str) -> String {
    let body = json!({
        "enabled": true, "type": "oidc", "ssoEndpoint": issuer, "oidcClientId": CLIENT_ID, "oidcSecret": CLIENT_SECRET,
    });
    let created = world.back_end(Some(tenant)).await.done("create_sso_configuration", &[], body).await;
    created["id"].as_str().expect("an id").to_owned()
}

async fn claim(world: &World, tenant: &str, connection: &str, domain: &str) {
    let mut back_end = world.back_end(Some(tenant)).await;
    back_end.done("create_sso_domain", &[connection], json!({ "domain": domain })).await;
}

async fn validate(world: &World, tenant: &str, domain: &str, validated: bool) {
    let body = json!({ "validated": validated, "tenantId": tenant });
    world.back_end(None).await.done("force_sso_domain_validation", &[domain], body).await;
}

async fn change(scene: &Scene, change: Value) {
    scene.acme().await.done("update_sso_configuration", &[&scene.connection], change).await;
}

async fn complete(browser: &mut Browser, returned: &Returned) -> Reply {
    let body = json!({ "code": returned.code, "RelayState": returned.state, "redirectUri": returned.page });
    browser.call(COMPLETE, &[], body).await
}

async fn prelogin(world: &World, email: &str) -> Reply {
    world.browser().call(BEGIN, &[], json!({ "email": email })).await
}

fn ada() -> Value {
    json!({ "sub": "1815", "email": "ada@acme.test", "email_verified": true, "name": "Ada", "groups": ["staff", "x"] })
}

#[tokio::test]
async fn somebody_new_becomes_a_member_and_comes_again() {
    let scene = Scene::start().await;
    let mut acme = scene.acme().await;
    let new = json!([
        { "key": "auditor", "name": "Auditor", "level": 10 }, { "key": "staff", "name": "Staff", "level": 10 },
    ]);
    let roles = acme.done("create_roles_v1", &[], new).await;
    let (auditor, staff) = (roles[0]["id"].clone(), roles[1]["id"].clone());
    acme.done("set_sso_default_roles", &[&scene.connection], json!({ "roleIds": [auditor] })).await;
    acme.done("create_sso_group", &[&scene.connection], json!({ "group": "staff", "roleIds": [staff] })).await;
    acme.done("create_sso_group", &[&scene.connection], json!({ "group": "Staff", "roleIds": [] })).await;

    scene.idp.tells_of(ada());
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser, "ADA@acme.test").await;
    let first = complete(&mut browser, &returned).await.claims();
    assert_eq!((&first["email"], &first["email_verified"]), (&json!("ada@acme.test"), &json!(true)));
    assert_eq!((&first["tenantId"], &first["amr"]), (&json!("acme"), &json!(["sso"])));
    assert_eq!((&first["name"], &first["roles"]), (&json!("Ada"), &json!(["auditor", "staff"])));
    let user = acme.done("get_user", &[first["sub"].as_str().expect("an id")], Value::Null).await;
    assert_eq!(user["provider"], "saml", "the one word for it");
    assert_eq!(browser.refresh().await.claims()["amr"], json!(["sso"]));

    // By the subject from now on; the name follows, the address and roles do not.
    let later = json!({ "sub": "1815", "email": "countess@acme.test", "name": "Countess", "groups": [] });
    let again = scene.sign_in(later).await.claims();
    for kept in ["sub", "email", "roles", "tenantId"] {
        assert_eq!(again[kept], first[kept], "{kept}");
    }
    assert_eq!(again["name"], "Countess");
    let attempts = scene.world.emulator.sso_attempts().await.expect("the attempts");
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0].user_id.as_deref(), first["sub"].as_str());
    assert_eq!((attempts[0].failed_check, attempts[0].connection_id.as_deref()), (None, Some(&*scene.connection)));

    // Deleted people are made anew.
    acme.done("remove_user", &[first["sub"].as_str().expect("an id")], Value::Null).await;
    assert_ne!(scene.sign_in(ada()).await.claims()["sub"], first["sub"]);
}

#[tokio::test]
async fn older_clients_and_callbacks_come_by_their_ways() {
    let scene = Scene::start().await;
    scene.idp.tells_of(ada());
    let mut browser = scene.world.browser();
    let left =
        browser.call("begin_sso_sign_in_v1", &[], json!({ "username": "ada@acme.test", "tenantId": null })).await;
    assert_eq!((left.status, &left.body["idpType"], &left.body["addressType"]), (201, &json!("oidc"), &json!("sso")));
    let [cookie] = left.cookies.as_slice() else { panic!("{:?}", left.cookies) };
    assert!(cookie.starts_with("fe_sso=") && cookie.contains("HttpOnly") && cookie.contains("Max-Age=600"), "{cookie}");
    let way: Url = left.body["address"].as_str().expect("a way").parse().expect("an address");
    let sent: BTreeMap<String, String> = way.query_pairs().into_owned().collect();
    let page = format!("{}/oauth/account/oidc/callback", scene.world.emulator.url());
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", &page),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
        ("login_hint", "ada@acme.test"),
    ] {
        assert_eq!(sent[name], value);
    }
    let returned = scene.idp.visit(way.as_str()).await;
    let body = json!({ "code": returned.code, "state": returned.state });
    browser.done("complete_oidc_sign_in_v1", &[], body).await;
    browser.refresh().await.token();

    let callback = format!("{}/auth/oidc/callback", scene.world.emulator.url());
    let moved = json!({ "active": true, "redirectUri": callback });
    scene.world.back_end(None).await.done("set_environment_oidc_configuration", &[], moved).await;
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser, "ada@acme.test").await;
    assert_eq!(returned.page, callback);
    browser.call("refresh_user_token_v2", &[], json!({})).await.refused(401);
    let query = [("code", returned.code.as_str()), ("state", &returned.state)];
    let back = browser.ask("return_from_oidc_provider", &[], &query, Value::Null).await;
    let page = format!("{}/oauth/account/saml/callback", scene.world.emulator.url());
    assert_eq!((back.status, back.location.as_deref()), (302, Some(page.as_str())));
    let second = browser.done("refresh_user_token_v2", &[], json!({})).await;
    assert!(second["auth"]["accessToken"].is_string(), "{second}");
    assert_eq!((&second["user"]["email"], &second["auth"]["mfaRequired"]), (&json!("ada@acme.test"), &json!(false)));
    assert_eq!(second["userTenants"]["activeTenant"]["tenantId"], "acme");
    let again = browser.ask("return_from_oidc_provider", &[], &query, Value::Null).await;
    Scene::assert_refused(&again);
}

#[tokio::test]
async fn an_address_leads_to_a_connection_that_may_speak_for_it() {
    let scene = Scene::start().await;
    let world = &scene.world;
    let mut environment = world.back_end(None).await;
    let leads = async |email: &str| {
        let reply = prelogin(world, email).await;
        if reply.status == 201 {
            return true;
        }
        assert_eq!(reply.refused(400), NOT_CONFIGURED);
        assert!(reply.cookies.is_empty());
        false
    };
    assert!(environment.done("get_public_sso_configuration", &[], Value::Null).await["isActive"] == json!(true));
    assert!(leads("anybody@ACME.test").await);
    for email in ["ada@other.test", "ada@sub.acme.test", "ada", "acme.test"] {
        assert!(!leads(email).await, "{email}");
    }
    world.browser().call(BEGIN, &[], json!({})).await.refused(400);

    environment.done("exclude_email_from_sso", &[], json!({ "email": "Boss@acme.test" })).await;
    assert!(!leads("boss@acme.test").await && leads("ada@acme.test").await);

    for off in [json!({ "enabled": false }), json!({ "oidcSecret": "" }), json!({ "ssoEndpoint": "" })] {
        let back = json!({ "enabled": true, "oidcSecret": CLIENT_SECRET, "ssoEndpoint": scene.idp.url("") });
        change(&scene, off.clone()).await;
        assert!(!leads("ada@acme.test").await, "{off}");
        change(&scene, back).await;
    }
    environment.done("set_environment_oidc_configuration", &[], json!({ "active": false })).await;
    assert!(!leads("ada@acme.test").await);
    assert!(environment.done("get_public_sso_configuration", &[], Value::Null).await["isActive"] == json!(false));
    environment.done("set_environment_oidc_configuration", &[], json!({ "active": true })).await;

    validate(world, "acme", "acme.test", false).await;
    assert!(!leads("ada@acme.test").await);
    change(&scene, json!({ "skipEmailDomainValidation": true })).await;
    assert!(leads("ada@acme.test").await);
    change(&scene, json!({ "skipEmailDomainValidation": false })).await;
    let policy = json!({
        "allowVerifiedUsersToAddDomains": false, "skipDomainVerification": false, "bypassDomainCrossValidation": true,
    });
    environment.done("set_sso_domain_policy", &[], policy).await;
    assert!(leads("ada@acme.test").await);
}

/// A mere claim of another tenant neither blocks nor takes over what somebody has proven; several that are proven go by
/// the rule of the environment.
#[tokio::test]
async fn of_several_tenants_the_rule_of_the_environment_chooses() {
    let scene = Scene::start().await;
    let world = &scene.world;
    world.tenant("globex").await;
    let theirs = connect(world, "globex", "https://idp.globex.test").await;
    let mut globex = world.back_end(Some("globex")).await;
    globex.done("update_sso_configuration", &[&theirs], json!({ "skipEmailDomainValidation": true })).await;
    validate(world, "acme", "acme.test", false).await;
    claim(world, "globex", &theirs, "acme.test").await;
    validate(world, "acme", "acme.test", true).await;
    assert_eq!(prelogin(world, "ada@acme.test").await.status, 201);

    let rule = "set_multiple_sso_per_domain_configuration";
    let mut environment = world.back_end(None).await;
    let block = json!({ "active": true, "unspecifiedTenantStrategy": "BLOCK" });
    environment.done(rule, &[], block).await;
    validate(world, "globex", "acme.test", true).await;
    assert_eq!(prelogin(world, "ada@acme.test").await.refused(400), NOT_CONFIGURED);
    let named = json!({ "email": "ada@acme.test", "tenantId": "acme" });
    assert_eq!(world.browser().call(BEGIN, &[], named).await.status, 201);
    let unknown = json!({ "email": "ada@acme.test", "tenantId": "initech" });
    assert_eq!(world.browser().call(BEGIN, &[], unknown).await.refused(400), NOT_CONFIGURED);
    // Theirs cannot be called: the emulator was told of this machine alone.
    let named = json!({ "email": "ada@acme.test", "tenantId": "globex" });
    world.browser().call(BEGIN, &[], named).await.refused(502);
    environment.done(rule, &[], json!({ "active": true, "unspecifiedTenantStrategy": "FIRST_CREATED" })).await;
    assert_eq!(prelogin(world, "ada@acme.test").await.status, 201);
    let ada = world.member("globex", "ada@acme.test").await;
    environment.done(rule, &[], json!({ "active": true, "useActiveTenant": true })).await;
    prelogin(world, "ada@acme.test").await.refused(502);
    world.add_to_tenant(&ada, "acme", true).await;
    environment.done("set_user_active_tenant", &[&ada], json!({ "tenantId": "acme" })).await;
    assert_eq!(prelogin(world, "ada@acme.test").await.status, 201);
}

/// Each check that the provider, or who comes in its name, fails is told by its number in the control plane alone.
#[tokio::test]
async fn every_check_refuses() {
    let scene = Scene::start().await;
    for (defect, check) in [
        (Defect::RefusesCodes, 4),
        (Defect::NoIdToken, 6),
        (Defect::Unsigned, 6),
        (Defect::SharedSecret, 6),
        (Defect::ForeignKey, 7),
        (Defect::OtherIssuer, 8),
        (Defect::OtherAudience, 9),
        (Defect::Expired, 10),
        (Defect::OtherNonce, 11),
        (Defect::OtherAccessToken, 12),
        (Defect::OtherSubject, 13),
        (Defect::NoUserInfo, 13),
        (Defect::AnnouncesIssuer, 3),
    ] {
        scene.idp.misbehaves(defect);
        Scene::assert_refused(&scene.sign_in(ada()).await);
        assert_eq!(scene.failed_check().await, Some(check), "{defect:?}");
    }
    scene.idp.misbehaves(Defect::None);
    for (person, check) in [
        (json!({ "sub": "1815" }), 14),
        (json!({ "sub": "1815", "email": "ada@acme.test", "email_verified": false }), 14),
        (json!({ "sub": "1815", "email": "ada@globex.test", "email_verified": true }), 15),
        (json!({ "sub": "1815", "email": "ada@sub.acme.test" }), 15),
    ] {
        Scene::assert_refused(&scene.sign_in(person.clone()).await);
        assert_eq!(scene.failed_check().await, Some(check), "{person}");
    }
    // What a browser itself brings.
    let mut browser = scene.world.browser();
    for (body, check) in [
        (json!({ "error": "access_denied" }), 2),
        (json!({ "code": "x", "iss": "https://other.test" }), 3),
        (json!({}), 4),
        (json!({ "code": "x", "redirectUri": "https://evil.test/callback" }), 5),
    ] {
        let returned = scene.travel(&mut browser, "ada@acme.test").await;
        let mut body = body;
        body["RelayState"] = json!(returned.state);
        Scene::assert_refused(&browser.call(COMPLETE, &[], body).await);
        assert_eq!(scene.failed_check().await, Some(check));
        // It is spent.
        Scene::assert_refused(&complete(&mut browser, &returned).await);
        assert_eq!(scene.failed_check().await, Some(1));
    }
    // Over the control plane, which counts time in milliseconds, as in this process.
    let over = scene.world.emulator.control().sso_attempts().await.expect("the attempts");
    let within = scene.world.emulator.sso_attempts().await.expect("the attempts");
    assert!(over.len() > 13);
    assert!(over.iter().map(|attempt| attempt.failed_check).eq(within.iter().map(|attempt| attempt.failed_check)));
    let users = scene.acme().await.query("list_users", "").await;
    assert_eq!(users["items"], json!([]), "nobody was let in");
    // With a provider that answers nonsense nobody is refused: it is the provider that fails.
    scene.idp.misbehaves(Defect::TooLarge);
    scene.sign_in(ada()).await.refused(502);
}

#[tokio::test]
async fn a_state_is_good_once_in_its_browser_for_its_time() {
    let scene = Scene::start().await;
    scene.idp.tells_of(ada());
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser, "ada@acme.test").await;
    // Nothing of this spends it: login CSRF (RFC 6749 10.12).
    let mut stranger = scene.world.browser();
    Scene::assert_refused(&complete(&mut stranger, &returned).await);
    scene.travel(&mut stranger, "ada@acme.test").await;
    Scene::assert_refused(&complete(&mut stranger, &returned).await);
    let forged = Returned { state: "forged".to_owned(), ..returned.clone() };
    Scene::assert_refused(&complete(&mut browser, &forged).await);
    complete(&mut browser, &returned).await.token();
    Scene::assert_refused(&complete(&mut browser, &returned).await);
    // Two tabs, and one that takes too long.
    let one = scene.travel(&mut browser, "ada@acme.test").await;
    let two = scene.travel(&mut browser, "ada@acme.test").await;
    complete(&mut browser, &two).await.token();
    complete(&mut browser, &one).await.token();
    let late = scene.travel(&mut browser, "ada@acme.test").await;
    scene.world.emulator.clock().advance(Duration::from_mins(10));
    Scene::assert_refused(&complete(&mut browser, &late).await);
    // A connection that changed its provider, or was switched off, or is gone.
    for changed in [json!({ "oidcClientId": "other" }), json!({ "enabled": false })] {
        let returned = scene.travel(&mut browser, "ada@acme.test").await;
        change(&scene, changed).await;
        Scene::assert_refused(&complete(&mut browser, &returned).await);
        change(&scene, json!({ "oidcClientId": CLIENT_ID, "enabled": true })).await;
    }
    let returned = scene.travel(&mut browser, "ada@acme.test").await;
    scene.acme().await.done("delete_sso_configuration", &[&scene.connection], Value::Null).await;
    Scene::assert_refused(&complete(&mut browser, &returned).await);
}

/// A provider that has not proven its domain takes over nobody of another tenant, and its sessions leave the tenant for
/// none.
#[tokio::test]
async fn an_unproven_domain_reaches_nobody_elsewhere() {
    let scene = Scene::start().await;
    let world = &scene.world;
    validate(world, "acme", "acme.test", false).await;
    change(&scene, json!({ "skipEmailDomainValidation": true })).await;
    world.tenant("globex").await;
    let victim = world.member("globex", "ada@acme.test").await;
    Scene::assert_refused(&scene.sign_in(ada()).await);
    assert_eq!(scene.failed_check().await, Some(15));
    let members = scene.acme().await.query("list_users", "").await;
    assert_eq!(members["items"], json!([]));

    let bob = json!({ "sub": "2", "email": "bob@acme.test" });
    scene.idp.tells_of(bob.clone());
    let mut browser = world.browser();
    let returned = scene.travel(&mut browser, "bob@acme.test").await;
    let claims = complete(&mut browser, &returned).await.claims();
    let id = claims["sub"].as_str().expect("an id").to_owned();
    world.add_to_tenant(&id, "globex", true).await;
    let elsewhere = browser.call("refresh_user_token", &[], json!({ "tenantId": "globex" })).await;
    assert_eq!(elsewhere.refused(403), "User cannot enter the tenant");
    assert_eq!(browser.refresh().await.claims()["tenantId"], "acme");
    let mut bob = browser.clone().bearer(browser.refresh().await.token());
    bob.call("set_my_active_tenant", &[], json!({ "tenantId": "globex" })).await.refused(403);

    // Once it is proven, the address says who somebody is.
    validate(world, "acme", "acme.test", true).await;
    let claims = scene.sign_in(ada()).await.claims();
    assert_eq!(claims["sub"], json!(victim));
}

/// A second process on the same store: what one has spent the other does not take.
#[tokio::test]
async fn two_processes_take_a_state_once() {
    let Some(place) = postgres().await else { return };
    let scene = Scene::at(World::at(&place, outgoing()).await).await;
    let other = World::at(&place, outgoing().client_id(scene.world.emulator.client_id())).await;
    scene.idp.tells_of(ada());
    let mut browser = scene.world.browser();
    let returned = scene.travel(&mut browser, "ada@acme.test").await;
    let mut twin = other.browser();
    twin.cookies.clone_from(&browser.cookies);
    let (one, two) = tokio::join!(complete(&mut browser, &returned), complete(&mut twin, &returned));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_unless_single_sign_on_is_spared() {
    let scene = Scene::start().await;
    let mut environment = scene.world.back_end(None).await;
    let forced = json!({ "enforceMFAType": "Force" });
    environment.done("create_mfa_policy", &[], forced).await;
    let reply = scene.sign_in(ada()).await;
    assert_eq!((reply.status, &reply.body["mfaRequired"]), (200, &json!(true)));
    environment.done("update_mfa_policy", &[], json!({ "enforceMFAType": "ForceExceptSAML" })).await;
    // Also of somebody who was known before by other ways.
    scene.world.member("acme", "bob@acme.test").await;
    for person in [ada(), json!({ "sub": "2", "email": "bob@acme.test" })] {
        scene.sign_in(person).await.token();
    }
    let bob = scene.world.browser().sign_in("bob@acme.test").await;
    assert_eq!(bob.body["mfaRequired"], json!(true), "by a password he is no guest of the provider");
}

#[tokio::test]
async fn the_tenant_of_the_connection_is_where_people_work_if_it_says_so() {
    let scene = Scene::start().await;
    scene.world.tenant("globex").await;
    let id = scene.world.member("globex", "ada@acme.test").await;
    let claims = scene.sign_in(ada()).await.claims();
    assert_eq!((&claims["sub"], &claims["tenantId"]), (&json!(id), &json!("globex")), "an active one stays");
    change(&scene, json!({ "overrideActiveTenant": true })).await;
    assert_eq!(scene.sign_in(ada()).await.claims()["tenantId"], "acme");
    scene.world.back_end(None).await.done("lock_user", &[&id], Value::Null).await;
    assert_eq!(scene.sign_in(ada()).await.refused(401), "User is locked");
}

/// Whoever points a connection at what only the emulator reaches has it called for nothing (SSRF).
#[tokio::test]
async fn nobody_is_called_who_is_not_named() {
    for builder in [Emulator::builder(), Emulator::builder().allow_outgoing(["idp.test"])] {
        let scene = Scene::at(World::of(builder).await).await;
        prelogin(&scene.world, "ada@acme.test").await.refused(502);
        change(&scene, json!({ "ssoEndpoint": "https://169.254.169.254" })).await;
        prelogin(&scene.world, "ada@acme.test").await.refused(502);
        assert!(scene.idp.asked().is_empty());
    }
}

/// What Terraform does: the settings of SAML as a whole, and connections with their tenant in the body.
#[tokio::test]
async fn environments_are_set_up_by_programs() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut environment = world.back_end(None).await;
    let name = async |environment: &Browser, name: &str| {
        environment.clone().query("list_metadata_entities", &format!("entityName={name}")).await
    };
    for known in ["saml", "audits"] {
        assert_eq!(name(&environment, known).await, json!({ "rows": [] }));
    }
    let configuration =
        json!({ "acsUrl": "https://app.test/acs", "spEntityId": "urn:acme", "redirectUri": "", "theme": { "x": 1 } });
    let body = json!({ "entityName": "saml", "isActive": true, "configuration": configuration });
    let set = environment.done("set_metadata_entity", &[], body).await;
    assert_eq!(
        (&set["entityName"], &set["isActive"], &set["configuration"]),
        (&json!("saml"), &json!(true), &configuration)
    );
    assert_eq!(set["vendorId"], json!(world.emulator.vendor_id()));
    assert_eq!(name(&environment, "saml").await, json!({ "rows": [set] }));
    let read = environment.done("get_environment_saml_configuration", &[], Value::Null).await;
    assert_eq!(read, json!({ "acsUrl": "https://app.test/acs", "spEntityId": "urn:acme" }));
    for bad in [
        json!({ "entityName": "audits", "isActive": true, "configuration": {} }),
        json!({ "entityName": "saml", "configuration": {} }),
        json!({ "entityName": "saml", "isActive": true, "configuration": { "acsUrl": "app://x" } }),
        json!({ "entityName": "saml", "isActive": true, "configuration": { "spEntityId": 7 } }),
    ] {
        environment.call("set_metadata_entity", &[], bad).await.refused(400);
    }
    let off = json!({ "entityName": "saml", "isActive": false, "configuration": {} });
    let again = environment.done("set_metadata_entity", &[], off).await;
    assert_eq!((&again["id"], &again["configuration"]), (&set["id"], &json!({})), "as a whole");

    let create = "create_sso_configuration_v2";
    let body = json!({ "tenantId": "acme", "type": "oidc", "ssoEndpoint": "https://idp.test", "oidcSecret": "s3cret" });
    let created = environment.done(create, &[], body).await;
    assert_eq!((&created["tenantId"], &created["oidcSecret"]), (&json!("acme"), &json!("s3cret")));
    assert!(created["generatedVerification"].is_string());
    let id = created["id"].as_str().expect("an id");
    let update = "update_sso_configuration_v2";
    let changed = environment.done(update, &[id], json!({ "tenantId": "acme", "enabled": true })).await;
    assert_eq!((&changed["enabled"], &changed["ssoEndpoint"]), (&json!(true), &json!("https://idp.test")));
    world.tenant("globex").await;
    environment.call(update, &[id], json!({ "tenantId": "globex", "enabled": false })).await.refused(404);
    environment.call(update, &[id], json!({ "enabled": false })).await.refused(400);
    environment.call(create, &[], json!({ "tenantId": "nobody" })).await.refused(404);
}
