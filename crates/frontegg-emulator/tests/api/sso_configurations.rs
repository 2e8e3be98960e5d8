//! Tag “SSO Configurations”, over HTTP: connections, their domains, groups and default roles.

mod domains;

use frontegg_emulator::{Emulator, Seed};
use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{Browser, PASSWORD},
    effort::effort,
};

const WEAK: &str = include_str!("sso_configurations/weak.pem");
const GOOD: &str = include_str!("sso_configurations/good.pem");
const WRITE: &[&str] = &["fe.secure.write.samlConfiguration"];
const READ: &[&str] = &["fe.secure.read.samlConfiguration"];

/// Adds a connection with these members; gives its id.
async fn connect(back_end: &mut Browser, members: Value) -> String {
    let created = back_end.done("create_sso_configuration", &[], members).await;
    created["id"].as_str().expect("an id").to_owned()
}

async fn list(browser: &mut Browser) -> Vec<Value> {
    browser.done("list_sso_configurations", &[], Value::Null).await.as_array().expect("a list").clone()
}

fn base64(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}

/// The token of somebody in `acme` whose only role holds these permissions.
async fn somebody(world: &World, name: &str, permissions: &[&str]) -> Browser {
    let mut back_end = world.back_end(Some("acme")).await;
    let new = json!([{ "key": name, "name": name, "level": 10 }]);
    let role = back_end.done("create_roles_v1", &[], new).await[0]["id"].as_str().expect("an id").to_owned();
    world.allow(&role, permissions).await;
    let id = world.user("acme", &format!("{name}@acme.test"), &[&role]).await;
    world.browser().bearer(&world.token(&id, "acme").await)
}

#[tokio::test]
async fn a_connection_is_created_changed_listed_and_deleted() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let mut blank = acme.done("create_sso_configuration", &[], json!({})).await;
    let origin = world.emulator.url();
    for moving in ["id", "generatedVerification", "createdAt", "updatedAt"] {
        let value = blank.as_object_mut().expect("a connection").remove(moving).expect("a value");
        assert!(!value.as_str().expect("a text").is_empty(), "{moving}");
    }
    assert_eq!(
        blank,
        json!({
            "tenantId": "acme", "enabled": false, "type": "saml", "ssoEndpoint": "", "publicCertificate": "",
            "signRequest": false, "acsUrl": format!("{origin}/auth/saml/callback"), "spEntityId": origin,
            "oidcClientId": "", "oidcSecret": "", "overrideActiveTenant": false, "idpClientId": "",
            "idpClientSecret": "", "skipEmailDomainValidation": false, "domains": [], "groups": [], "roleIds": [],
        })
    );

    let members = json!({
        "enabled": true, "type": "oidc", "ssoEndpoint": "https://idp.test", "oidcClientId": "acme", "oidcSecret": "s3cret",
        "publicCertificate": GOOD, "signRequest": true, "acsUrl": "http://localhost:3000/acs", "spEntityId": "acme-sp",
        "configMetadata": { "provider": { "name": "IdP" } }, "overrideActiveTenant": true, "subAccountAccessLimit": 3,
        "idpClientId": "graph", "idpClientSecret": "gr4ph", "skipEmailDomainValidation": true,
    });
    let id = connect(&mut acme, members.clone()).await;
    let all = list(&mut acme).await;
    assert_eq!(all.len(), 2);
    for (member, value) in members.as_object().expect("members") {
        let expected = if member == "publicCertificate" { json!(base64(GOOD)) } else { value.clone() };
        assert_eq!(all[1][member], expected, "{member}");
    }

    // An empty text clears, null and what is absent stay, and what the emulator says itself is not taken.
    let change = json!({
        "id": "other", "generatedVerification": "mine", "domains": [{ "domain": "x.test" }], "roleIds": ["x"],
        "ssoEndpoint": null, "configMetadata": null, "subAccountAccessLimit": null, "oidcSecret": null,
        "spEntityId": "", "publicCertificate": "", "type": "okta", "enabled": false,
    });
    let changed = acme.done("update_sso_configuration", &[&id], change).await;
    assert_eq!((&changed["id"], &changed["enabled"], &changed["type"]), (&json!(id), &json!(false), &json!("okta")));
    assert_eq!((&changed["spEntityId"], &changed["publicCertificate"]), (&json!(origin), &json!("")));
    for kept in ["generatedVerification", "ssoEndpoint", "configMetadata", "subAccountAccessLimit", "oidcSecret"] {
        assert_eq!(changed[kept], all[1][kept], "{kept}");
    }
    assert_eq!((&changed["domains"], &changed["roleIds"]), (&json!([]), &json!([])));
    let replaced = acme.done("update_sso_configuration", &[&id], json!({ "configMetadata": { "x": 1 } })).await;
    assert_eq!(replaced["configMetadata"], json!({ "x": 1 }), "as a whole");

    acme.done("delete_sso_configuration", &[&id], Value::Null).await;
    assert_eq!(list(&mut acme).await.len(), 1);
    for operation in ["delete_sso_configuration", "update_sso_configuration"] {
        assert_eq!(acme.call(operation, &[&id], json!({})).await.refused(404), "SSO configuration not found");
    }
}

#[tokio::test]
async fn what_leads_nowhere_or_proves_nothing_is_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let id = connect(&mut acme, json!({})).await;
    let before = list(&mut acme).await;
    for bad in [
        json!({ "type": "ldap" }),
        json!({ "enabled": "yes" }),
        json!({ "ssoEndpoint": "idp.test" }),
        json!({ "ssoEndpoint": "http://idp.test" }),
        json!({ "acsUrl": "com.acme.app://acs" }),
        json!({ "acsUrl": "javascript:alert(1)" }),
        json!({ "publicCertificate": "no certificate" }),
        json!({ "publicCertificate": base64("no certificate") }),
        json!({ "publicCertificate": WEAK }),
        json!({ "configMetadata": [] }),
        json!({ "subAccountAccessLimit": -1 }),
    ] {
        acme.call("create_sso_configuration", &[], bad.clone()).await.refused(400);
        acme.call("update_sso_configuration", &[&id], bad).await.refused(400);
    }
    assert_eq!(list(&mut acme).await, before);
    let mut unknown = world.back_end(Some("nobody")).await;
    unknown.call("create_sso_configuration", &[], json!({})).await.refused(404);
    assert_eq!(list(&mut unknown).await, Vec::<Value>::new());
}

/// A certificate is taken in every form in which portals hand it out.
#[tokio::test]
async fn a_certificate_comes_as_pem_or_as_base64_of_either_form() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let der: String = GOOD.lines().filter(|line| !line.starts_with("-----")).collect();
    let mut shown = Vec::new();
    for form in [GOOD.to_owned(), base64(GOOD), der] {
        let id = connect(&mut acme, json!({ "publicCertificate": form })).await;
        let all = list(&mut acme).await;
        let one = all.iter().find(|one| one["id"] == json!(id)).expect("the connection");
        shown.push(one["publicCertificate"].as_str().expect("a text").to_owned());
    }
    shown.dedup();
    assert_eq!(shown.len(), 1, "one form: {shown:?}");
}

#[tokio::test]
async fn secrets_are_for_those_who_may_write() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    connect(&mut acme, json!({ "oidcSecret": "s3cret", "idpClientSecret": "gr4ph" })).await;
    let mut reader = somebody(&world, "reader", READ).await;
    let mut writer = somebody(&world, "writer", &[READ, WRITE].concat()).await;
    for secret in ["oidcSecret", "idpClientSecret"] {
        assert!(list(&mut reader).await[0].get(secret).is_none(), "{secret}");
        assert!(list(&mut writer).await[0][secret].is_string(), "{secret}");
    }
    let missing = reader.call("create_sso_configuration", &[], json!({})).await.refused(403);
    assert_eq!(missing, "The permission fe.secure.write.samlConfiguration is required");
    for requests in [world.emulator.requests().list(), world.emulator.requests().on("create_sso_configuration").list()]
    {
        let recorded = format!("{requests:?}");
        assert!(!recorded.contains("s3cret") && !recorded.contains("gr4ph"), "{recorded}");
    }
    let document = world.emulator.export().await.expect("a document");
    let row = &document["tables"]["sso_connections"][0];
    assert!(row.get("oidc_secret").is_none() && row.get("idp_client_secret").is_none(), "{row}");
    world.emulator.import(&document).await.expect("an import");
    let mut acme = world.back_end(Some("acme")).await;
    assert_eq!(list(&mut acme).await[0]["oidcSecret"], "", "nobody can make it up");
    let document = world.emulator.export_with_secrets().await.expect("a document");
    world.emulator.import(&document).await.expect("an import");
}

/// Neither the connections of another tenant nor their parts can be told from what does not exist.
#[tokio::test]
async fn another_tenants_connection_is_unknown() {
    let world = World::start().await;
    for tenant in ["acme", "globex"] {
        world.tenant(tenant).await;
    }
    let (mut acme, mut globex) = (world.back_end(Some("acme")).await, world.back_end(Some("globex")).await);
    let id = connect(&mut globex, json!({})).await;
    let domain = globex.done("create_sso_domain", &[&id], json!({ "domain": "globex.test" })).await;
    let group = globex.done("create_sso_group", &[&id], json!({ "group": "staff" })).await;
    let (domain, group) = (domain["id"].as_str().expect("an id"), group["id"].as_str().expect("an id"));
    let before = list(&mut globex).await;
    let own = connect(&mut acme, json!({})).await;
    let calls = [
        ("update_sso_configuration", vec![id.as_str()], json!({ "enabled": true })),
        ("delete_sso_configuration", vec![&id], Value::Null),
        ("create_sso_domain", vec![&id], json!({ "domain": "acme.test" })),
        ("delete_sso_domain", vec![&id, domain], Value::Null),
        ("validate_sso_domain", vec![&id, domain], Value::Null),
        ("validate_sso_domain_by_email", vec![&id, domain], Value::Null),
        ("set_sso_default_roles", vec![&id], json!({ "roleIds": [] })),
        ("get_sso_default_roles", vec![&id], Value::Null),
        ("create_sso_group", vec![&id], json!({ "group": "x" })),
        ("list_sso_groups", vec![&id], Value::Null),
        ("update_sso_group", vec![&id, group], json!({ "group": "x" })),
        ("delete_sso_group", vec![&id, group], Value::Null),
    ];
    for (operation, path, body) in calls {
        assert_eq!(acme.call(operation, &path, body.clone()).await.refused(404), "SSO configuration not found");
        // Nor does a part of theirs belong to a connection of one's own.
        if let [_, part] = path[..] {
            acme.call(operation, &[&own, part], body).await.refused(404);
        }
    }
    assert_eq!(list(&mut globex).await, before);
}

#[tokio::test]
async fn roles_are_given_up_to_ones_own_level() {
    let world = World::start().await;
    for tenant in ["acme", "globex"] {
        world.tenant(tenant).await;
    }
    let mut acme = world.back_end(Some("acme")).await;
    let id = connect(&mut acme, json!({})).await;
    let (admin, reader) = (world.role("Admin").await, world.role("ReadOnly").await);
    let new = json!([{ "key": "theirs", "name": "Theirs", "level": 20 }]);
    let theirs = world.back_end(Some("globex")).await.done("create_roles_v1", &[], new).await;
    let theirs = theirs[0]["id"].as_str().expect("an id").to_owned();
    let new = json!([{ "key": "own", "name": "Own", "level": 20 }]);
    let own = acme.done("create_roles_v1", &[], new).await[0]["id"].as_str().expect("an id").to_owned();

    // Default roles.
    let set = acme.done("set_sso_default_roles", &[&id], json!({ "roleIds": [reader, own, reader] })).await;
    let mut both = vec![reader.clone(), own.clone()];
    both.sort();
    assert_eq!(set["roleIds"], json!(both), "each once");
    assert_eq!(acme.done("get_sso_default_roles", &[&id], Value::Null).await, set);
    assert_eq!(list(&mut acme).await[0]["roleIds"], set["roleIds"]);
    for unknown in [theirs.as_str(), "nothing"] {
        acme.call("set_sso_default_roles", &[&id], json!({ "roleIds": [unknown] })).await.refused(404);
        acme.call("create_sso_group", &[&id], json!({ "group": "x", "roleIds": [unknown] })).await.refused(404);
    }

    // Roles by group, compared as they are sent.
    let staff = acme.done("create_sso_group", &[&id], json!({ "group": "Staff", "roleIds": [own] })).await;
    assert_eq!(
        (&staff["group"], &staff["roleIds"], &staff["ssoConfigId"]),
        (&json!("Staff"), &json!([own]), &json!(id))
    );
    acme.call("create_sso_group", &[&id], json!({ "group": "Staff" })).await.refused(409);
    let lower = acme.done("create_sso_group", &[&id], json!({ "group": "staff" })).await;
    assert_eq!(lower["roleIds"], json!([]));
    assert_eq!(acme.done("list_sso_groups", &[&id], Value::Null).await, json!([staff, lower]));
    assert_eq!(list(&mut acme).await[0]["groups"], json!([staff, lower]));
    let lower = lower["id"].as_str().expect("an id");
    acme.call("update_sso_group", &[&id, lower], json!({ "group": "Staff" })).await.refused(409);
    acme.call("update_sso_group", &[&id, lower], json!({ "group": " " })).await.refused(400);
    let changed = acme.done("update_sso_group", &[&id, lower], json!({ "roleIds": [reader] })).await;
    assert_eq!((&changed["group"], &changed["roleIds"]), (&json!("staff"), &json!([reader])));
    let changed = acme.done("update_sso_group", &[&id, lower], json!({ "group": "guests" })).await;
    assert_eq!((&changed["group"], &changed["roleIds"]), (&json!("guests"), &json!([reader])));

    // Nobody hands on what is stronger than themselves.
    let mut writer = somebody(&world, "writer", &[WRITE, &["fe.secure.write.samlDefaultRoles"]].concat()).await;
    let body = |role: &str| json!({ "group": "admins", "roleIds": [role] });
    writer.call("create_sso_group", &[&id], body(&admin)).await.refused(403);
    writer.call("update_sso_group", &[&id, lower], json!({ "roleIds": [admin] })).await.refused(403);
    writer.call("set_sso_default_roles", &[&id], json!({ "roleIds": [admin] })).await.refused(403);
    writer.done("create_sso_group", &[&id], body(&own)).await;

    // A role that goes is left out everywhere.
    acme.done("delete_role", &[&own], Value::Null).await;
    assert_eq!(acme.done("get_sso_default_roles", &[&id], Value::Null).await, json!({ "roleIds": [reader] }));
    let groups = acme.done("list_sso_groups", &[&id], Value::Null).await;
    assert_eq!((&groups[0]["roleIds"], &groups[2]["roleIds"]), (&json!([]), &json!([])));
    acme.done("delete_sso_group", &[&id, lower], Value::Null).await;
    acme.call("delete_sso_group", &[&id, lower], Value::Null).await.refused(404);
}

/// However many connections there are, a list of them asks the store as often.
#[tokio::test]
async fn a_list_takes_as_many_statements_whatever_its_length() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let mut taken = Vec::new();
    for round in 0..2 {
        for number in 0..5 {
            let id = connect(&mut acme, json!({})).await;
            let domain = json!({ "domain": format!("a{round}{number}.test") });
            acme.done("create_sso_domain", &[&id], domain).await;
            acme.done("create_sso_group", &[&id], json!({ "group": "staff" })).await;
        }
        let reader = acme.clone();
        let work = effort(&world, async |_| drop(list(&mut reader.clone()).await)).await;
        assert_eq!(work.commits, 0);
        taken.push(work.statements);
    }
    assert_eq!(taken[0], taken[1]);
}

/// What belongs to a tenant goes with it, and all of it with a reset.
#[tokio::test]
async fn connections_end_with_their_tenant() {
    let world = World::of(Emulator::builder().seed(Seed::new())).await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let id = connect(&mut acme, json!({})).await;
    acme.done("create_sso_domain", &[&id], json!({ "domain": "acme.test" })).await;
    world.member("acme", "ada@acme.test").await;
    acme.done("delete_tenant", &["acme"], Value::Null).await;
    assert_eq!(list(&mut acme).await, Vec::<Value>::new());
    let document = world.emulator.export_with_secrets().await.expect("a document");
    for table in ["sso_connections", "sso_domains"] {
        assert_eq!(document["tables"][table], json!([]), "{table}");
    }
    world.browser().sign_in_with("ada@acme.test", PASSWORD).await.refused(401);
}
