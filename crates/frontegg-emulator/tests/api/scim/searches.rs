//! Lists: filters, pages, which attributes come along, and what they cost.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{ENTERPRISE, Provider};
use crate::support::{World, effort::effort};

async fn crowd(world: &World, count: usize) -> Provider {
    world.tenant("acme").await;
    let acme = Provider::of(world, "acme").await;
    for number in 0..count {
        let user = json!({
            "userName": format!("User{number}@acme.test"),
            "externalId": format!("Ext{number}"),
            "displayName": format!("Näme {number}"),
            "emails": [{ "value": format!("user{number}@acme.test"), "type": "work" }],
            ENTERPRISE: { "department": if number % 2 == 0 { "even" } else { "odd" } },
        });
        acme.ask(Method::POST, "/Users", user).await.ok(201);
    }
    acme
}

fn names(found: &[Value]) -> Vec<&str> {
    found.iter().map(|one| one["externalId"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn filters_find_users_and_groups() {
    let world = World::start().await;
    let acme = crowd(&world, 4).await;
    let first = acme.find("/Users", "externalId eq \"Ext0\"").await;
    let id = first[0]["id"].as_str().expect("an id");
    let group = acme.group("Readers", &[id]).await;
    for (filter, found) in [
        ("userName eq \"USER1@ACME.TEST\"", &["Ext1"][..]),
        ("externalId eq \"Ext2\"", &["Ext2"]),
        ("externalId eq \"ext2\"", &[]),
        (&format!("id eq \"{id}\""), &["Ext0"]),
        ("displayName eq \"NÄME 3\"", &["Ext3"]),
        ("userName eq \"user1@acme.test\" and active eq false", &[]),
        ("userName eq \"user1@acme.test\" or externalId eq \"Ext3\"", &["Ext1", "Ext3"]),
        ("emails[type eq \"work\"].value eq \"user2@acme.test\"", &["Ext2"]),
        ("emails.value ew \"acme.test\" and not (externalId eq \"Ext0\")", &["Ext1", "Ext2", "Ext3"]),
        ("userName sw \"user\"", &["Ext0", "Ext1", "Ext2", "Ext3"]),
        (&format!("{ENTERPRISE}:department eq \"odd\""), &["Ext1", "Ext3"]),
        ("groups.display eq \"readers\"", &["Ext0"]),
        ("groups pr", &["Ext0"]),
        ("meta.created gt \"2000-01-01T00:00:00Z\"", &["Ext0", "Ext1", "Ext2", "Ext3"]),
        ("title pr", &[]),
    ] {
        assert_eq!(names(&acme.find("/Users", filter).await), found, "{filter}");
    }
    for (filter, found) in [
        ("displayName eq \"readers\"", 1),
        (&format!("members.value eq \"{id}\""), 1),
        (&format!("id eq \"{group}\" and members eq \"{id}\""), 1),
        (&format!("id eq \"{group}\" and members eq \"{group}\""), 0),
        ("members[value eq \"nobody\"]", 0),
    ] {
        assert_eq!(acme.find("/Groups", filter).await.len(), found, "{filter}");
    }
    for filter in ["userName eq", "nobody eq \"x\"", "userName eq \"", &format!("userName eq \"{}\"", "x".repeat(2048))]
    {
        let query = serde_urlencoded::to_string([("filter", filter)]).expect("a query");
        assert_eq!(acme.get(&format!("/Users?{query}")).await.refused(400), "invalidFilter");
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let world = World::start().await;
    let acme = crowd(&world, 5).await;
    for (query, start, found) in [
        ("", 1, &["Ext0", "Ext1", "Ext2", "Ext3", "Ext4"][..]),
        ("startIndex=2&count=2", 2, &["Ext1", "Ext2"]),
        ("startIndex=5&count=2", 5, &["Ext4"]),
        ("startIndex=6", 6, &[]),
        ("startIndex=0&count=1", 1, &["Ext0"]),
        ("startIndex=-3&count=1", 1, &["Ext0"]),
        ("count=0", 1, &[]),
        ("count=-1", 1, &[]),
        ("filter=userName%20pr&startIndex=4&count=9", 4, &["Ext3", "Ext4"]),
        ("filter=userName%20pr&count=0", 1, &[]),
    ] {
        let page = acme.get(&format!("/Users?{query}")).await.ok(200);
        assert_eq!(names(page["Resources"].as_array().expect("resources")), found, "{query}");
        let counts = json!([page["totalResults"], page["startIndex"], page["itemsPerPage"]]);
        assert_eq!(counts, json!([5, start, found.len()]), "{query}");
    }
    acme.group("Readers", &[]).await;
    // Over both kinds, users first.
    let search = |start: u64, count: u64| json!({ "filter": "displayName pr", "startIndex": start, "count": count });
    let all = acme.ask(Method::POST, "/.search", search(1, 9)).await.ok(200);
    assert_eq!((&all["totalResults"], &all["Resources"][5]["displayName"]), (&json!(6), &json!("Readers")));
    let page = acme.ask(Method::POST, "/.search", search(5, 2)).await.ok(200);
    assert_eq!(page["Resources"].as_array().expect("resources").len(), 2);
    assert_eq!(page["Resources"][1], all["Resources"][5]);
    let last = acme.ask(Method::POST, "/.search", search(6, 2)).await.ok(200);
    assert_eq!(last["Resources"], json!([all["Resources"][5]]));
    // An attribute that groups do not have has no value there.
    let named = acme.ask(Method::POST, "/.search", json!({ "filter": "userName pr", "count": 1 })).await.ok(200);
    assert_eq!(named["totalResults"], 5);
    let groups = acme.ask(Method::POST, "/Groups/.search", json!({ "attributes": ["displayName"] })).await.ok(200);
    let group = groups["Resources"][0].as_object().expect("a group");
    assert_eq!(keys(group), ["displayName", "id", "schemas"]);
    assert_eq!(acme.ask(Method::POST, "/Users/.search", json!({ "filter": 1 })).await.refused(400), "invalidFilter");
}

/// The names of members, in their order.
fn keys(object: &Map<String, Value>) -> Vec<&str> {
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn answers_have_the_attributes_that_are_asked_for() {
    let world = World::start().await;
    let acme = crowd(&world, 1).await;
    let some = acme.get("/Users?attributes=userName,emails.type").await.ok(200)["Resources"][0].clone();
    assert_eq!(keys(some.as_object().expect("a user")), ["emails", "id", "schemas", "userName"]);
    assert_eq!(some["emails"], json!([{ "type": "work" }]));
    let less = acme.get("/Users?excludedAttributes=emails,meta,id").await.ok(200)["Resources"][0].clone();
    assert!(less.get("emails").is_none() && less.get("meta").is_none() && less["id"].is_string());
    let path = format!("/Users/{}", less["id"].as_str().expect("an id"));
    let one = acme.get(&format!("{path}?attributes={ENTERPRISE}:department")).await.ok(200);
    assert_eq!((&one[ENTERPRISE]["department"], one.get("userName")), (&json!("even"), None));
    let title = json!({ "Operations": [{ "op": "add", "path": "title", "value": "T" }] });
    let patched = acme.ask(Method::PATCH, &format!("{path}?attributes=title"), title).await.ok(200);
    assert_eq!((&patched["title"], patched.get("userName")), (&json!("T"), None));
}

/// What it takes to list or look up does not depend on how many there are.
#[tokio::test]
async fn lists_cost_the_same_for_few_and_for_many() {
    let world = World::start().await;
    let acme = crowd(&world, 2).await;
    let users: Vec<String> = {
        let found = acme.find("/Users", "userName pr").await;
        found.iter().map(|user| user["id"].as_str().expect("an id").to_owned()).collect()
    };
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    acme.group("G0", &members).await;
    let queries = [
        "/Users",
        "/Users?filter=userName%20eq%20%22user1%40acme.test%22",
        "/Users?filter=emails.value%20ew%20%22acme.test%22",
        "/Groups",
        "/Groups?filter=displayName%20eq%20%22g0%22",
        "/Groups?excludedAttributes=members",
    ];
    let mut costs = Vec::new();
    for query in queries {
        costs.push(effort(&world, async |_| drop(acme.get(query).await.ok(200))).await.statements);
    }
    assert!(costs.iter().all(|cost| *cost <= 6), "{costs:?}");
    for number in 2..30 {
        let id = acme.user(&format!("user{number}@acme.test")).await;
        acme.group(&format!("G{number}"), &[&id]).await;
    }
    for (query, cost) in queries.iter().zip(costs) {
        let more = effort(&world, async |_| drop(acme.get(query).await.ok(200))).await.statements;
        assert_eq!(more, cost, "{query}");
    }
}
