//! Groups of a connection: as the identity provider writes them.

use std::collections::BTreeSet;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter, QuerySelect,
};
use serde_json::Value;

use super::{
    Answer, Failure, Shown, connections,
    kept::{self, Groups, Kept, stored, text},
    provisioning,
};
use crate::{
    domain::DomainResult,
    ids,
    scim::{
        self, Fault, patch,
        projection::Projection,
        resource::{self, Attributes},
        schema::GROUP,
        version::Tags,
    },
    store::{
        Fetch, Read, Write,
        entity::{scim_connection, scim_group, scim_group_member, scim_user},
        query::{self, OneColumn, ROWS},
    },
    text::fold,
};

/// Creates a group; 409 where one has that name.
pub(crate) async fn create(tx: &Write, connection: &scim_connection::Model, body: Value) -> Answer<String> {
    let mut attributes = resource::read(&GROUP, body)?;
    let members = take_members(&mut attributes);
    let name = text(&attributes, "displayName").unwrap_or_default();
    require_free(tx, connection, name, None).await?;
    require_users(tx, connection, &members).await?;
    let created_at = tx.stamp();
    let id = ids::new_id();
    let row = scim_group::ActiveModel {
        id: Set(id.clone()),
        connection_id: Set(connection.id.clone()),
        group_id: Set(None),
        display: Set(name.to_owned()),
        display_name_folded: Set(fold(name)),
        external_id: Set(text(&attributes, "externalId").map(str::to_owned)),
        resource: Set(stored(&attributes)?),
        version: Set(1),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    let row = row.insert(tx).await?;
    add(tx, &id, &members).await?;
    if connection.sync_to_user_management {
        provisioning::bring_group(tx, connection, row).await?;
    }
    connections::touch(tx, connection).await?;
    Ok(id)
}

/// A group, or 404.
pub(crate) async fn get(
    tx: &Read,
    connection: &scim_connection::Model,
    id: &str,
    projection: &Projection,
) -> Answer<Shown> {
    kept::one::<Groups>(tx, connection, id, projection).await
}

/// Puts another group in the place of that one.
pub(crate) async fn replace(
    tx: &Write,
    connection: &scim_connection::Model,
    id: &str,
    wanted: Option<&Tags>,
    body: Value,
) -> Answer<()> {
    let row = kept::require::<Groups>(tx, connection, id, wanted).await?;
    let present = members_of(tx, id).await?;
    change(tx, connection, row, present, resource::read(&GROUP, body)?).await
}

/// Changes parts of a group.
pub(crate) async fn patch(
    tx: &Write,
    connection: &scim_connection::Model,
    id: &str,
    wanted: Option<&Tags>,
    body: &Value,
) -> Answer<()> {
    let row = kept::require::<Groups>(tx, connection, id, wanted).await?;
    let present = members_of(tx, id).await?;
    let mut attributes = Groups::record(row.clone()).attributes()?;
    if !present.is_empty() {
        let members: Vec<Value> = present.iter().map(|id| serde_json::json!({ "value": id })).collect();
        attributes.insert("members".to_owned(), members.into());
    }
    change(tx, connection, row, present, patch::apply(&GROUP, &attributes, body)?).await
}

/// Deletes a group; its members stay.
pub(crate) async fn delete(
    tx: &Write,
    connection: &scim_connection::Model,
    id: &str,
    wanted: Option<&Tags>,
) -> Answer<()> {
    let row = kept::require::<Groups>(tx, connection, id, wanted).await?;
    if connection.sync_to_user_management {
        provisioning::take_group_out(tx, connection, &row).await?;
    }
    row.delete(tx).await?;
    connections::touch(tx, connection).await
}

async fn change(
    tx: &Write,
    connection: &scim_connection::Model,
    row: scim_group::Model,
    present: BTreeSet<String>,
    mut attributes: Attributes,
) -> Answer<()> {
    let wanted = take_members(&mut attributes);
    let name = text(&attributes, "displayName").unwrap_or_default();
    require_free(tx, connection, name, Some(&row.id)).await?;
    let new: BTreeSet<String> = wanted.difference(&present).cloned().collect();
    let gone: Vec<String> = present.difference(&wanted).cloned().collect();
    require_users(tx, connection, &new).await?;
    let (id, version) = (row.id.clone(), row.version);
    let mut changed = row.into_active_model();
    changed.display.set_ne(name.to_owned());
    changed.display_name_folded.set_ne(fold(name));
    changed.external_id.set_ne(text(&attributes, "externalId").map(str::to_owned));
    changed.resource.set_ne(stored(&attributes)?);
    if changed.is_changed() || !new.is_empty() || !gone.is_empty() {
        changed.version = Set(version + 1);
        changed.updated_at = Set(tx.now());
    }
    let row = changed.update(tx).await?;
    add(tx, &id, &new).await?;
    remove(tx, &id, &gone).await?;
    if connection.sync_to_user_management {
        provisioning::take_members_out(tx, connection, &row, &gone).await?;
        provisioning::bring_group(tx, connection, row).await?;
    }
    connections::touch(tx, connection).await
}

/// The ids of the users in a group.
async fn members_of(tx: &Read, id: &str) -> DomainResult<BTreeSet<String>> {
    let ids: Vec<String> = scim_group_member::Entity::find()
        .select_only()
        .column(scim_group_member::Column::ScimUserId)
        .filter(scim_group_member::Column::ScimGroupId.eq(id))
        .one_column()
        .fetch_all(tx)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Members have rows of their own.
fn take_members(attributes: &mut Attributes) -> BTreeSet<String> {
    let members = attributes.remove("members");
    let members = members.iter().filter_map(Value::as_array).flatten();
    members.filter_map(|member| member["value"].as_str().or_else(|| referred(member)).map(str::to_owned)).collect()
}

/// The id in the address of a member that is named by nothing else.
fn referred(member: &Value) -> Option<&str> {
    member["$ref"].as_str()?.rsplit('/').next()
}

/// Refuses members that are no users of the connection.
async fn require_users(tx: &Read, connection: &scim_connection::Model, ids: &BTreeSet<String>) -> Answer<()> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for ids in ids.chunks(ROWS) {
        let known: Vec<String> = scim_user::Entity::find()
            .select_only()
            .column(scim_user::Column::Id)
            .filter(scim_user::Column::ConnectionId.eq(connection.id.as_str()))
            .filter(scim_user::Column::Id.is_in(ids.iter().copied()))
            .one_column()
            .fetch_all(tx)
            .await?;
        if known.len() != ids.len() {
            return Err(scim::Error::new(Fault::InvalidValue, "members has a value that is the id of no user").into());
        }
    }
    Ok(())
}

async fn require_free(tx: &Read, connection: &scim_connection::Model, name: &str, own: Option<&str>) -> Answer<()> {
    let holder = scim_group::Entity::find()
        .filter(scim_group::Column::ConnectionId.eq(connection.id.as_str()))
        .filter(scim_group::Column::DisplayNameFolded.eq(fold(name)))
        .fetch_one(tx)
        .await?;
    match holder {
        Some(holder) if Some(holder.id.as_str()) != own => Err(Failure::taken("A group has that displayName")),
        _ => Ok(()),
    }
}

async fn add(tx: &Write, id: &str, members: &BTreeSet<String>) -> DomainResult<()> {
    let link = |user_id: &String| {
        scim_group_member::Model { scim_group_id: id.to_owned(), scim_user_id: user_id.clone() }.into_active_model()
    };
    Ok(query::insert_all(members.iter().map(link).collect(), tx).await?)
}

async fn remove(tx: &Write, id: &str, members: &[String]) -> DomainResult<()> {
    for members in members.chunks(ROWS) {
        scim_group_member::Entity::delete_many()
            .filter(scim_group_member::Column::ScimGroupId.eq(id))
            .filter(scim_group_member::Column::ScimUserId.is_in(members))
            .exec(tx)
            .await?;
    }
    Ok(())
}
