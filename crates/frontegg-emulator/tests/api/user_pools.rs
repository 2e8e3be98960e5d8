//! Tag “User Pools”, over HTTP through the SDK: pools of all kinds and the applications that they serve.

mod federation;
mod newcomers;
mod people;
mod sign_in;

use frontegg_emulator::control_plane::UserPoolPerson;
use frontegg_identity::{
    params::ListUserSourceUsers,
    types::{
        AssignApplicationsToUserSourceRequestDto, UnassignApplicationsFromUserSourceRequestDto,
        UpdateExternalAuth0UserSourceRequestDto, UpdateExternalCognitoUserSourceRequestDto,
        UpdateExternalCustomCodeUserSourceRequestDto, UpdateExternalFirebaseUserSourceRequestDto,
        UpdateFederationUserSourceRequestDto,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{PASSWORD, Reply},
    json, refused,
};

const ADA: &str = "ada@acme.test";
const REFUSED: &str = "Incorrect email or password";

/// The words of the operations for each kind, and the kind as it is read.
const KINDS: [(&str, &str); 5] = [
    ("auth0", "auth0"),
    ("cognito", "cognito"),
    ("firebase", "firebase"),
    ("custom_code", "custom-code"),
    ("federation", "federation"),
];

/// The body of a sample that creates a pool.
fn sample(kind: &str) -> Value {
    let request = frontegg_samples::request(&format!("create_{kind}_user_source")).expect("a sample");
    serde_json::from_str(request.body.expect("a body")).expect("JSON")
}

fn typed<T: DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).expect("a body of that type")
}

/// Creates a pool that serves the default application, with these members of its configuration, none where they are null,
/// and the others of a sample; gives its id.
async fn pool(world: &World, kind: &str, configuration: Value) -> String {
    let mut body = sample(kind);
    body["appIds"] = json!([world.emulator.application_id()]);
    let members = body["configuration"].as_object_mut().expect("members");
    members.extend(configuration.as_object().expect("members").clone());
    members.retain(|_, value| !value.is_null());
    let created = world.back_end(None).await.done(&format!("create_{kind}_user_source"), &[], body).await;
    created["id"].as_str().expect("an id").to_owned()
}

/// A world with a tenant.
async fn world() -> World {
    let world = World::start().await;
    world.tenant("acme").await;
    world
}

/// Whether people are moved over for good, into acme.
fn acme(is_migrated: bool) -> Value {
    let tenant = json!({ "tenantResolverType": "static", "tenantId": "acme" });
    json!({ "isMigrated": is_migrated, "syncOnLogin": false, "tenantConfig": tenant })
}

fn ada() -> UserPoolPerson {
    UserPoolPerson::new(ADA).password(PASSWORD).name("Ada")
}

async fn told(world: &World, pool: &str, people: impl IntoIterator<Item = UserPoolPerson>) {
    world.emulator.set_user_pool_people(pool, people).await.expect("told");
}

async fn sign_in(world: &World) -> Reply {
    world.browser().sign_in(ADA).await
}

/// Everybody whom the environment knows.
async fn everybody(world: &World) -> Vec<Value> {
    let all = world.back_end(None).await.done("list_users", &[], Value::Null).await;
    all["items"].as_array().expect("people").clone()
}

#[tokio::test]
async fn pools_of_every_kind_are_kept_as_they_were_given() {
    for world in World::each().await {
        let pools = world.frontegg.management().user_pools();
        let mut created = Vec::new();
        for (index, (kind, _)) in (0..5).rev().zip(KINDS) {
            let mut body = sample(kind);
            body["index"] = json!(index);
            created.push(match kind {
                "auth0" => pools.create_auth0_user_source(&typed(body)).await,
                "cognito" => pools.create_cognito_user_source(&typed(body)).await,
                "firebase" => pools.create_firebase_user_source(&typed(body)).await,
                "custom_code" => pools.create_custom_code_user_source(&typed(body)).await,
                _ => pools.create_federation_user_source(&typed(body)).await,
            });
        }
        let created: Vec<_> = created.into_iter().map(|pool| pool.expect("a pool")).collect();
        let listed = pools.list_user_sources().await.expect("the pools");
        assert_eq!(listed.len(), 5);
        for ((pool, listed), (kind, shown)) in created.iter().zip(listed.iter().rev()).zip(KINDS) {
            let given = sample(kind);
            let read = pools.get_user_source(&pool.id).await.expect("the pool");
            assert_eq!(pool.type_, shown);
            assert_eq!((&pool.id, pool.index, listed.users_count), (&listed.id, listed.index, 0), "{kind}");
            assert_eq!(json(&read.configuration), given["configuration"], "{kind}");
            for member in ["id", "name", "type", "description", "index", "appIds"] {
                assert_eq!(json(&read)[member], json(pool)[member], "{kind}: {member}");
                assert_eq!(json(&read)[member], json(listed)[member], "{kind}: {member}");
            }
            assert_eq!((&json(&read)["name"], &json(&read)["appIds"]), (&given["name"], &given["appIds"]));
            assert_eq!(listed.configuration, read.configuration);
        }
        assert!(!format!("{listed:?}").contains("secret-1"), "no secret is shown");
    }
}

/// Of one index, the older is asked first; what was not given is absent.
#[tokio::test]
async fn pools_stand_in_the_order_of_their_index() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    for (name, index) in [("b", 7), ("c", 7), ("a", -1), ("d", 9)] {
        let mut body = sample("custom_code");
        body["name"] = json!(name);
        body["index"] = json!(index);
        for member in ["description", "appIds"] {
            body.as_object_mut().expect("members").remove(member);
        }
        let created = back_end.done("create_custom_code_user_source", &[], body).await;
        assert!(created.get("appIds").is_none() && created.get("description").is_none(), "{created}");
        assert!(created.get("configuration").is_none(), "{created}");
    }
    let all = back_end.done("list_user_sources", &[], Value::Null).await;
    let names: Vec<_> = all.as_array().expect("a list").iter().map(|pool| pool["name"].clone()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    // A change moves it.
    let id = all[0]["id"].as_str().expect("an id");
    back_end.done("update_custom_code_user_source", &[id], json!({ "index": 8 })).await;
    let all = back_end.done("list_user_sources", &[], Value::Null).await;
    assert_eq!((&all[2]["name"], &all[2]["index"]), (&json!("a"), &json!(8)));
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    for world in World::each().await {
        let pools = world.frontegg.management().user_pools();
        for (kind, _) in KINDS {
            let id = &pool(&world, kind, json!({})).await;
            let before = pools.get_user_source(id).await.expect("the pool");
            let mut other = sample(kind)["configuration"].clone();
            other["syncOnLogin"] = json!(false);
            for change in [
                json!({ "name": "renamed" }),
                json!({ "description": "described", "index": 5 }),
                json!({ "configuration": other }),
                json!({}),
            ] {
                let done = match kind {
                    "auth0" => {
                        let body: UpdateExternalAuth0UserSourceRequestDto = typed(change);
                        pools.update_auth0_user_source(id, &body).await
                    }
                    "cognito" => {
                        let body: UpdateExternalCognitoUserSourceRequestDto = typed(change);
                        pools.update_cognito_user_source(id, &body).await
                    }
                    "firebase" => {
                        let body: UpdateExternalFirebaseUserSourceRequestDto = typed(change);
                        pools.update_firebase_user_source(id, &body).await
                    }
                    "custom_code" => {
                        let body: UpdateExternalCustomCodeUserSourceRequestDto = typed(change);
                        pools.update_custom_code_user_source(id, &body).await
                    }
                    _ => {
                        let body: UpdateFederationUserSourceRequestDto = typed(change);
                        pools.update_federation_user_source(id, &body).await
                    }
                };
                done.expect("a change");
            }
            let after = pools.get_user_source(id).await.expect("the pool");
            assert_eq!(
                (after.name.as_str(), after.description.as_deref(), after.index),
                ("renamed", Some("described"), 5)
            );
            assert_eq!(json(&after.configuration), other, "{kind}");
            assert_eq!((after.app_ids, after.type_), (before.app_ids, before.type_), "{kind}");
        }
    }
}

#[tokio::test]
async fn a_pool_of_another_kind_is_unknown() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    for (kind, _) in KINDS {
        let id = pool(&world, kind, json!({})).await;
        for (other, _) in KINDS {
            let reply = back_end.call(&format!("update_{other}_user_source"), &[&id], json!({ "name": "x" })).await;
            if other == kind {
                assert_eq!(reply.status, 200, "{}", reply.body);
            } else {
                assert_eq!(reply.refused(404), "User pool not found", "{kind} as {other}");
            }
        }
        let body = json!({ "name": "x" });
        let reply = back_end.call(&format!("update_{kind}_user_source"), &["nothing"], body).await;
        assert_eq!(reply.refused(404), "User pool not found");
    }
    for operation in ["get_user_source", "delete_user_source", "list_user_source_users"] {
        assert_eq!(back_end.call(operation, &["nothing"], Value::Null).await.refused(404), "User pool not found");
    }
}

#[tokio::test]
async fn a_configuration_that_leads_nowhere_is_refused() {
    let world = World::start().await;
    let mut back_end = world.back_end(None).await;
    let (new, dynamic, from_source) = (
        json!({ "tenantResolverType": "new" }),
        json!({ "tenantResolverType": "dynamic", "tenantIdFieldName": "org" }),
        json!({ "tenantResolverType": "from-source" }),
    );
    let fixed = json!({ "tenantResolverType": "static", "tenantId": "acme" });
    for (kind, member, values) in [
        ("auth0", "tenantConfig", vec![json!({}), from_source.clone(), json!({ "tenantResolverType": "static" })]),
        ("auth0", "tenantConfig", vec![json!({ "tenantResolverType": "dynamic", "tenantIdFieldName": " " })]),
        ("cognito", "tenantConfig", vec![from_source.clone(), json!({ "tenantResolverType": "dynamic" })]),
        ("firebase", "tenantConfig", vec![dynamic.clone(), from_source.clone(), Value::Null]),
        ("custom_code", "tenantConfig", vec![dynamic, fixed.clone(), json!({ "tenantResolverType": "other" })]),
        ("federation", "tenantConfig", vec![from_source, json!({ "tenantResolverType": "static", "tenantId": " " })]),
        ("auth0", "domain", vec![Value::Null, json!(""), json!(1)]),
        ("auth0", "isMigrated", vec![Value::Null, json!("true")]),
        ("cognito", "accessKeyId", vec![Value::Null, json!("  ")]),
        ("firebase", "serviceAccount", vec![Value::Null, json!({ "type": "service_account" })]),
        ("custom_code", "codePayload", vec![Value::Null, json!("")]),
        ("federation", "wellknownUrl", vec![json!("acme.test"), json!("ftp://acme.test"), json!("")]),
    ] {
        for value in values {
            let mut body = sample(kind);
            body["configuration"][member] = value;
            let change = json!({ "configuration": body["configuration"] });
            back_end.call(&format!("create_{kind}_user_source"), &[], body).await.refused(400);
            let id = pool(&world, kind, json!({})).await;
            let update = format!("update_{kind}_user_source");
            back_end.call(&update, &[&id], change).await.refused(400);
            let read = back_end.done("get_user_source", &[&id], Value::Null).await;
            assert_eq!(read["configuration"], sample(kind)["configuration"], "nothing has changed");
            back_end.done("delete_user_source", &[&id], Value::Null).await;
        }
    }
    let mut body = sample("federation");
    for member in ["wellknownUrl", "oauth2Config"] {
        body["configuration"].as_object_mut().expect("members").remove(member);
    }
    let reply = back_end.call("create_federation_user_source", &[], body.clone()).await;
    assert_eq!(reply.refused(400), "configuration.wellknownUrl or configuration.oauth2Config is required");
    body["configuration"]["wellknownUrl"] = json!("https://acme.test/.well-known/openid-configuration");
    back_end.done("create_federation_user_source", &[], body).await;
    for (member, value) in [("name", json!(" ")), ("appIds", json!([""])), ("index", Value::Null)] {
        let mut body = sample("firebase");
        body["configuration"]["tenantConfig"] = new.clone();
        body[member] = value;
        back_end.call("create_firebase_user_source", &[], body).await.refused(400);
    }
    let all = back_end.done("list_user_sources", &[], Value::Null).await;
    assert_eq!(all.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_pool_serves_the_applications_that_it_is_given() {
    for world in World::each().await {
        let pools = world.frontegg.management().user_pools();
        let mut body = sample("auth0");
        body["appIds"] = json!(["b", "a", "b"]);
        let created = pools.create_auth0_user_source(&typed(body)).await.expect("a pool");
        let shown = async || pools.get_user_source(&created.id).await.expect("the pool").app_ids.unwrap_or_default();
        assert_eq!(shown().await, ["a", "b"]);
        let more = AssignApplicationsToUserSourceRequestDto::new(["c", "b", "c"], created.id.as_str());
        for _ in 0..2 {
            pools.assign_applications_to_user_source(&more).await.expect("to be stored");
            assert_eq!(shown().await, ["a", "b", "c"]);
        }
        let fewer = UnassignApplicationsFromUserSourceRequestDto::new(["b", "nothing"], created.id.as_str());
        for _ in 0..2 {
            pools.unassign_applications_from_user_source(&fewer).await.expect("to be stored");
            assert_eq!(shown().await, ["a", "c"]);
        }
        let nowhere = AssignApplicationsToUserSourceRequestDto::new(["a"], "nothing");
        assert_eq!(refused(pools.assign_applications_to_user_source(&nowhere).await, 404), "User pool not found");
        let nowhere = UnassignApplicationsFromUserSourceRequestDto::new(["a"], "nothing");
        assert_eq!(refused(pools.unassign_applications_from_user_source(&nowhere).await, 404), "User pool not found");
        let raw = world.raw().await;
        for operation in ["assign_applications_to_user_source", "unassign_applications_from_user_source"] {
            for body in [json!({ "appIds": ["a"] }), json!({ "userSourceId": created.id })] {
                raw.call(operation, &[], body).await.refused(400);
            }
        }
        let blank = json!({ "appIds": [" "], "userSourceId": created.id });
        raw.call("assign_applications_to_user_source", &[], blank).await.refused(400);
        assert_eq!(shown().await, ["a", "c"]);
        // With the last of them the list goes.
        let rest = UnassignApplicationsFromUserSourceRequestDto::new(["a", "c"], created.id.as_str());
        pools.unassign_applications_from_user_source(&rest).await.expect("to be stored");
        assert_eq!(pools.get_user_source(&created.id).await.expect("the pool").app_ids, None);
    }
}

#[tokio::test]
async fn a_pool_goes_and_the_others_keep_their_places() {
    let world = World::start().await;
    let pools = world.frontegg.management().user_pools();
    let (first, second) = (pool(&world, "auth0", json!({})).await, pool(&world, "federation", json!({})).await);
    pools.delete_user_source(&first).await.expect("it is gone");
    assert_eq!(refused(pools.delete_user_source(&first).await, 404), "User pool not found");
    assert_eq!(refused(pools.get_user_source(&first).await, 404), "User pool not found");
    let left = pools.list_user_sources().await.expect("the pools");
    assert_eq!(left.iter().map(|pool| (&pool.id, pool.index)).collect::<Vec<_>>(), [(&second, 1)]);
    let people = pools.list_user_source_users(&second, ListUserSourceUsers::new()).await.expect("a page");
    assert_eq!((people.items.len(), people.metadata.total_items), (0, 0));
    world.emulator.reset().await.expect("a reset");
    assert!(pools.list_user_sources().await.expect("the pools").is_empty());
}

#[tokio::test]
async fn only_the_environment_sees_pools() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[&world.role("Admin").await]).await;
    let session = world.raw_with(&world.token(&ada, "acme").await);
    let id = pool(&world, "auth0", json!({})).await;
    for operation in ["list_user_sources", "get_user_source", "list_user_source_users", "delete_user_source"] {
        session.call(operation, &[&id], Value::Null).await.refused(403);
        world.raw_with("").call(operation, &[&id], Value::Null).await.refused(401);
    }
    session.call("create_auth0_user_source", &[], sample("auth0")).await.refused(403);
}

#[tokio::test]
async fn pools_travel_with_the_secrets_only() {
    for world in World::each().await {
        let id = pool(&world, "cognito", json!({})).await;
        let pools = world.frontegg.management().user_pools();
        let before = json(&pools.list_user_sources().await.expect("the pools"));
        let snapshot = world.emulator.snapshot().await.expect("a snapshot");
        let whole = world.emulator.export_with_secrets().await.expect("a document");
        let plain = world.emulator.export().await.expect("a document");
        assert!(!plain.to_string().contains("secretAccessKey-1") && plain["tables"].get("user_pools").is_none());
        pools.delete_user_source(&id).await.expect("it is gone");
        world.emulator.restore(&snapshot).await.expect("back");
        assert_eq!(json(&pools.list_user_sources().await.expect("the pools")), before);
        world.emulator.import(&plain).await.expect("an import");
        assert!(pools.list_user_sources().await.expect("the pools").is_empty());
        for (table, column, value, text) in [
            ("user_pools", "kind", "ldap", "ldap is none of the choices"),
            ("user_pools", "kind", "firebase", "tenantResolverType must be one of static, new"),
            ("user_pools", "configuration", "{}", "missing field"),
            ("user_pool_applications", "app_id", " ", "it should not be empty"),
        ] {
            let mut document = whole.clone();
            document["tables"][table][0][column] = json!(value);
            let error = world.emulator.import(&document).await.expect_err("a refusal").to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}
