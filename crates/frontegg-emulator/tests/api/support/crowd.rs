//! Many people in many tenants, as a document to import: faster than inviting them one by one.

#![allow(dead_code, reason = "not everybody uses all of it")]

use std::io::{self, Write};

use serde_json::{Map, Value, json};

/// When the first of them came, in microseconds.
const BEGINNING: i64 = 1_700_000_000_000_000;

/// The id of the person of that number.
pub(crate) fn user_id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// The id of the tenant of that number.
pub(crate) fn tenant_id(number: usize) -> String {
    format!("tenant-{number:06}")
}

/// The address of the person of that number.
pub(crate) fn email(number: usize) -> String {
    format!("person{number:06}@acme.test")
}

/// A document with these many people more than `empty`, one of each in a tenant, in turns. They are
/// called `Person 000001` and so on, and came in this order.
pub(crate) fn crowd(empty: &Value, users: usize, tenants: usize) -> Value {
    let mut document = empty.clone();
    for (table, rows) in tables(empty, users, tenants) {
        document["tables"][table] = rows.collect();
    }
    document
}

/// Writes such a document row by row, in the order that an export has: for more people than memory holds.
pub(crate) fn write_crowd(empty: &Value, users: usize, tenants: usize, mut out: impl Write) -> io::Result<()> {
    let members = empty.as_object().into_iter().flatten().filter(|(name, _)| *name != "tables");
    let mut before = '{';
    for (name, value) in members {
        write!(out, "{before}\"{name}\":{value}")?;
        before = ',';
    }
    write!(out, ",\"tables\":")?;
    before = '{';
    for (table, rows) in tables(empty, users, tenants) {
        write!(out, "{before}\"{table}\":")?;
        before = '[';
        for row in rows {
            write!(out, "{before}{row}")?;
            before = ',';
        }
        write!(out, "]")?;
    }
    write!(out, "}}}}")
}

/// Rows by their table, parents before their children. Every tenant has the applications that are there.
fn tables(empty: &Value, users: usize, tenants: usize) -> [(&'static str, Box<dyn Iterator<Item = Value>>); 6] {
    let applications = empty["tables"]["applications"].as_array().cloned().unwrap_or_default();
    let ids: Vec<Value> = applications.iter().map(|application| application["id"].clone()).collect();
    let assigned = ids.into_iter().flat_map(move |id| (0..tenants).map(move |tenant| tenant_application(&id, tenant)));
    [
        ("tenants", Box::new((0..tenants).map(tenant))),
        ("users", Box::new((0..users).map(move |number| user(number, tenants)))),
        ("user_emails", Box::new((0..users).map(user_email))),
        ("memberships", Box::new((0..users).map(move |number| membership(number, tenants)))),
        ("applications", Box::new(applications.into_iter())),
        ("tenant_applications", Box::new(assigned)),
    ]
}

fn at(number: usize) -> Value {
    (BEGINNING + i64::try_from(number).unwrap_or(i64::MAX)).into()
}

/// With the moments of creation and of change.
fn row(number: usize, members: Value) -> Value {
    let Value::Object(members) = members else { return members };
    let mut row: Map<String, Value> = members;
    row.insert("created_at".to_owned(), at(number));
    row.insert("updated_at".to_owned(), at(number));
    row.into()
}

fn tenant(number: usize) -> Value {
    let id = tenant_id(number);
    let name = format!("Tenant {number:06}");
    row(
        number,
        json!({
            "id": id, "tenant_id": id, "name": name, "is_reseller": false, "metadata": "{}", "details": "{}",
            "is_locked": false,
        }),
    )
}

fn user(number: usize, tenants: usize) -> Value {
    row(
        number,
        json!({
            "id": user_id(number), "name": format!("Person {number:06}"), "provider": "local",
            "managed_by": "frontegg", "verified": true, "is_locked": false, "failed_logins": 0,
            "super_user": false, "invisible": false, "mfa_bypass": false, "metadata": "{}",
            "vendor_metadata": "{}", "active_tenant_id": tenant_id(number % tenants),
        }),
    )
}

fn user_email(number: usize) -> Value {
    let (id, address) = (user_id(number), email(number));
    row(
        number,
        json!({
            "id": id, "user_id": id, "email": address, "address_key": address, "verified": true,
            "is_primary": true,
        }),
    )
}

fn membership(number: usize, tenants: usize) -> Value {
    let id = user_id(number);
    row(
        number,
        json!({
            "id": id, "user_id": id, "tenant_id": tenant_id(number % tenants), "status": "Activated",
            "is_disabled": false, "sub_tenant_access": false,
        }),
    )
}

fn tenant_application(app_id: &Value, tenant: usize) -> Value {
    json!({
        "app_id": app_id, "tenant_id": tenant_id(tenant), "access_type": "FREE_ACCESS", "created_at": at(tenant),
    })
}
