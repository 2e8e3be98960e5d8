//! Templates for the claims, the life and the algorithm of tokens, and which of them counts for whom.
//!
//! A token whose claims a [template](Template) shapes has those and no others, but for what the service adds itself:
//! see [`shape`]. Which template that is, if any, the [`targeting`] says.

mod bearer;
mod claims;
mod placeholders;
mod shaping;
pub(crate) mod targeting;

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, Order, QueryFilter, QueryOrder,
    sea_query::{Expr, SimpleExpr},
};
use serde_json::{Map, Value};

use super::{DomainError, DomainResult, input, settings};
use crate::{
    ids,
    store::{
        Fetch, Read, Write,
        dump::Row,
        entity::jwt_template,
        query::{self, Page, Paged},
    },
    tokens::Algorithm,
};

pub(crate) use shaping::shape;

/// For how many seconds a token may be valid: up to 180 days.
const EXPIRATION: std::ops::RangeInclusive<i64> = 10..=15_552_000;

/// A template to make.
#[derive(Clone, Debug)]
pub(crate) struct NewTemplate {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) expiration: i64,
    pub(crate) algorithm: Algorithm,
    pub(crate) claims: Map<String, Value>,
}

/// What to change of a template; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct TemplateChange {
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) expiration: Option<i64>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) claims: Option<Map<String, Value>>,
}

/// What templates are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    Id,
    Key,
    Name,
    #[default]
    CreatedAt,
    UpdatedAt,
}

/// Which templates to list, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct TemplateListing {
    pub(crate) keys: Option<Vec<String>>,
    pub(crate) ids: Option<Vec<String>>,
    pub(crate) sort_by: SortBy,
    pub(crate) descending: bool,
    pub(crate) page: Page,
}

/// A template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) key: String,
    expiration: Duration,
    pub(crate) algorithm: Algorithm,
    /// With their placeholders.
    pub(crate) claims: Map<String, Value>,
}

impl Template {
    /// The template of a row.
    pub(crate) fn of(row: &jwt_template::Model) -> DomainResult<Self> {
        let unknown = || DomainError::internal(anyhow::anyhow!("the store names an algorithm that is unknown"));
        Ok(Self {
            key: row.key.clone(),
            expiration: Duration::from_secs(u64::try_from(row.expiration).map_err(DomainError::internal)?),
            algorithm: Algorithm::named(&row.algorithm).ok_or_else(unknown)?,
            claims: read_claims(row)?,
        })
    }
}

fn read_claims(row: &jwt_template::Model) -> DomainResult<Map<String, Value>> {
    serde_json::from_str(&row.claims).map_err(DomainError::internal)
}

/// Refuses a template whose life is too short or too long, or whose claims are not those of a token.
fn check(expiration: i64, claims: &Map<String, Value>) -> DomainResult<()> {
    if !EXPIRATION.contains(&expiration) {
        let (least, most) = (EXPIRATION.start(), EXPIRATION.end());
        return Err(DomainError::bad_request(format!("expiration must be between {least} and {most}")));
    }
    claims::check(claims)
}

/// Refuses a row that no template is kept as.
pub(crate) fn check_row(claims: &str, row: &Row) -> DomainResult<()> {
    if row.get("algorithm").and_then(Value::as_str).and_then(Algorithm::named).is_none() {
        return Err(DomainError::bad_request("the algorithm is unknown"));
    }
    check(row.get("expiration").and_then(Value::as_i64).unwrap_or_default(), &settings::read(claims)?)
}

/// Makes a template; 409 where its key is taken.
pub(crate) async fn create(tx: &Write, new: NewTemplate) -> DomainResult<jwt_template::Model> {
    check_names(Some(&new.key), Some(&new.name))?;
    check(new.expiration, &new.claims)?;
    require_free(tx, &new.key).await?;
    let row = jwt_template::ActiveModel {
        id: Set(ids::new_id()),
        key: Set(new.key),
        name: Set(new.name),
        description: Set(new.description),
        expiration: Set(new.expiration),
        algorithm: Set(new.algorithm.name().to_owned()),
        claims: Set(text(&new.claims)?),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
    };
    Ok(row.insert(tx).await?)
}

/// Changes a template. Tokens that are out stay as they are, and so do rules that name it by an earlier key.
pub(crate) async fn update(tx: &Write, id: &str, change: TemplateChange) -> DomainResult<jwt_template::Model> {
    let present = require(tx, id).await?;
    check_names(change.key.as_deref(), change.name.as_deref())?;
    let claims = match change.claims {
        Some(claims) => claims,
        None => read_claims(&present)?,
    };
    check(change.expiration.unwrap_or(present.expiration), &claims)?;
    if let Some(key) = change.key.as_ref().filter(|key| **key != present.key) {
        require_free(tx, key).await?;
    }
    let mut row = present.into_active_model();
    row.claims.set_ne(text(&claims)?);
    row.updated_at = Set(tx.now());
    if let Some(key) = change.key {
        row.key.set_ne(key);
    }
    if let Some(name) = change.name {
        row.name.set_ne(name);
    }
    if let Some(description) = change.description {
        row.description.set_ne(Some(description));
    }
    if let Some(expiration) = change.expiration {
        row.expiration.set_ne(expiration);
    }
    if let Some(algorithm) = change.algorithm {
        row.algorithm.set_ne(algorithm.name().to_owned());
    }
    Ok(row.update(tx).await?)
}

/// Deletes a template, or 404. Rules that name it pick nothing from now on.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    require(tx, id).await?.delete(tx).await?;
    Ok(())
}

/// The template with that id, or 404.
pub(crate) async fn require(tx: &Read, id: &str) -> DomainResult<jwt_template::Model> {
    let row = jwt_template::Entity::find_by_id(id).fetch_one(tx).await?;
    row.ok_or_else(|| DomainError::not_found("JWT template not found"))
}

/// A page of the templates. Keys and ids that nobody knows are passed over.
pub(crate) async fn list(tx: &Read, listing: TemplateListing) -> DomainResult<Paged<jwt_template::Model>> {
    let TemplateListing { keys, ids, sort_by, descending, page } = listing;
    let mut select = jwt_template::Entity::find();
    if let Some(keys) = keys {
        input::at_most("keys", &keys)?;
        select = select.filter(jwt_template::Column::Key.is_in(keys));
    }
    if let Some(ids) = ids {
        input::at_most("ids", &ids)?;
        select = select.filter(jwt_template::Column::Id.is_in(ids));
    }
    let order = if descending { Order::Desc } else { Order::Asc };
    let select = select.order_by(sorting(sort_by), order).order_by_asc(jwt_template::Column::Id);
    Ok(query::page(select, page, tx).await?)
}

fn sorting(sort_by: SortBy) -> SimpleExpr {
    let column = match sort_by {
        SortBy::Id => jwt_template::Column::Id,
        SortBy::Key => jwt_template::Column::Key,
        SortBy::Name => jwt_template::Column::Name,
        SortBy::CreatedAt => jwt_template::Column::CreatedAt,
        SortBy::UpdatedAt => jwt_template::Column::UpdatedAt,
    };
    Expr::col((jwt_template::Entity, column))
}

fn check_names(key: Option<&str>, name: Option<&str>) -> DomainResult<()> {
    if let Some(key) = key {
        input::check_id("key", key)?;
    }
    input::not_empty("", &[("name", name)])
}

async fn require_free(tx: &Read, key: &str) -> DomainResult<()> {
    let taken = jwt_template::Entity::find().filter(jwt_template::Column::Key.eq(key)).fetch_one(tx).await?;
    match taken {
        Some(_) => Err(DomainError::conflict("A JWT template with that key already exists")),
        None => Ok(()),
    }
}

fn text(claims: &Map<String, Value>) -> DomainResult<String> {
    serde_json::to_string(claims).map_err(DomainError::internal)
}
