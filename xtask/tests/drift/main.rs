//! The drift comparer on small pairs of documents, and on the published documents where they are at hand.

mod changes;
mod files;
mod repairs;

use serde_json::{Value, json};
use xtask::drift::{Change, Repair, Report, compare};

/// A document with two operations around a few schemas.
fn document() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Roles", "version": "1" },
        "servers": [{ "url": "https://api.example.test/identity" }],
        "paths": {
            "/roles/v1": {
                "get": {
                    "parameters": [
                        { "name": "frontegg-tenant-id", "in": "header", "schema": { "type": "string" } },
                        { "name": "_limit", "in": "query", "schema": { "type": "integer", "maximum": 50 } },
                        { "name": "_order", "in": "query", "schema": { "$ref": "#/components/schemas/Order" } }
                    ],
                    "responses": { "200": answer(&json!({ "type": "array", "items": reference("Role") })) }
                },
                "post": {
                    "requestBody": body(&reference("NewRole")),
                    "responses": { "201": answer(&reference("Role")), "400": { "description": "Bad." } }
                }
            },
            "/roles/v1/{id}": {
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "delete": { "responses": { "204": { "description": "Gone." } } }
            }
        },
        "components": { "schemas": {
            "Order": { "type": "string", "enum": ["ASC", "DESC"] },
            "NewRole": {
                "type": "object",
                "required": ["name"],
                "properties": { "name": { "type": "string" }, "level": { "type": "integer" } }
            },
            "Role": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": { "type": "string" },
                    "level": { "type": "integer", "format": "int32" },
                    "kind": { "type": "string", "enum": ["system", "custom"] },
                    "parent": reference("Role")
                }
            }
        } }
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn body(schema: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn answer(schema: &Value) -> Value {
    json!({ "description": "Done.", "content": { "application/json": { "schema": schema } } })
}

fn repair(pointer: &str) -> Repair {
    Repair { document: "identity".into(), pointer: pointer.into(), what: "ours".into(), why: "because".into() }
}

/// The published document is the one above after `change`.
fn drift_of(change: impl FnOnce(&mut Value), repairs: &[Repair]) -> Report {
    let mut upstream = document();
    change(&mut upstream);
    compare(&upstream, &document(), repairs, "identity")
}

/// Sets what a pointer points at, whether or not it is there yet.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a parent").as_object_mut().expect("an object");
    parent.insert(name.replace("~1", "/"), value);
}

fn remove(document: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match document.pointer_mut(parent).expect("a parent") {
        Value::Object(members) => drop(members.remove(&name.replace("~1", "/")).expect("a member")),
        Value::Array(items) => drop(items.remove(name.parse().expect("a position"))),
        other => panic!("{other} has no members"),
    }
}

/// One line a change: kind, place, what.
fn lines(report: &Report) -> Vec<String> {
    let line = |change: &Change| format!("{:?} {}: {}", change.kind, change.place, change.what);
    report.changes.iter().map(line).collect()
}

/// The one change that a report has.
fn only(report: &Report) -> &Change {
    let [change] = report.changes.as_slice() else { panic!("not one change: {:#?}", report.changes) };
    change
}
