//! Mail domains of connections, and how tenants prove them.

use frontegg_emulator::control_plane::TxtRecord;
use serde_json::{Value, json};

use super::{connect, list, somebody};
use crate::support::{World, browser::Browser};

const NOT_FOUND: &str = "Domain verification record was not found";
const TAKEN: &str = "Domain already exists";

async fn claim(browser: &mut Browser, connection: &str, domain: &str) -> Value {
    browser.done("create_sso_domain", &[connection], json!({ "domain": domain })).await
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

/// Two tenants with a connection each.
async fn two(world: &World) -> [(Browser, String); 2] {
    for tenant in ["acme", "globex"] {
        world.tenant(tenant).await;
    }
    let (mut acme, mut globex) = (world.back_end(Some("acme")).await, world.back_end(Some("globex")).await);
    let ids = [connect(&mut acme, json!({})).await, connect(&mut globex, json!({})).await];
    let [first, second] = ids;
    [(acme, first), (globex, second)]
}

#[tokio::test]
async fn a_domain_is_proven_by_its_dns() {
    let world = World::start().await;
    let [(mut acme, connection), _] = two(&world).await;
    let domain = claim(&mut acme, &connection, " @München.Example.").await;
    assert_eq!((&domain["domain"], &domain["validated"]), (&json!("xn--mnchen-3ya.example"), &json!(false)));
    assert_eq!(domain["ssoConfigId"], json!(connection));
    let record = domain["txtRecord"].as_str().expect("a text");
    let (name, value) = record.split_once('=').expect("a value");
    assert!(name.starts_with("_saml-domain-challenge.") && name.ends_with(".xn--mnchen-3ya.example"), "{record}");
    assert_eq!(list(&mut acme).await[0]["generatedVerification"], json!(value));
    assert_eq!(list(&mut acme).await[0]["domains"], json!([domain]));

    let path = [connection.as_str(), id(&domain)];
    for records in [
        vec![],
        vec![TxtRecord::new("other.example", record)],
        vec![TxtRecord::new("münchen.example", value), TxtRecord::new("münchen.example", format!("{record}x"))],
        vec![TxtRecord::new("_saml-domain-challenge.münchen.example", record)],
    ] {
        world.emulator.set_dns_records(records).await.expect("records");
        assert_eq!(acme.call("validate_sso_domain", &path, Value::Null).await.refused(400), NOT_FOUND);
    }
    world.emulator.set_dns_records([TxtRecord::new("MÜNCHEN.example", record)]).await.expect("records");
    let proven = acme.done("validate_sso_domain", &path, Value::Null).await;
    assert_eq!((&proven["id"], &proven["validated"]), (&domain["id"], &json!(true)));
    // It stays so when the record goes away.
    world.emulator.set_dns_records([]).await.expect("records");
    assert_eq!(acme.done("validate_sso_domain", &path, Value::Null).await, proven);
    assert_eq!(list(&mut acme).await[0]["domains"], json!([proven]));

    let other = claim(&mut acme, &connection, "acme.test").await;
    let below = TxtRecord::new("_saml-domain-challenge.acme.test", value);
    world.emulator.set_dns_records([below.clone()]).await.expect("records");
    assert_eq!(world.emulator.dns_records().await.expect("records"), [below]);
    assert_eq!(acme.done("validate_sso_domain", &[&connection, id(&other)], Value::Null).await["validated"], true);
    let bad = world.emulator.set_dns_records([TxtRecord::new("a b", "")]).await.expect_err("no name");
    assert!(bad.to_string().contains("no name of DNS"), "{bad}");

    acme.done("delete_sso_domain", &path, Value::Null).await;
    acme.call("delete_sso_domain", &path, Value::Null).await.refused(404);
    assert_eq!(list(&mut acme).await[0]["domains"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_domain_has_one_owner() {
    let world = World::start().await;
    let [(mut acme, ours), (mut globex, theirs)] = two(&world).await;
    let mine = claim(&mut acme, &ours, "shared.test").await;
    let second = connect(&mut acme, json!({})).await;
    for connection in [&ours, &second] {
        let again = acme.call("create_sso_domain", &[connection], json!({ "domain": "SHARED.test" })).await;
        assert_eq!(again.refused(409), TAKEN);
    }
    for bad in ["", " ", "acme", "a b.test", "ada@acme.test", "-acme.test", "acme..test"] {
        acme.call("create_sso_domain", &[&ours], json!({ "domain": bad })).await.refused(400);
    }
    // A mere claim blocks nobody, and loses.
    let other = claim(&mut globex, &theirs, "shared.test").await;
    world
        .back_end(None)
        .await
        .done("force_sso_domain_validation", &["Shared.TEST"], json!({ "validated": true, "tenantId": "acme" }))
        .await;
    let record = other["txtRecord"].as_str().expect("a text");
    world.emulator.set_dns_records([TxtRecord::new("shared.test", record)]).await.expect("records");
    let validate = globex.call("validate_sso_domain", &[&theirs, id(&other)], Value::Null).await;
    assert_eq!(validate.refused(409), TAKEN);
    globex.done("delete_sso_domain", &[&theirs, id(&other)], Value::Null).await;
    assert_eq!(
        globex.call("create_sso_domain", &[&theirs], json!({ "domain": "shared.test" })).await.refused(409),
        TAKEN
    );
    // With the first one gone it is free.
    acme.done("delete_sso_domain", &[&ours, id(&mine)], Value::Null).await;
    claim(&mut globex, &theirs, "shared.test").await;
}

#[tokio::test]
async fn the_environment_says_how_domains_are_proven() {
    let world = World::start().await;
    let [(mut acme, connection), _] = two(&world).await;
    let mut environment = world.back_end(None).await;
    let off = json!({
        "allowVerifiedUsersToAddDomains": false, "skipDomainVerification": false, "bypassDomainCrossValidation": false,
    });
    assert_eq!(environment.done("get_sso_domain_policy", &[], Value::Null).await, off);
    environment.call("set_sso_domain_policy", &[], json!({ "skipDomainVerification": true })).await.refused(400);

    let permissions = ["fe.secure.write.samlConfiguration"];
    let mut ada = somebody(&world, "ada", &permissions).await;
    let early = claim(&mut ada, &connection, "acme.test").await;
    let path = [connection.as_str(), id(&early)];
    let not_so = ada.call("validate_sso_domain_by_email", &path, Value::Null).await.refused(403);
    assert_eq!(not_so, "Domains are not validated by addresses");

    let mut policy = off.clone();
    policy["allowVerifiedUsersToAddDomains"] = json!(true);
    assert_eq!(environment.done("set_sso_domain_policy", &[], policy.clone()).await, policy);
    assert_eq!(environment.done("get_sso_domain_policy", &[], Value::Null).await, policy);
    assert_eq!(list(&mut acme).await[0]["domains"][0]["validated"], false, "what is there is not touched");
    acme.call("validate_sso_domain_by_email", &path, Value::Null).await.refused(400);
    let users = world.back_end(Some("acme")).await.query("list_users", "_email=ada@acme.test").await;
    let user = id(&users["items"][0]).to_owned();
    if users["items"][0]["verified"] != json!(true) {
        ada.call("validate_sso_domain_by_email", &path, Value::Null).await.refused(400);
        environment.done("verify_user", &[&user], Value::Null).await;
    }
    let proven = ada.done("validate_sso_domain_by_email", &path, Value::Null).await;
    assert_eq!(proven["validated"], true);
    assert_eq!(ada.done("validate_sso_domain_by_email", &path, Value::Null).await, proven);
    let foreign = claim(&mut ada, &connection, "sub.acme.test").await;
    assert_eq!(foreign["validated"], false, "sub-domains are domains of their own");
    ada.call("validate_sso_domain_by_email", &[&connection, id(&foreign)], Value::Null).await.refused(400);
    acme.done("delete_sso_domain", &path, Value::Null).await;
    assert_eq!(claim(&mut ada, &connection, "acme.test").await["validated"], true, "at once");

    policy["skipDomainVerification"] = json!(true);
    environment.done("set_sso_domain_policy", &[], policy).await;
    assert_eq!(claim(&mut acme, &connection, "anything.test").await["validated"], true);
}

#[tokio::test]
async fn the_control_plane_tells_of_dns() {
    let world = World::start().await;
    let control = world.emulator.control();
    let record = || TxtRecord::new("acme.test", "text");
    control.set_dns_records([record()]).await.expect("told");
    assert_eq!(control.dns_records().await.expect("records"), [record()]);
    assert_eq!(world.emulator.dns_records().await.expect("records"), [record()]);
    world.emulator.reset().await.expect("a reset");
    assert!(control.dns_records().await.expect("records").is_empty());
}
