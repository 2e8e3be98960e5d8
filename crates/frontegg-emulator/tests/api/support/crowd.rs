//! Many people in many tenants, as a document to import: faster than inviting them one by one.

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
    let mut rows = |table: &str, rows: Vec<Value>| document["tables"][table] = rows.into();
    rows("tenants", (0..tenants).map(tenant).collect());
    rows("users", (0..users).map(|number| user(number, tenants)).collect());
    rows("user_emails", (0..users).map(user_email).collect());
    rows("memberships", (0..users).map(|number| membership(number, tenants)).collect());
    document
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
