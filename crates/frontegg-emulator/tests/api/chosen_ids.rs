//! Ids that callers choose: those that a path or a header would carry as another are refused.

use serde_json::{Value, json};

use crate::support::World;

const BAD: [&str; 11] = [".", "..", " x", "x ", "\tx", "x\u{a0}", "a\tb", "a\nb", "a\u{7f}b", "a\u{85}b", " "];

#[tokio::test]
async fn ids_that_no_path_or_header_carries_are_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let mut back_end = world.back_end(None).await.with("frontegg-user-id", &ada);
    let mut own = world.back_end(Some("acme")).await;
    world.configure(json!({ "skipTenantValidation": true })).await;
    for id in BAD {
        let role = json!([{ "key": id, "name": "Role", "level": 1 }]);
        let permission = json!([{ "key": id, "name": "Permission" }]);
        let person = json!({ "tenantId": "acme", "email": "bob@acme.test", "externalId": id });
        let choice = json!({ "activeApplicationTenants": [{ "applicationId": id, "tenantId": "acme" }] });
        for (operation, path, body, member) in [
            ("create_tenant", vec![], json!({ "tenantId": id, "name": "n" }), "tenantId"),
            ("add_user_to_tenant", vec![&*ada], json!({ "tenantId": id }), "tenantId"),
            ("set_user_active_tenant", vec![&*ada], json!({ "tenantId": id }), "tenantId"),
            ("create_roles_v1", vec![], role, "[0].key"),
            ("create_permissions", vec![], permission, "[0].key"),
            ("create_user_globally", vec![], person, "externalId"),
            ("set_user_application_active_tenants", vec![], choice, "applicationId"),
        ] {
            let text = back_end.call(operation, &path, body).await.refused(400);
            assert!(text.starts_with(&format!("{member} ")), "{operation} {id:?}: {text}");
        }
        let task = back_end.done("migrate_tenants", &[], json!({ "tenants": [{ "tenantId": id, "name": "n" }] })).await;
        let path = task["migrationId"].as_str().expect("an id").to_owned();
        let report = back_end.done("get_tenant_migration_status", &[&path], Value::Null).await;
        assert!(report.to_string().contains("tenantId "), "{id:?}: {report}");
        // A client would not send these as they are.
        if !matches!(id, "." | "..") && !id.contains(['\t', '\n']) {
            let users = json!({ "userIds": [ada], "tenantId": "acme" });
            assert!(own.call("assign_users_to_application", &[id], users).await.refused(400).starts_with("appId "));
        }
    }
    // Whatever else a path and a header carry is an id.
    for id in ["müller", "a b", "...", ".a", "a/b", "a%2eb"] {
        let made = back_end.done("create_tenant", &[], json!({ "tenantId": id, "name": "n" })).await;
        assert_eq!(made["tenantId"], id);
    }
}

/// An import names people, tenants and roles as well.
#[tokio::test]
async fn imported_ids_are_held_to_the_same() {
    let world = World::start().await;
    world.tenant("acme").await;
    let document = world.emulator.export_with_secrets().await.expect("a document");
    for (table, column) in [("tenants", "tenant_id"), ("roles", "id"), ("roles", "key")] {
        for id in BAD {
            let mut document = document.clone();
            document["tables"][table][0][column] = id.into();
            let error = world.emulator.import(&document).await.expect_err("a refusal").to_string();
            assert!(error.contains(&format!("tables.{table}[0].{column}: ")), "{id:?}: {error}");
        }
    }
}
