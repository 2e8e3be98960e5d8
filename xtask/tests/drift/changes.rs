//! What the comparison sees, and what it does not.

use serde_json::{Value, json};
use xtask::drift::{Direction, Kind, compare, text};

use super::{answer, body, document, drift_of, lines, only, reference, remove, set};

#[test]
fn a_document_does_not_drift_from_itself() {
    let report = drift_of(|_| (), &[]);
    assert_eq!(lines(&report), [""; 0]);
    assert!(report.is_clean());
    assert_eq!(text(&report), "identity: no unexplained difference; 0 explained by 0 repairs; 0 stale\n");
}

#[test]
fn an_added_operation() {
    let report =
        drift_of(|upstream| set(upstream, "/paths/~1roles~1v1~1{id}/get", json!({ "responses": { "200": {} } })), &[]);
    let change = only(&report);
    assert_eq!((change.kind, change.direction), (Kind::Compatible, Direction::Operation));
    assert_eq!((change.place.as_str(), change.what.as_str()), ("GET /roles/v1/{id}", "added"));
    assert_eq!(change.pointer, "#/paths/~1roles~1v1~1{id}/get");
    assert!(!report.is_clean());
}

#[test]
fn a_removed_operation_and_a_deprecated_one() {
    let report = drift_of(
        |upstream| {
            remove(upstream, "/paths/~1roles~1v1~1{id}/delete");
            set(upstream, "/paths/~1roles~1v1/post/deprecated", true.into());
        },
        &[],
    );
    assert_eq!(lines(&report), ["Breaking DELETE /roles/v1/{id}: removed", "Review POST /roles/v1: deprecated now"]);
}

#[test]
fn parameters() {
    let report = drift_of(
        |upstream| {
            remove(upstream, "/paths/~1roles~1v1/get/parameters/1");
            let list = upstream.pointer_mut("/paths/~1roles~1v1/get/parameters").expect("parameters");
            let list = list.as_array_mut().expect("a list");
            list.push(json!({ "name": "dryRun", "in": "query", "required": true, "schema": { "type": "boolean" } }));
            list.push(json!({ "name": "Trace-Id", "in": "header", "schema": { "type": "string" } }));
        },
        &[],
    );
    assert_eq!(
        lines(&report),
        [
            "Breaking GET /roles/v1 query dryRun: added (boolean, required)",
            "Review GET /roles/v1 query _limit: removed",
            "Compatible GET /roles/v1 header Trace-Id: added (string, optional)",
        ]
    );
    assert_eq!(report.changes[0].pointer, "#/paths/~1roles~1v1/get/parameters/2");
    assert_eq!(report.changes[1].pointer, "#/paths/~1roles~1v1/get/parameters/_limit");
}

#[test]
fn names_of_path_parameters_and_the_need_of_scope_headers_are_no_difference() {
    let report = drift_of(
        |upstream| {
            set(upstream, "/paths/~1roles~1v1/get/parameters/0/required", true.into());
            set(upstream, "/paths/~1roles~1v1/get/parameters/0/name", "Frontegg-Tenant-Id".into());
            let mut item = upstream["paths"]["/roles/v1/{id}"].clone();
            item["parameters"][0]["name"] = "roleId".into();
            remove(upstream, "/paths/~1roles~1v1~1{id}");
            set(upstream, "/paths/~1roles~1v1~1{roleId}", item);
        },
        &[],
    );
    assert_eq!(lines(&report), [""; 0]);
}

#[test]
fn a_changed_type_is_said_once_for_all_operations_that_it_reaches() {
    let report =
        drift_of(|upstream| set(upstream, "/components/schemas/Role/properties/level/type", "string".into()), &[]);
    let change = only(&report);
    assert_eq!((change.kind, change.direction, change.reached_by), (Kind::Breaking, Direction::Response, 2));
    assert_eq!(change.place, "response Role.level");
    assert_eq!(change.what, "type number → string");
    assert_eq!(change.pointer, "#/components/schemas/Role/properties/level");
}

#[test]
fn enum_values_weigh_differently_by_direction() {
    let report = drift_of(
        |upstream| {
            set(upstream, "/components/schemas/Role/properties/kind/enum", json!(["custom", "okta", "system"]));
            set(upstream, "/components/schemas/Order/enum", json!(["DESC", "NONE"]));
        },
        &[],
    );
    assert_eq!(
        lines(&report),
        [
            "Breaking request Order: value \"ASC\" removed",
            "Review response Role.kind: value \"okta\" added",
            "Compatible request Order: value \"NONE\" added",
        ]
    );
}

#[test]
fn members_weigh_differently_by_direction() {
    let report = drift_of(
        |upstream| {
            set(upstream, "/components/schemas/NewRole/required", json!(["name", "level"]));
            set(upstream, "/components/schemas/NewRole/properties/color", json!({ "type": "string" }));
            set(upstream, "/components/schemas/NewRole/properties/name/nullable", true.into());
            set(upstream, "/components/schemas/Role/required", json!([]));
            set(upstream, "/components/schemas/Role/properties/level/nullable", true.into());
            set(upstream, "/components/schemas/Role/properties/color", json!({ "type": "string" }));
            remove(upstream, "/components/schemas/Role/properties/kind");
        },
        &[],
    );
    assert_eq!(
        lines(&report),
        [
            "Breaking request NewRole.level: required now",
            "Breaking response Role.id: optional now",
            "Breaking response Role.kind: removed",
            "Breaking response Role.level: may be null now",
            "Compatible request NewRole.color: added (string, optional)",
            "Compatible request NewRole.name: may be null now",
            "Compatible response Role.color: added (string, optional)",
        ]
    );
}

#[test]
fn bodies_and_statuses() {
    let report = drift_of(
        |upstream| {
            set(upstream, "/paths/~1roles~1v1~1{id}/delete/responses/204", answer(&reference("Role")));
            set(upstream, "/paths/~1roles~1v1~1{id}/delete/requestBody", body(&reference("NewRole")));
            set(upstream, "/paths/~1roles~1v1/get/responses/200", json!({}));
            set(upstream, "/paths/~1roles~1v1/get/responses/default", answer(&reference("Role")));
            let created = upstream["paths"]["/roles/v1"]["post"]["responses"]["201"].clone();
            set(upstream, "/paths/~1roles~1v1/post/responses", json!({ "200": created, "409": {} }));
        },
        &[],
    );
    assert_eq!(
        lines(&report),
        [
            "Breaking DELETE /roles/v1/{id} body: added (NewRole, required)",
            "Breaking GET /roles/v1 200: answers without a body now",
            "Review POST /roles/v1: status 201 → 200",
            "Compatible DELETE /roles/v1/{id} 204: answers with a body now (Role)",
        ]
    );
    assert_eq!(report.changes[2].pointer, "#/paths/~1roles~1v1/post/responses/200");
}

#[test]
fn bounds_of_what_is_sent() {
    let report = drift_of(
        |upstream| {
            set(upstream, "/paths/~1roles~1v1/get/parameters/1/schema/maximum", 10.into());
            set(upstream, "/components/schemas/NewRole/properties/name/minLength", 1.into());
            set(upstream, "/components/schemas/Role/properties/id/minLength", 1.into());
        },
        &[],
    );
    assert_eq!(
        lines(&report),
        ["Breaking GET /roles/v1 query _limit: maximum 50 → 10", "Breaking request NewRole.name: minLength none → 1",]
    );
}

#[test]
fn wording_and_ways_of_writing_are_no_difference() {
    let report = drift_of(
        |upstream| {
            let role = upstream["components"]["schemas"]["Role"].clone();
            set(upstream, "/components/schemas/RoleKind", role["properties"]["kind"].clone());
            // Number for integer, another format, a named enum behind a wrapper, prose.
            set(upstream, "/components/schemas/Role/properties/level", json!({ "type": "number", "example": 3 }));
            let wrapped = json!({ "description": "Who made it.", "allOf": [reference("RoleKind")] });
            set(upstream, "/components/schemas/Role/properties/kind", wrapped);
            // An answer put together from two parts.
            set(upstream, "/components/schemas/Empty", json!({ "type": "object" }));
            let mut own = role;
            own["properties"]["kind"]["enum"] = json!(["custom", "system"]);
            own.as_object_mut().expect("an object").remove("type");
            let folded = json!({ "allOf": [reference("Empty"), own] });
            set(upstream, "/paths/~1roles~1v1/post/responses/201", answer(&folded));
            // Operation ids, tags, security, error answers, defaults.
            set(upstream, "/paths/~1roles~1v1/post/operationId", "RolesController_add".into());
            set(upstream, "/paths/~1roles~1v1/post/tags", json!(["Roles"]));
            set(upstream, "/paths/~1roles~1v1/post/security", json!([{ "bearer": [] }]));
            remove(upstream, "/paths/~1roles~1v1/post/responses/400");
            set(upstream, "/paths/~1roles~1v1/get/parameters/1/schema/default", 50.into());
            set(upstream, "/components/schemas/NewRole/properties/name/pattern", "^.*$".into());
            set(upstream, "/components/schemas/NewRole/additionalProperties", true.into());
        },
        &[],
    );
    assert_eq!(lines(&report), [""; 0]);
}

#[test]
fn the_ways_of_openapi_3_1_are_no_difference() {
    let mut ours = document();
    set(&mut ours, "/components/schemas/Role/properties/id/nullable", true.into());
    set(
        &mut ours,
        "/components/schemas/Role/properties/parent",
        json!({ "nullable": true, "allOf": [reference("Role")] }),
    );
    let mut upstream = document();
    set(&mut upstream, "/components/schemas/Role/properties/id/type", json!(["string", "null"]));
    set(
        &mut upstream,
        "/components/schemas/Role/properties/parent",
        json!({ "anyOf": [reference("Role"), { "type": "null" }] }),
    );
    assert_eq!(lines(&compare(&upstream, &ours, &[], "identity")), [""; 0]);
}

#[test]
fn an_enum_may_be_open_to_other_values() {
    let with = |keyword: &str, values: Value| {
        let mut document = document();
        set(
            &mut document,
            "/components/schemas/NewRole/properties/level",
            json!({ "type": "string", keyword: values }),
        );
        document
    };
    let ours = with("x-extensible-enum", json!(["web", "agent"]));
    assert_eq!(lines(&compare(&with("enum", json!(["agent", "web"])), &ours, &[], "identity")), [""; 0]);
    let wider = with("enum", json!(["agent", "web", "native"]));
    assert_eq!(
        lines(&compare(&wider, &ours, &[], "identity")),
        ["Compatible request NewRole.level: value \"native\" added"]
    );
}

#[test]
fn alternatives_are_paired_by_name_and_by_content() {
    let text = json!({ "type": "string" });
    let count = json!({ "type": "number" });
    let with = |variants: Value| {
        let mut document = document();
        set(&mut document, "/components/schemas/NewRole/properties/level", json!({ "oneOf": variants }));
        document
    };
    let ours = with(json!([text, count, reference("Order")]));
    let same = with(json!([reference("Order"), count, text]));
    assert_eq!(lines(&compare(&same, &ours, &[], "identity")), [""; 0]);
    let other = with(json!([reference("Role"), { "type": "array", "items": text }, text, count]));
    assert_eq!(
        lines(&compare(&other, &ours, &[], "identity")),
        [
            "Breaking request NewRole.level: alternative Order removed",
            "Compatible request NewRole.level: alternative Role added",
            "Compatible request NewRole.level: alternative array of string added",
        ]
    );
}

#[test]
fn a_renamed_schema_is_compared_under_its_new_name() {
    let report = drift_of(
        |upstream| {
            let mut role = upstream["components"]["schemas"]["Role"].clone();
            role["properties"]["color"] = json!({ "type": "string" });
            role["properties"]["parent"] = reference("RoleDto");
            remove(upstream, "/components/schemas/Role");
            set(upstream, "/components/schemas/RoleDto", role);
            set(
                upstream,
                "/paths/~1roles~1v1/get/responses/200",
                answer(&json!({ "type": "array", "items": reference("RoleDto") })),
            );
            set(upstream, "/paths/~1roles~1v1/post/responses/201", answer(&reference("RoleDto")));
        },
        &[],
    );
    let change = only(&report);
    assert_eq!((change.place.as_str(), change.reached_by), ("response RoleDto.color", 2));
}

#[test]
fn a_path_may_be_part_of_the_server_s_address() {
    let operation = json!({ "post": { "responses": { "200": {} } } });
    let upstream = json!({
        "servers": [{ "url": "https://api.example.test/auth/vendor" }],
        "paths": { "/": operation }
    });
    let ours = json!({ "servers": [{ "url": "https://api.example.test" }], "paths": { "/auth/vendor": operation } });
    assert_eq!(lines(&compare(&upstream, &ours, &[], "environment")), [""; 0]);
}

#[test]
fn circles_and_dead_ends_come_to_an_end() {
    let mut odd = document();
    set(&mut odd, "/components/schemas/Order", json!({ "allOf": [reference("Order")] }));
    set(&mut odd, "/components/schemas/NewRole", json!({ "allOf": [reference("NewRole"), { "type": "object" }] }));
    set(&mut odd, "/components/schemas/Role/properties/parent", json!({ "type": "array", "items": reference("Role") }));
    set(&mut odd, "/components/schemas/Role/properties/kind", reference("Nothing"));
    assert_eq!(lines(&compare(&odd, &odd.clone(), &[], "identity")), [""; 0]);
    assert_eq!(
        lines(&compare(&odd, &document(), &[], "identity")),
        [
            "Breaking response Role.kind: type string → any",
            "Breaking response Role.parent: type object → array",
            "Review request NewRole.level: removed",
            "Review request NewRole.name: removed",
            "Compatible request Order: type string → any",
        ]
    );
}

#[test]
fn schemas_that_no_operation_leads_to_are_compared_by_name() {
    let mut ours = document();
    set(&mut ours, "/components/schemas/Alone", json!({ "type": "object", "properties": { "id": {} } }));
    let mut upstream = document();
    set(&mut upstream, "/components/schemas/Alone", json!({ "type": "object", "properties": { "parent": {} } }));
    set(&mut upstream, "/components/schemas/New", json!({ "type": "object" }));
    let report = compare(&upstream, &ours, &[], "identity");
    assert_eq!(
        lines(&report),
        [
            "Review schema Alone.id: removed",
            "Review schema Alone.parent: added (any, optional)",
            "Compatible schema New: added",
        ]
    );
    assert_eq!(report.changes[0].reached_by, 0);
}
