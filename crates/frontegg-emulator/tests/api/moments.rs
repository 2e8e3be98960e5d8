//! One moment a request: nothing was changed before it was made, nor after it while it is new. And
//! numbers by their value.

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn new_records_were_changed_when_they_were_made() {
    for world in World::each().await {
        world.tenant("acme").await;
        let mut back_end = world.back_end(Some("acme")).await;
        for round in 0..20 {
            let role = |name: &str| json!({ "key": format!("{name}{round}"), "name": name, "level": 1 });
            let number = format!("+49151123456{round:02}");
            let ada =
                json!({ "email": format!("ada{round}@acme.test"), "phoneNumber": number, "skipInviteEmail": true });
            let bob = json!({ "email": format!("bob{round}@acme.test"), "tenantId": "acme" });
            for (operation, body) in [
                ("create_tenant", json!({ "tenantId": format!("t-{round}"), "name": "Tenant" })),
                ("create_roles_v1", json!([role("a"), role("b"), role("c")])),
                ("create_permissions", json!([{ "key": format!("p{round}"), "name": "P" }])),
                ("create_permission_category", json!({ "name": format!("c{round}") })),
                ("create_group", json!({ "name": format!("g{round}") })),
                ("create_user_globally", bob),
                ("create_user_v2", ada),
            ] {
                back_end.done(operation, &[], body).await;
            }
        }
        // Answers leave some moments out; the store has them all.
        let document = world.emulator.export_with_secrets().await.expect("a document");
        for (table, rows) in document["tables"].as_object().expect("tables") {
            for row in rows.as_array().expect("rows").iter().filter(|row| row["updated_at"].is_number()) {
                let made = &row["created_at"];
                assert!(made.is_null() || *made == row["updated_at"], "{table}: {row}");
            }
        }
        for (table, least) in [("users", 40), ("memberships", 40), ("roles", 60), ("tenants", 20), ("groups", 20)] {
            assert!(document["tables"][table].as_array().is_some_and(|rows| rows.len() >= least), "{table}");
        }
    }
}

/// A number is whole by its value, in a body as in a query.
#[tokio::test]
async fn whole_numbers_may_have_a_point() {
    let world = World::start().await;
    world.tenant("acme").await;
    let raw = world.raw().await;
    for (index, level) in [json!(1), json!(1.0), json!(1e0)].into_iter().enumerate() {
        let role = json!([{ "key": format!("r{index}"), "name": "Role", "level": level }]);
        let answer = raw.call("create_roles_v1", &[], role).await;
        assert_eq!((answer.status.as_u16(), &answer.body[0]["level"]), (201, &json!(1)), "{}", answer.body);
    }
    for (level, text) in
        [(json!(1.5), "[0].level must be an integer number"), (json!(1e300), "[0].level must be an integer number")]
    {
        let role = json!([{ "key": "r", "name": "Role", "level": level }]);
        assert_eq!(raw.call("create_roles_v1", &[], role).await.refused(400), text);
    }
    for query in ["_limit=2", "_limit=2.0", "_limit=2e0", "_limit=0.2e1"] {
        let page = raw.query("list_roles_v2", &[], query, Value::Null).await;
        assert_eq!(page.body["items"].as_array().map(Vec::len), Some(2), "{query}: {}", page.body);
    }
}
