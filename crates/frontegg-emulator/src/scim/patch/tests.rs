use serde_json::json;

use super::*;
use crate::scim::schema::{GROUP, USER};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ada() -> Attributes {
    let user = json!({
        "userName": "ada",
        "active": true,
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [
            { "value": "ada@x.test", "type": "work", "primary": true },
            { "value": "ada@home.test", "type": "home" },
        ],
        ENTERPRISE: { "department": "R" },
    });
    resource::read(&USER, user).expect("a user")
}

fn group() -> Attributes {
    resource::read(&GROUP, json!({ "displayName": "G", "members": [{ "value": "1" }, { "value": "2" }] })).expect("one")
}

fn patched(of: &'static ResourceType, resource: &Attributes, operations: &Value) -> Result<Value, Error> {
    let patch = json!({ "schemas": [SCHEMA], "Operations": operations });
    apply(of, resource, &patch).map(Value::Object)
}

/// What becomes of somebody by one operation, beside what stays.
#[test]
fn operations_change_what_they_lead_to() {
    for (operation, pointer, becomes) in [
        (json!({ "op": "Replace", "path": "userName", "value": "a" }), "/userName", json!("a")),
        (json!({ "op": "replace", "path": "active", "value": "False" }), "/active", json!(false)),
        (json!({ "op": "add", "path": "title", "value": "Countess" }), "/title", json!("Countess")),
        (json!({ "op": "replace", "path": "title", "value": "Countess" }), "/title", json!("Countess")),
        (json!({ "op": "replace", "path": "displayName", "value": null }), "/displayName", Value::Null),
        (json!({ "op": "remove", "path": "name.givenName" }), "/name", json!({ "familyName": "Lovelace" })),
        (json!({ "op": "remove", "path": "name" }), "/name", Value::Null),
        (
            json!({ "op": "replace", "path": "name", "value": { "givenName": "A" } }),
            "/name",
            json!({ "givenName": "A", "familyName": "Lovelace" }),
        ),
        (
            json!({ "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "new@x.test" }),
            "/emails/0/value",
            json!("new@x.test"),
        ),
        (
            json!({ "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1" }),
            "/phoneNumbers",
            json!([{ "type": "mobile", "value": "1" }]),
        ),
        (json!({ "op": "remove", "path": "emails[type eq \"work\"]" }), "/emails/0/type", json!("home")),
        (json!({ "op": "remove", "path": "emails[type eq \"x\"]" }), "/emails/1/type", json!("home")),
        (
            json!({ "op": "remove", "path": "emails[type eq \"home\"].type" }),
            "/emails/1",
            json!({ "value": "ada@home.test" }),
        ),
        (json!({ "op": "remove", "path": "emails" }), "/emails", Value::Null),
        (
            json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": "True" }),
            "/emails/0/primary",
            json!(false),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [{ "value": "b@x.test", "primary": true }] }),
            "/emails/0/primary",
            json!(false),
        ),
        (
            json!({ "op": "replace", "path": "emails[type eq \"home\"]", "value": { "value": "c@x.test" } }),
            "/emails/1",
            json!({ "value": "c@x.test" }),
        ),
        (json!({ "op": "replace", "path": "emails", "value": { "value": "d" } }), "/emails", json!([{ "value": "d" }])),
        (
            json!({ "op": "add", "path": format!("{ENTERPRISE}:manager"), "value": "7" }),
            &format!("/{ENTERPRISE}/manager/value"),
            json!("7"),
        ),
        (json!({ "op": "remove", "path": format!("{ENTERPRISE}:department") }), &format!("/{ENTERPRISE}"), Value::Null),
        (
            json!({ "op": "replace", "path": ENTERPRISE, "value": { "division": "D" } }),
            &format!("/{ENTERPRISE}"),
            json!({ "department": "R", "division": "D" }),
        ),
        (
            json!({ "op": "Replace", "value": {
                "id": "9", "nobody": 1, "name.givenName": "A", format!("{ENTERPRISE}:department"): "S",
                "emails[type eq \"work\"].value": "e", "active": "false",
            } }),
            "/name/givenName",
            json!("A"),
        ),
    ] {
        let becoming =
            patched(&USER, &ada(), &json!([operation])).unwrap_or_else(|error| panic!("{operation}: {error:?}"));
        assert_eq!(becoming.pointer(pointer).unwrap_or(&Value::Null), &becomes, "{operation}");
        assert!(becoming["userName"].is_string());
    }
}

#[test]
fn members_come_and_go() {
    for (operation, members) in [
        (
            json!({ "op": "Add", "path": "members", "value": [{ "value": "2", "display": "x" }, { "value": "3" }] }),
            "123",
        ),
        (json!({ "op": "add", "value": { "members": [{ "value": "3" }] } }), "123"),
        (json!({ "op": "Remove", "path": "members[value eq \"1\"]" }), "2"),
        (json!({ "op": "Remove", "path": "members", "value": [{ "value": "1" }, { "value": "9" }] }), "2"),
        (json!({ "op": "remove", "path": "members", "value": "1" }), "2"),
        (json!({ "op": "remove", "path": "members" }), ""),
        (json!({ "op": "replace", "path": "members", "value": [] }), ""),
        (json!({ "op": "replace", "path": "members", "value": [{ "value": "5" }] }), "5"),
        (json!({ "op": "replace", "value": { "id": "x", "displayName": "H" } }), "12"),
    ] {
        let becoming = patched(&GROUP, &group(), &json!([operation])).expect("a group");
        let ids: String =
            becoming["members"].as_array().into_iter().flatten().filter_map(|one| one["value"].as_str()).collect();
        assert_eq!(ids, members, "{operation}");
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    for (operation, fault) in [
        (json!({ "op": "move", "path": "title" }), Fault::InvalidSyntax),
        (json!({ "op": "add", "path": "title" }), Fault::InvalidValue),
        (json!({ "op": "add", "path": 1, "value": 1 }), Fault::InvalidPath),
        (json!({ "op": "add", "path": "nobody", "value": 1 }), Fault::InvalidPath),
        (json!({ "op": "add", "path": "title", "value": 1 }), Fault::InvalidValue),
        (json!({ "op": "add", "value": "x" }), Fault::InvalidValue),
        (json!({ "op": "remove" }), Fault::NoTarget),
        (json!({ "op": "remove", "path": "userName" }), Fault::Mutability),
        (json!({ "op": "replace", "path": "userName", "value": null }), Fault::Mutability),
        (json!({ "op": "replace", "path": "id", "value": "x" }), Fault::Mutability),
        (json!({ "op": "add", "path": "groups", "value": [] }), Fault::Mutability),
        (json!({ "op": "replace", "path": "meta.version", "value": "x" }), Fault::Mutability),
        (json!({ "op": "replace", "path": "emails[type eq \"x\"].value", "value": "y" }), Fault::NoTarget),
        (json!({ "op": "add", "path": "emails[type sw \"x\"].value", "value": "y" }), Fault::NoTarget),
        (json!({ "op": "replace", "value": { "emails[nobody eq 1]": 1 } }), Fault::InvalidFilter),
        (json!({ "op": "replace", "path": ENTERPRISE, "value": 1 }), Fault::InvalidValue),
        (
            json!({ "op": "add", "path": "emails", "value": [
                { "value": "b", "primary": true }, { "value": "c", "primary": true },
            ] }),
            Fault::InvalidValue,
        ),
    ] {
        // What went before is of no effect either.
        let operations = json!([{ "op": "replace", "path": "title", "value": "x" }, operation]);
        let error = patched(&USER, &ada(), &operations).expect_err("a refusal");
        assert_eq!(error.fault, fault, "{operation}: {}", error.detail);
    }
    for patch in [
        json!([]),
        json!({}),
        json!({ "Operations": [] }),
        json!({ "Operations": {} }),
        json!({ "Operations": [1] }),
        json!({ "schemas": ["x"], "Operations": [{ "op": "remove", "path": "title" }] }),
    ] {
        assert_eq!(apply(&USER, &ada(), &patch).expect_err("a refusal").fault, Fault::InvalidSyntax, "{patch}");
    }
}

#[test]
fn nothing_changes_by_what_is_there() {
    for operation in [
        json!({ "op": "add", "path": "emails", "value": [{ "value": "ada@home.test", "type": "home" }] }),
        json!({ "op": "replace", "value": { "userName": "ada", "active": "True" } }),
        json!({ "op": "remove", "path": "title" }),
    ] {
        assert_eq!(patched(&USER, &ada(), &json!([operation])).expect("a user"), Value::Object(ada()), "{operation}");
    }
}
