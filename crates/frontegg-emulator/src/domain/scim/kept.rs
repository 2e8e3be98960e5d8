//! What is kept of resources, and how it is shown.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use serde_json::{Map, Value, json};

use super::{Answer, Failure};
use crate::{
    clock::Timestamp,
    domain::{DomainResult, settings},
    scim::{
        projection::Projection,
        resource::{self, Attributes, Meta},
        schema::{GROUP, ResourceType, USER},
        version::{Tags, tag},
    },
    store::{
        Fetch, Read,
        entity::{scim_connection, scim_group, scim_group_member, scim_user},
        query::ROWS,
    },
};

/// A resource as its client gets it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) resource: Attributes,
    /// Where it is.
    pub(crate) location: String,
    pub(crate) version: i64,
}

/// A row of any kind.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: String,
    resource: String,
    pub(super) version: i64,
    pub(super) created_at: Timestamp,
    updated_at: Timestamp,
}

impl Record {
    /// The attributes that the client has set.
    pub(super) fn attributes(&self) -> DomainResult<Attributes> {
        settings::read(&self.resource)
    }

    /// Refuses a change where the client means another version.
    pub(super) fn require(&self, wanted: Option<&Tags>) -> Answer<()> {
        match wanted {
            Some(tags) if !tags.name(self.version) => Err(Failure::OtherVersion),
            _ => Ok(()),
        }
    }
}

/// A kind of resources, with the table that they are kept in.
pub(super) trait Kept {
    type Entity: EntityTrait<Model = Self::Row, Column = Self::Column>;
    type Row: FromQueryResult + Clone + Send + Sync;
    type Column: ColumnTrait;

    const OF: &'static ResourceType;
    /// The attribute that tells what is linked: the groups of a user, the members of a group.
    const LINKS: &'static str;
    const CONNECTION: Self::Column;
    const ID: Self::Column;
    const CREATED_AT: Self::Column;

    fn record(row: Self::Row) -> Record;

    /// The column that is searched for texts of an attribute, and whether it is [folded](crate::text::fold).
    fn column(attribute: &str) -> Option<(Self::Column, Folding)>;

    /// What is linked with each of these resources.
    async fn links(tx: &Read, base: &str, ids: &[String]) -> DomainResult<HashMap<String, Vec<Value>>>;
}

/// How a column has its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folding {
    AsWritten,
    Folded,
}

/// Users.
pub(super) enum Users {}

/// Groups.
pub(super) enum Groups {}

impl Kept for Users {
    type Entity = scim_user::Entity;
    type Row = scim_user::Model;
    type Column = scim_user::Column;

    const OF: &'static ResourceType = &USER;
    const LINKS: &'static str = "groups";
    const CONNECTION: scim_user::Column = scim_user::Column::ConnectionId;
    const ID: scim_user::Column = scim_user::Column::Id;
    const CREATED_AT: scim_user::Column = scim_user::Column::CreatedAt;

    fn record(row: scim_user::Model) -> Record {
        let scim_user::Model { id, resource, version, created_at, updated_at, .. } = row;
        Record { id, resource, version, created_at, updated_at }
    }

    fn column(attribute: &str) -> Option<(scim_user::Column, Folding)> {
        match attribute {
            "id" => Some((scim_user::Column::Id, Folding::AsWritten)),
            "externalId" => Some((scim_user::Column::ExternalId, Folding::AsWritten)),
            "userName" => Some((scim_user::Column::UserNameFolded, Folding::Folded)),
            "displayName" => Some((scim_user::Column::DisplayNameFolded, Folding::Folded)),
            _ => None,
        }
    }

    async fn links(tx: &Read, base: &str, ids: &[String]) -> DomainResult<HashMap<String, Vec<Value>>> {
        let mut links = HashMap::<String, Vec<Value>>::new();
        for ids in ids.chunks(ROWS) {
            let rows = scim_group_member::Entity::find()
                .select_only()
                .column_as(scim_group_member::Column::ScimUserId, "holder")
                .column_as(scim_group::Column::Id, "id")
                .column_as(scim_group::Column::Display, "display")
                .join(JoinType::InnerJoin, scim_group_member::Relation::Group.def())
                .filter(scim_group_member::Column::ScimUserId.is_in(ids))
                .order_by_asc(scim_group::Column::CreatedAt)
                .order_by_asc(scim_group::Column::Id)
                .into_model::<Link>()
                .fetch_all(tx)
                .await?;
            for link in rows {
                link.add_to(&mut links, &GROUP, "direct", base);
            }
        }
        Ok(links)
    }
}

impl Kept for Groups {
    type Entity = scim_group::Entity;
    type Row = scim_group::Model;
    type Column = scim_group::Column;

    const OF: &'static ResourceType = &GROUP;
    const LINKS: &'static str = "members";
    const CONNECTION: scim_group::Column = scim_group::Column::ConnectionId;
    const ID: scim_group::Column = scim_group::Column::Id;
    const CREATED_AT: scim_group::Column = scim_group::Column::CreatedAt;

    fn record(row: scim_group::Model) -> Record {
        let scim_group::Model { id, resource, version, created_at, updated_at, .. } = row;
        Record { id, resource, version, created_at, updated_at }
    }

    fn column(attribute: &str) -> Option<(scim_group::Column, Folding)> {
        match attribute {
            "id" => Some((scim_group::Column::Id, Folding::AsWritten)),
            "externalId" => Some((scim_group::Column::ExternalId, Folding::AsWritten)),
            "displayName" => Some((scim_group::Column::DisplayNameFolded, Folding::Folded)),
            _ => None,
        }
    }

    async fn links(tx: &Read, base: &str, ids: &[String]) -> DomainResult<HashMap<String, Vec<Value>>> {
        let mut links = HashMap::<String, Vec<Value>>::new();
        for ids in ids.chunks(ROWS) {
            let rows = scim_group_member::Entity::find()
                .select_only()
                .column_as(scim_group_member::Column::ScimGroupId, "holder")
                .column_as(scim_user::Column::Id, "id")
                .column_as(scim_user::Column::Display, "display")
                .join(JoinType::InnerJoin, scim_group_member::Relation::User.def())
                .filter(scim_group_member::Column::ScimGroupId.is_in(ids))
                .order_by_asc(scim_user::Column::CreatedAt)
                .order_by_asc(scim_user::Column::Id)
                .into_model::<Link>()
                .fetch_all(tx)
                .await?;
            for link in rows {
                link.add_to(&mut links, &USER, "User", base);
            }
        }
        Ok(links)
    }
}

/// A resource that is linked with another.
#[derive(Debug, FromQueryResult)]
struct Link {
    holder: String,
    id: String,
    display: String,
}

impl Link {
    /// Adds it to those of its holder, as one to a resource of that type.
    fn add_to(self, links: &mut HashMap<String, Vec<Value>>, of: &ResourceType, kind: &str, base: &str) {
        let Self { holder, id, display } = self;
        let link = json!({ "value": id, "$ref": location(base, of, &id), "display": display, "type": kind });
        links.entry(holder).or_default().push(link);
    }
}

/// The row of a resource of the connection; nothing where there is none.
pub(super) async fn find<K: Kept>(tx: &Read, connection: &scim_connection::Model, id: &str) -> Answer<Option<K::Row>> {
    let row = K::Entity::find().filter(K::ID.eq(id)).filter(K::CONNECTION.eq(connection.id.as_str()));
    Ok(row.fetch_one(tx).await?)
}

/// The row of a resource that is to be changed: 404 where there is none, 412 where the client means another version.
pub(super) async fn require<K: Kept>(
    tx: &Read,
    connection: &scim_connection::Model,
    id: &str,
    wanted: Option<&Tags>,
) -> Answer<K::Row> {
    let row = find::<K>(tx, connection, id).await?.ok_or(Failure::NotFound)?;
    K::record(row.clone()).require(wanted)?;
    Ok(row)
}

/// A resource of the connection, as much of it as is asked for.
pub(super) async fn one<K: Kept>(
    tx: &Read,
    connection: &scim_connection::Model,
    id: &str,
    projection: &Projection,
) -> Answer<Shown> {
    let row = find::<K>(tx, connection, id).await?.ok_or(Failure::NotFound)?;
    let record = K::record(row);
    let base = base(tx, connection);
    let version = record.version;
    let location = location(&base, K::OF, id);
    let mut resources = shown::<K>(tx, &base, vec![record], LinksOf::projected::<K>(projection)).await?;
    let resource = projection.of(K::OF, resources.pop().unwrap_or_default());
    Ok(Shown { resource, location, version })
}

/// Whether what is linked with resources is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinksOf {
    Each,
    None,
}

impl LinksOf {
    pub(super) fn projected<K: Kept>(projection: &Projection) -> Self {
        if projection.wants(K::LINKS) { Self::Each } else { Self::None }
    }
}

/// These resources as a whole, with or without what is linked with them.
pub(super) async fn shown<K: Kept>(
    tx: &Read,
    base: &str,
    records: Vec<Record>,
    links: LinksOf,
) -> DomainResult<Vec<Attributes>> {
    let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    let mut links = match links {
        LinksOf::Each => K::links(tx, base, &ids).await?,
        LinksOf::None => HashMap::new(),
    };
    let mut shown = Vec::with_capacity(records.len());
    for record in records {
        let mut attributes = record.attributes()?;
        if let Some(links) = links.remove(&record.id) {
            attributes.insert(K::LINKS.to_owned(), links.into());
        }
        let meta = Meta {
            created: record.created_at.to_string(),
            last_modified: record.updated_at.to_string(),
            version: tag(record.version),
            location: location(base, K::OF, &record.id),
            id: record.id,
        };
        shown.push(resource::shown(K::OF, attributes, &meta));
    }
    Ok(shown)
}

/// The address of the connection's server.
pub(crate) fn base(tx: &Read, connection: &scim_connection::Model) -> String {
    format!("{}/frontegg/directory/resources/scim/v2.0/{}", tx.origin(), connection.id)
}

fn location(base: &str, of: &ResourceType, id: &str) -> String {
    format!("{base}{}/{id}", of.endpoint)
}

/// JSON as it is kept.
pub(super) fn stored(attributes: &Attributes) -> DomainResult<String> {
    serde_json::to_string(attributes).map_err(crate::domain::DomainError::internal)
}

/// A text among attributes.
pub(super) fn text<'a>(attributes: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(Value::as_str)
}
