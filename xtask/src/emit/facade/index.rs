//! Writes the guide's page that lists every operation.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::{categories, names::Names};
use crate::documents::api::{Api, Need, Operation};

/// The page, in Markdown.
pub fn page(api: &Api, names: &Names) -> Result<String> {
    let mut out = String::from(
        "# All operations\n\n\
         By category, in the order of the reference. *Token* says who may call: `none` takes no token, `environment` the one of\n\
         [`Frontegg`](crate::Frontegg) and its scopes, `user` that of a session or machine. *Scope* says what a call with the\n\
         environment's token has to name, in brackets what it may.\n",
    );
    for category in categories::all() {
        write!(out, "\n## {}\n\n{}\n", category.id, category.about)?;
        for view in &names.views {
            let held = |operation: &&Operation| {
                operation.category == category.id && view.tags.iter().any(|tag| tag.name == operation.tag)
            };
            let mut operations: Vec<&Operation> = api.published().filter(held).collect();
            operations.sort_by_key(|operation| names.method(operation));
            if operations.is_empty() {
                continue;
            }
            write!(out, "\n### [`{0}`](crate::views::{0})\n\n", view.name)?;
            out.push_str("| method | what | path | token | scope |\n|---|---|---|---|---|\n");
            for operation in operations {
                out.push_str(&row(names, operation)?);
            }
        }
    }
    Ok(out)
}

fn row(names: &Names, operation: &Operation) -> Result<String> {
    let view = names.view(&operation.tag).context("no view")?;
    let name = names.method(operation);
    let token = operation.token.replace("environment_or_user", "environment or user");
    let scope = [("tenant", operation.tenant), ("user", operation.user)];
    let scope = scope.into_iter().filter_map(|(what, need)| match need {
        Need::None => None,
        Need::Optional => Some(format!("({what})")),
        Need::Required => Some(what.to_owned()),
    });
    let old = if operation.deprecated { " *Deprecated.*" } else { "" };
    Ok(format!(
        "| [`{name}`](crate::views::{}::{name}) | {}.{old} | `{} {}` | {token} | {} |\n",
        view.name,
        operation.summary.trim_end_matches('.').replace('|', "\\|"),
        operation.method.to_uppercase(),
        operation.path,
        scope.collect::<Vec<_>>().join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_published_operation_has_a_row() {
        let operation = |id: &str, published: bool| {
            json!({
                "operationId": id, "tags": ["Beds"], "summary": "Digs.", "x-category": "management", "x-token": "environment_or_user",
                "x-scope": ["tenant", "user?"], "x-published": published, "responses": { "200": {} },
            })
        };
        let api = Api::read(json!({
            "tags": [{ "name": "Beds" }],
            "paths": { "/beds/v2": { "put": operation("dig_v2", true), "get": operation("look", false) } },
        }))
        .unwrap();
        let page = page(&api, &Names::with(&api, &[]).unwrap()).unwrap();
        let row =
            "| [`dig`](crate::views::Beds::dig) | Digs. | `PUT /beds/v2` | environment or user | tenant, (user) |\n";
        assert!(page.contains("## management\n\n") && page.contains(row), "{page}");
        assert!(!page.contains("look"));
    }
}
