//! Names of views and of their methods: what belongs together is one view under the field's name, and the version of an
//! operation that is the one to use now has a name without a number.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::documents::api::{Api, Operation, Tag, tag_module, tag_type};

/// A view's type and its tags.
type Row = (&'static str, &'static [&'static str]);

/// Views that hold several tags, or are called otherwise than theirs. Every other tag is a view of its name.
const VIEWS: &[Row] = &[
    ("Users", &["Users", "User Management"]),
    ("Groups", &["User Groups"]),
    ("Roles", &["Roles", "Account Roles"]),
    ("Permissions", &["Permissions", "Permissions Categories"]),
    ("Applications", &["Applications Settings", "Users-applications Management"]),
    ("Sso", &["SSO Configurations", "SAML Configurations", "OIDC Configurations", "SSO Settings"]),
    ("Audits", &["Audits", "Metrics"]),
    ("Scim", &["SCIM Configurations", "SCIM Settings"]),
    ("Tenants", &["Accounts", "Account Settings", "Account Migration", "Sub-accounts", "Sub-accounts and Hierarchy"]),
];

/// A view and the tags whose operations it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View<'a> {
    /// Its type, e.g. `Users`.
    pub name: String,
    /// Its module and the method that leads to it, e.g. `users`.
    pub module: String,
    /// Its tags, the one that it is about first.
    pub tags: Vec<&'a Tag>,
}

/// All names.
#[derive(Debug)]
pub struct Names<'a> {
    /// In the order of the documents.
    pub views: Vec<View<'a>>,
    /// Names without a number, by the ids that have one.
    unnumbered: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    /// Reads the names that the published operations need.
    pub fn read(api: &'a Api) -> Result<Self> {
        Self::with(api, VIEWS)
    }

    /// The same with another table of views.
    pub(super) fn with(api: &'a Api, table: &[Row]) -> Result<Self> {
        Ok(Self { views: views(api, table)?, unnumbered: unnumbered(api)? })
    }

    /// The view of a tag.
    pub fn view(&self, tag: &str) -> Option<&View<'a>> {
        self.views.iter().find(|view| view.tags.iter().any(|held| held.name == tag))
    }

    /// The method of an operation.
    pub fn method<'o>(&self, operation: &'o Operation) -> &'o str
    where
        'a: 'o,
    {
        self.unnumbered.get(operation.id.as_str()).copied().unwrap_or(&operation.id)
    }

    /// The type of an operation's optional values.
    pub fn params(&self, operation: &Operation) -> String {
        self.method(operation).to_upper_camel_case()
    }
}

fn views<'a>(api: &'a Api, table: &[Row]) -> Result<Vec<View<'a>>> {
    let offered = |tag: &&Tag| api.tagged(&tag.name).any(|operation| operation.published);
    let tags: Vec<&Tag> = api.tags.iter().filter(offered).collect();
    let mut views: Vec<View> = Vec::new();
    for tag in &tags {
        let row = table.iter().find(|(_, tags)| tags.contains(&tag.name.as_str()));
        let (name, module) = match row {
            Some((name, _)) => ((*name).to_owned(), name.to_snake_case()),
            None => (tag_type(&tag.name), tag_module(&tag.name)),
        };
        match views.iter_mut().find(|view| view.name == name) {
            Some(view) => view.tags.push(tag),
            None => views.push(View { name, module, tags: vec![tag] }),
        }
    }
    for (name, wanted) in table {
        for tag in *wanted {
            ensure!(tags.iter().any(|held| held.name == *tag), "view {name}: no tag {tag:?} any more");
        }
        if let Some(view) = views.iter_mut().find(|view| view.name == *name) {
            view.tags.sort_by_key(|tag| wanted.iter().position(|name| tag.name == *name));
        }
    }
    Ok(views)
}

/// The highest version of an operation gives its number up, unless an operation without one is there already. That it is
/// one the vendor advises against is an error.
fn unnumbered(api: &Api) -> Result<BTreeMap<&str, &str>> {
    let mut newest: BTreeMap<&str, (u32, &Operation)> = BTreeMap::new();
    for operation in api.published() {
        let Some((stem, version)) = numbered(&operation.id) else { continue };
        if newest.get(stem).is_none_or(|(known, _)| *known < version) {
            newest.insert(stem, (version, operation));
        }
    }
    newest.retain(|stem, _| api.operations.iter().all(|operation| operation.id != *stem));
    for (_, operation) in newest.values() {
        ensure!(!operation.deprecated, "{} is the newest version and deprecated", operation.id);
    }
    Ok(newest.into_iter().map(|(stem, (_, operation))| (operation.id.as_str(), stem)).collect())
}

/// Stem and version of an id, e.g. of `create_user_v2`.
pub fn numbered(id: &str) -> Option<(&str, u32)> {
    let (stem, version) = id.rsplit_once("_v")?;
    Some((stem, version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn api(operations: &[(&str, &str, bool)]) -> Api {
        let paths = operations.iter().map(|(id, tag, deprecated)| {
            let operation =
                json!({ "operationId": id, "tags": [tag], "deprecated": deprecated, "responses": { "200": {} } });
            (format!("/{id}"), json!({ "get": operation }))
        });
        let tags: Vec<Value> = ["Beds", "Bed Management", "Plants"].map(|name| json!({ "name": name })).into();
        Api::read(json!({ "paths": paths.collect::<serde_json::Map<_, _>>(), "tags": tags })).unwrap()
    }

    #[test]
    fn a_view_may_hold_several_tags() {
        let api = api(&[("sow", "Beds", false), ("dig", "Bed Management", false), ("water", "Plants", false)]);
        let table: &[Row] = &[("Garden", &["Bed Management", "Beds"])];
        let views = super::views(&api, table).unwrap();
        let held: Vec<_> = views
            .iter()
            .map(|view| (view.module.as_str(), view.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(held, [("garden", vec!["Bed Management", "Beds"]), ("plants", vec!["Plants"])]);
        let error = super::views(&api, &[("Garden", &["Ponds"])]).unwrap_err().to_string();
        assert_eq!(error, "view Garden: no tag \"Ponds\" any more");
    }

    #[test]
    fn the_newest_version_needs_no_number() {
        let api = api(&[
            ("sow_v1", "Beds", true),
            ("sow_v2", "Beds", false),
            ("dig", "Beds", false),
            ("dig_v1", "Beds", false),
            ("water_v1", "Beds", false),
        ]);
        assert_eq!(unnumbered(&api).unwrap(), BTreeMap::from([("sow_v2", "sow"), ("water_v1", "water")]));
    }

    #[test]
    fn a_newest_version_that_is_deprecated_is_an_error() {
        let api = api(&[("sow_v1", "Beds", false), ("sow_v2", "Beds", true)]);
        assert_eq!(unnumbered(&api).unwrap_err().to_string(), "sow_v2 is the newest version and deprecated");
    }
}
