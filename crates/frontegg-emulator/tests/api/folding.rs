//! Filters of lists: no case in any script, composed or not, the same on every store.

use serde_json::{Value, json};

use crate::support::{World, browser::Browser};

/// Two spellings of a text that filters do not tell apart.
const SAME: [(&str, &str); 6] = [
    ("Ünï Ä", "ÜNÏ ä"),
    ("ÄÖÜ Werk", "a\u{308}o\u{308}u\u{308} werk"),
    ("Straße", "STRASSE"),
    ("ΟΔΟΣ", "οδος"),
    ("ПРИВЕТ", "привет"),
    ("\u{212a}elvin", "KELVIN"),
];

async fn total(back_end: &mut Browser, operation: &str, query: &str) -> u64 {
    let page = back_end.query(operation, query).await;
    page["_metadata"]["totalItems"].as_u64().unwrap_or_else(|| panic!("{operation}?{query}: {page}"))
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn case_does_not_matter_in_any_script() {
    for world in World::each().await {
        for (index, (one, other)) in SAME.into_iter().enumerate() {
            for (round, (stored, sought)) in [(one, other), (other, one)].into_iter().enumerate() {
                let tenant = format!("t-{index}-{round}");
                let mut back_end = world.back_end(None).await;
                let named = json!({ "tenantId": tenant, "name": format!("x {stored}") });
                back_end.done("create_tenant", &[], named).await;
                let mut own = world.back_end(Some(&tenant)).await;
                let new = json!({ "email": "ada@acme.test", "name": stored, "skipInviteEmail": true });
                let ada = own.done("create_user_v2", &[], new).await["id"].clone();
                let role = json!([{ "key": tenant, "name": "Role", "description": format!("x {stored}"), "level": 1 }]);
                own.done("create_roles_v1", &[], role).await;
                let text = encoded(sought);
                for (operation, query) in [
                    ("list_tenants", format!("_filter={text}")),
                    ("list_roles_v2", format!("_filter={text}")),
                    ("list_users", format!("_namePrefix={text}")),
                    ("search_users", format!("_phraseSearchContains={text}")),
                ] {
                    assert_eq!(total(&mut own, operation, &query).await, 1, "{operation}: {stored:?} by {sought:?}");
                }
                // What was renamed is found by its new name only.
                let path = ada.as_str().expect("an id").to_owned();
                back_end.done("update_user_globally", &[&path], json!({ "name": "Ada" })).await;
                assert_eq!(total(&mut own, "list_users", &format!("_namePrefix={text}")).await, 0);
                assert_eq!(total(&mut own, "list_users", "_namePrefix=aDA").await, 1);
                own.done("remove_user", &[&path], Value::Null).await;
                back_end.done("delete_tenant", &[&tenant], Value::Null).await;
            }
        }
    }
}
