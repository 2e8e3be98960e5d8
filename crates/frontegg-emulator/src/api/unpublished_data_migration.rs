//! People who come over in the lines of a CSV file (RFC 4180).

use std::collections::BTreeMap;

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext, unpublished_data_migration::UnpublishedDataMigrationApi,
};
use frontegg_model::types;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::data_migration;
use crate::{
    domain::{DomainError, DomainResult, joining::migration::Entry},
    service::Service,
};

/// Members of an entry that a column may be. Of these two a cell is no text as it stands.
const ROLE_IDS: &str = "roleIds";
const VERIFY_USER: &str = "verifyUser";
const MEMBERS: [&str; 16] = [
    "authenticatorAppMfaSecret",
    "email",
    "externalId",
    "metadata",
    "name",
    "passwordHash",
    "passwordHashConfig",
    "phoneNumber",
    "phoneNumberType",
    "profilePictureUrl",
    "provider",
    ROLE_IDS,
    "tenantId",
    "username",
    "vendorMetadata",
    VERIFY_USER,
];
/// What stands between the members of a list in one cell.
const SEPARATOR: char = '|';

/// How the passwords of all lines were hashed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Hashing {
    password_hash_type: Option<String>,
    password_hash_config: Option<String>,
}

impl UnpublishedDataMigrationApi for Service {
    async fn migrate_users_from_csv(
        &self,
        _: &RequestContext,
        body: types::MigrateUsersFromCsvRequest,
    ) -> ApiResult<types::MigrationContext> {
        let entries = read(&body)?;
        if entries.is_empty() {
            return Err(ApiFailure::bad_request("csv must have a line for somebody"));
        }
        data_migration::migrate(self, entries).await
    }
}

fn read(body: &types::MigrateUsersFromCsvRequest) -> DomainResult<Vec<Entry>> {
    let mapper: BTreeMap<String, String> = object("fieldsMapper", &body.fields_mapper)?;
    let hashing = match &body.hashing_config {
        Some(text) => object("hashingConfig", text.expose())?,
        None => Hashing::default(),
    };
    let mut lines = csv::ReaderBuilder::new().from_reader(body.csv.expose().trim_start_matches('\u{feff}').as_bytes());
    let columns = columns(lines.headers().map_err(|error| unreadable(&error))?, &mapper)?;
    let entry = |line: Result<csv::StringRecord, csv::Error>| {
        let line = line.map_err(|error| unreadable(&error))?;
        Ok(data_migration::entry(person(&line, &columns, &hashing)))
    };
    lines.records().map(entry).collect()
}

fn object<'a, T: Deserialize<'a>>(member: &str, text: &'a str) -> DomainResult<T> {
    serde_json::from_str(text)
        .map_err(|_| DomainError::bad_request(format!("{member} is no object of texts as described")))
}

/// Where it is, and nothing of what stands there.
fn unreadable(error: &csv::Error) -> DomainError {
    let place = error.position().map_or_else(String::new, |position| format!(" at line {}", position.line()));
    DomainError::bad_request(format!("csv cannot be read{place}"))
}

/// Which member of an entry stands in which column.
fn columns(names: &csv::StringRecord, mapper: &BTreeMap<String, String>) -> DomainResult<Vec<(usize, &'static str)>> {
    let mut columns: Vec<(usize, &'static str)> = Vec::with_capacity(mapper.len());
    for (column, member) in mapper {
        let refused = |why: &str| DomainError::bad_request(format!("fieldsMapper.{column} {why}"));
        let index = names.iter().position(|name| name == column).ok_or_else(|| refused("is no column of the file"))?;
        let known = MEMBERS.iter().find(|known| *known == member);
        let member = known.ok_or_else(|| refused(&format!("must be one of {}", MEMBERS.join(", "))))?;
        if columns.iter().any(|(_, taken)| taken == member) {
            return Err(refused("is the same member as another column"));
        }
        columns.push((index, *member));
    }
    for needed in ["email", "tenantId"] {
        if !columns.iter().any(|(_, member)| *member == needed) {
            return Err(DomainError::bad_request(format!("fieldsMapper must name the column for {needed}")));
        }
    }
    Ok(columns)
}

/// The entry of one line.
fn person(
    line: &csv::StringRecord,
    columns: &[(usize, &'static str)],
    hashing: &Hashing,
) -> DomainResult<types::MigrateUserRequestV1> {
    let mut entry = Map::new();
    for (index, member) in columns {
        let cell = line.get(*index).unwrap_or_default();
        if !cell.is_empty() {
            entry.insert((*member).to_owned(), value(member, cell)?);
        }
    }
    if entry.contains_key("passwordHash") {
        let of_all =
            [("passwordHashType", &hashing.password_hash_type), ("passwordHashConfig", &hashing.password_hash_config)];
        for (member, text) in of_all {
            if let Some(text) = text {
                entry.entry(member).or_insert_with(|| Value::from(text.as_str()));
            }
        }
    }
    for needed in ["email", "tenantId"] {
        if !entry.contains_key(needed) {
            return Err(DomainError::bad_request(format!("{needed} is required")));
        }
    }
    serde_json::from_value(Value::Object(entry)).map_err(|_| DomainError::bad_request("The line does not fit"))
}

fn value(member: &str, cell: &str) -> DomainResult<Value> {
    Ok(match (member, cell) {
        (ROLE_IDS, _) => cell.split(SEPARATOR).collect(),
        (VERIFY_USER, "true") => Value::Bool(true),
        (VERIFY_USER, "false") => Value::Bool(false),
        (VERIFY_USER, _) => return Err(DomainError::bad_request("verifyUser must be true or false")),
        _ => Value::from(cell),
    })
}
