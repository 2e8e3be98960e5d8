//! By SAML, against the identity provider for tests.

use frontegg_emulator::{
    Emulator, EmulatorBuilder,
    identity_provider::{Defect, Person, SignedIn},
};
use serde_json::{Value, json};

use super::{BEGIN, NOT_CONFIGURED, claim, validate};
use crate::support::{
    World,
    browser::{Browser, Reply},
    place::postgres,
};

const COMPLETE: &str = "complete_saml_sign_in_v1";
const REFUSED: &str = "SAML sign-in was refused";
const EMAIL: &str = "ada@acme.test";

fn builder() -> EmulatorBuilder {
    Emulator::builder().allow_outgoing(["127.0.0.1"])
}

fn ada() -> Person {
    Person::new(EMAIL).name("Ada", "Lovelace").groups(["staff", "x"])
}

/// What a browser has of a provider's answer.
struct Answer {
    response: String,
    relay_state: String,
}

impl Answer {
    fn json(&self) -> Value {
        json!({ "SAMLResponse": self.response, "RelayState": self.relay_state })
    }
}

/// A tenant whose people sign in by SAML; gives the id of its connection.
async fn connected(world: &World) -> String {
    let idp = world.emulator.identity_provider();
    idp.set_people([ada()]);
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let metadata = json!({ "metadata": idp.saml_metadata().await.expect("metadata") });
    let created = acme.done("create_sso_configuration_from_metadata", &[], metadata).await;
    assert_eq!((&created["enabled"], &created["type"]), (&json!(false), &json!("saml")));
    assert!(created["publicCertificate"].as_str().is_some_and(|text| !text.is_empty()));
    let id = created["id"].as_str().expect("an id").to_owned();
    claim(world, "acme", &id, "acme.test").await;
    validate(world, "acme", "acme.test", true).await;
    acme.done("update_sso_configuration", &[&id], json!({ "enabled": true })).await;
    id
}

async fn leave(browser: &mut Browser) -> String {
    let left = browser.call(BEGIN, &[], json!({ "email": EMAIL })).await;
    assert_eq!((left.status, &left.body["idpType"]), (201, &json!("saml")), "{}", left.body);
    left.body["address"].as_str().expect("a way").to_owned()
}

/// Leaves for the provider and comes back.
async fn travel(world: &World, browser: &mut Browser) -> Answer {
    let way = leave(browser).await;
    let signed_in = world.emulator.identity_provider().sign_in(&way, EMAIL).await.expect("an answer");
    let SignedIn::Saml { acs_url, saml_response, relay_state } = signed_in else { panic!("no SAML") };
    assert_eq!(acs_url, format!("{}/auth/saml/callback", world.emulator.url()));
    Answer { response: saml_response, relay_state: relay_state.expect("a state") }
}

async fn complete(browser: &mut Browser, answer: &Answer) -> Reply {
    browser.call(COMPLETE, &[], answer.json()).await
}

async fn failed_check(world: &World) -> Option<u8> {
    world.emulator.sso_attempts().await.expect("the attempts").first().expect("an attempt").failed_check
}

/// The journey: first by SAML with roles by group, then the same person by OpenID Connect.
#[tokio::test]
async fn first_by_saml_and_then_by_openid() {
    let world = World::of(builder()).await;
    let connection = connected(&world).await;
    let mut acme = world.back_end(Some("acme")).await;
    let new = json!([{ "key": "staff", "name": "Staff", "level": 10 }]);
    let role = acme.done("create_roles_v1", &[], new).await[0]["id"].clone();
    acme.done("create_sso_group", &[&connection], json!({ "group": "staff", "roleIds": [role] })).await;

    let mut browser = world.browser();
    let answer = travel(&world, &mut browser).await;
    let fields = [("SAMLResponse", answer.response.as_str()), ("RelayState", &answer.relay_state)];
    let back = browser.submit("return_from_saml_provider", &fields).await;
    let page = format!("{}/oauth/account/saml/callback", world.emulator.url());
    assert_eq!((back.status, back.location.as_deref()), (302, Some(page.as_str())), "{}", back.body);
    let first = browser.refresh().await.claims();
    assert_eq!(
        (&first["email"], &first["tenantId"], &first["name"]),
        (&json!(EMAIL), &json!("acme"), &json!("Ada Lovelace"))
    );
    assert_eq!((&first["amr"], &first["roles"]), (&json!(["sso"]), &json!(["staff"])));
    let recorded = format!("{:?}", world.emulator.requests().list());
    assert!(!recorded.contains(&answer.response) && !recorded.contains(&answer.relay_state), "it is secret");

    let mut again = world.browser();
    let answer = travel(&world, &mut again).await;
    assert_eq!(complete(&mut again, &answer).await.claims()["sub"], first["sub"]);

    let issuer = world.emulator.identity_provider().issuer().to_owned();
    let change = json!({ "type": "oidc", "ssoEndpoint": issuer, "oidcClientId": "acme", "oidcSecret": "s3cret" });
    acme.done("update_sso_configuration", &[&connection], change).await;
    let mut browser = world.browser();
    let left = browser.call(BEGIN, &[], json!({ "email": EMAIL })).await;
    let way = left.body["address"].as_str().expect("a way");
    let signed_in = world.emulator.identity_provider().sign_in(way, EMAIL).await.expect("an answer");
    let SignedIn::OpenId { location } = signed_in else { panic!("no OpenID Connect") };
    let location: reqwest::Url = location.parse().expect("an address");
    let sent = |name: &str| location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let body = json!({ "code": sent("code"), "RelayState": sent("state"), "iss": sent("iss") });
    let claims = browser.call("complete_oidc_sign_in", &[], body).await.claims();
    assert_eq!((&claims["sub"], &claims["roles"]), (&first["sub"], &first["roles"]));
}

/// Each defect of a provider is refused by its check, and so is what a browser itself does wrong.
#[tokio::test]
async fn every_check_refuses() {
    let world = World::of(builder()).await;
    connected(&world).await;
    let idp = world.emulator.identity_provider();
    let mut browser = world.browser();
    for (defect, checks) in [
        (Defect::Unsigned, &[7][..]),
        (Defect::ForeignKey, &[10]),
        (Defect::WrongAudience, &[17]),
        (Defect::WrongIssuer, &[13]),
        (Defect::Expired, &[15, 16]),
        (Defect::WrongRecipient, &[15]),
        (Defect::WrongDestination, &[12]),
        (Defect::WrongRequest, &[14]),
        (Defect::Wrapped, &[3, 7, 8]),
        (Defect::Sha1, &[9]),
    ] {
        idp.set_defect(Some(defect));
        let answer = travel(&world, &mut browser).await;
        assert_eq!(complete(&mut browser, &answer).await.refused(401), REFUSED, "{defect:?}");
        let failed = failed_check(&world).await.expect("a check");
        assert!(checks.contains(&failed), "{defect:?}: {failed}");
        // Spent, if it came so far that somebody could have answered.
        if failed > 6 {
            complete(&mut browser, &answer).await.refused(401);
            assert_eq!(failed_check(&world).await, Some(6), "{defect:?}");
        }
    }
    // An answer, or an assertion, is taken once.
    idp.set_defect(None);
    let answer = travel(&world, &mut browser).await;
    complete(&mut browser, &answer).await.token();
    idp.set_defect(Some(Defect::Replayed));
    let answer = travel(&world, &mut browser).await;
    complete(&mut browser, &answer).await.refused(401);
    assert_eq!(failed_check(&world).await, Some(19));
    idp.set_defect(None);

    // Login CSRF, mix-up of sign-ins, and what nobody has asked for.
    let (one, two) = (travel(&world, &mut browser).await, travel(&world, &mut browser).await);
    complete(&mut world.browser(), &one).await.refused(401);
    assert_eq!(failed_check(&world).await, Some(6), "another browser");
    let mixed = Answer { response: one.response.clone(), relay_state: two.relay_state };
    complete(&mut browser, &mixed).await.refused(401);
    assert_eq!(failed_check(&world).await, Some(14));
    complete(&mut browser, &one).await.token();
    let acs_url = format!("{}/auth/saml/callback", world.emulator.url());
    let unsolicited = idp.unsolicited(&acs_url, world.emulator.url(), EMAIL).await.expect("an answer");
    let SignedIn::Saml { saml_response, .. } = unsolicited else { panic!("no SAML") };
    for state in [Value::Null, json!("https://evil.test/")] {
        let mut body = json!({ "SAMLResponse": saml_response });
        if !state.is_null() {
            body["RelayState"] = state;
        }
        let back = browser.call("return_from_saml_provider", &[], body).await;
        assert_eq!((back.refused(401).as_str(), back.location.as_deref()), (REFUSED, None));
        assert_eq!(failed_check(&world).await, Some(6));
    }
    // With the switch it is taken, for one tenant or the one that is named, and once.
    world.emulator.let_providers_begin(true).await.expect("told");
    let body = json!({ "SAMLResponse": saml_response, "RelayState": "https://evil.test/" });
    let mut other = world.browser();
    let back = other.call("return_from_saml_provider", &[], body.clone()).await;
    assert_eq!(back.status, 302, "{}", back.body);
    assert!(back.location.is_some_and(|page| page.starts_with(world.emulator.url())));
    other.refresh().await.token();
    other.call("return_from_saml_provider", &[], body).await.refused(401);
    assert_eq!(failed_check(&world).await, Some(19));
    let answered = travel(&world, &mut browser).await;
    browser.call(COMPLETE, &[], json!({ "SAMLResponse": answered.response })).await.refused(401);
    assert_eq!(failed_check(&world).await, Some(6), "an answer to a request is never unsolicited");
    for (broken, check) in [("no base64!", 1), ("PHg+", 2)] {
        let body = json!({ "SAMLResponse": broken, "RelayState": "x" });
        browser.call(COMPLETE, &[], body).await.refused(401);
        assert_eq!(failed_check(&world).await, Some(check));
    }
    browser.call(COMPLETE, &[], json!({})).await.refused(400);
}

/// Another tenant's people are out of a provider's reach.
#[tokio::test]
async fn a_provider_speaks_for_its_own_domains() {
    let world = World::of(builder()).await;
    let connection = connected(&world).await;
    world.tenant("globex").await;
    world.member("globex", "bob@globex.test").await;
    let idp = world.emulator.identity_provider();
    idp.set_people([Person::new("bob@globex.test")]);
    let mut browser = world.browser();
    let way = leave(&mut browser).await;
    let signed_in = idp.sign_in(&way, "bob@globex.test").await.expect("an answer");
    let SignedIn::Saml { saml_response, relay_state, .. } = signed_in else { panic!("no SAML") };
    let answer = Answer { response: saml_response, relay_state: relay_state.expect("a state") };
    assert_eq!(complete(&mut browser, &answer).await.refused(401), REFUSED);
    assert_eq!(failed_check(&world).await, Some(20));

    // Switched off for the environment, or without a certificate, nobody is sent.
    let mut environment = world.back_end(None).await;
    let off = json!({ "entityName": "saml", "isActive": false, "configuration": {} });
    environment.done("set_metadata_entity", &[], off).await;
    assert_eq!(browser.call(BEGIN, &[], json!({ "email": EMAIL })).await.refused(400), NOT_CONFIGURED);
    let on = json!({ "entityName": "saml", "isActive": true, "configuration": {} });
    environment.done("set_metadata_entity", &[], on).await;
    let mut acme = world.back_end(Some("acme")).await;
    acme.done("update_sso_configuration", &[&connection], json!({ "publicCertificate": "" })).await;
    assert_eq!(browser.call(BEGIN, &[], json!({ "email": EMAIL })).await.refused(400), NOT_CONFIGURED);
}

/// Two processes on one store take an answer once.
#[tokio::test]
async fn two_processes_take_an_answer_once() {
    let Some(place) = postgres().await else { return };
    let world = World::at(&place, builder()).await;
    connected(&world).await;
    let other = World::at(&place, builder().client_id(world.emulator.client_id())).await;
    let mut browser = world.browser();
    let answer = travel(&world, &mut browser).await;
    let mut twin = other.browser();
    twin.cookies.clone_from(&browser.cookies);
    let (one, two) = tokio::join!(complete(&mut browser, &answer), complete(&mut twin, &answer));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn metadata_replaces_what_is_known_of_a_provider() {
    let world = World::of(builder()).await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let body = json!({ "enabled": true, "type": "oidc", "ssoEndpoint": "https://idp.test", "spEntityId": "acme-sp" });
    let before = acme.done("create_sso_configuration", &[], body).await;
    let id = before["id"].as_str().expect("an id");
    let metadata = world.emulator.identity_provider().saml_metadata().await.expect("metadata");
    let update = "update_sso_configuration_from_metadata";
    let changed = acme.done(update, &[id], json!({ "metadata": metadata })).await;
    assert_eq!(
        (&changed["type"], &changed["enabled"], &changed["spEntityId"]),
        (&json!("saml"), &json!(true), &json!("acme-sp"))
    );
    assert_ne!(changed["ssoEndpoint"], before["ssoEndpoint"]);
    let elsewhere = metadata.replace(world.emulator.url(), "http://idp.test");
    for bad in [
        json!({}),
        json!({ "metadata": "" }),
        json!({ "metadata": "no XML" }),
        json!({ "metadata": format!("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/hostname\">]>{metadata}") }),
        json!({ "metadata": metadata.replace("HTTP-Redirect", "HTTP-POST") }),
        json!({ "metadata": elsewhere }),
    ] {
        acme.call(update, &[id], bad.clone()).await.refused(400);
        acme.call("create_sso_configuration_from_metadata", &[], bad).await.refused(400);
    }
    let long = json!({ "metadata": " ".repeat(1024 * 1024 + 1) });
    acme.call(update, &[id], long).await.refused(413);
    let listed = acme.done("list_sso_configurations", &[], Value::Null).await;
    assert_eq!(listed, json!([changed]), "a refusal changes nothing");
    acme.call(update, &["nothing"], json!({ "metadata": metadata })).await.refused(404);
}
