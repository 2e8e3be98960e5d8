//! Writes the operations table of the model.

use std::fmt::Write as _;

use anyhow::Result;
use heck::ToUpperCamelCase;
use serde_json::Value;

use crate::documents::{
    api::{Api, Need},
    permission::Permission,
    reference_name,
};

/// The file with `OPERATIONS`, one row an operation.
pub fn table(api: &Api) -> Result<String> {
    let mut out = String::from(
        "//! The operations of the API, sorted by id.\n\nuse crate::operation::{Category as C, Method as M, Need as N, Operation, Permission as P, Token as T};\n\n\
         /// Every operation of the documents, sorted by id; those that the vendor does not publish are marked.\n\
         pub static OPERATIONS: &[Operation] = &[\n",
    );
    for operation in &api.operations {
        writeln!(
            out,
            "    Operation {{ id: {:?}, method: M::{}, path: {:?}, tag: {:?}, category: C::{}, token: T::{}, tenant: N::{}, \
             user: N::{}, permission: P::{}, application: {}, status: {}, idempotent: {}, paged: {}, published: {}, request: {:?}, answer: {:?}, file: {:?} }},",
            operation.id,
            operation.method.to_upper_camel_case(),
            operation.path,
            operation.tag,
            operation.category.to_upper_camel_case(),
            operation.token.to_upper_camel_case(),
            need(operation.tenant),
            need(operation.user),
            permission(&operation.permission),
            operation.takes_application(),
            operation.status,
            is_idempotent(&operation.method),
            operation.paged(),
            operation.published,
            operation.body.as_ref().map(|body| schema_name(&body.schema)),
            operation.answer.as_ref().map(schema_name),
            operation.file,
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

/// Whether a method is idempotent (RFC 9110 §9.2.2).
fn is_idempotent(method: &str) -> bool {
    matches!(method, "get" | "put" | "delete")
}

fn need(need: Need) -> &'static str {
    match need {
        Need::None => "None",
        Need::Optional => "Optional",
        Need::Required => "Required",
    }
}

fn permission(permission: &Permission) -> String {
    match permission {
        Permission::OneOf(keys) => format!("OneOf(&{keys:?})"),
        Permission::OneOfForOthers(keys) => format!("OneOfForOthers(&{keys:?})"),
        Permission::Own => "Own".to_owned(),
        Permission::Open(_) => "Open".to_owned(),
        Permission::NotApplicable => "NotApplicable".to_owned(),
    }
}

/// A schema in one word, e.g. `RoleResponse`, `[RoleResponse]`, `string`.
pub fn schema_name(schema: &Value) -> String {
    if let Some(name) = reference_name(schema) {
        return name.to_owned();
    }
    match schema["type"].as_str() {
        Some("array") => format!("[{}]", schema_name(&schema["items"])),
        Some(other) => other.to_owned(),
        None => "any".to_owned(),
    }
}
