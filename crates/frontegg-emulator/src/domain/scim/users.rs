//! Users of a connection: as the identity provider writes them.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter};
use serde_json::Value;

use super::{
    Answer, Failure, Shown, connections,
    kept::{self, Kept, Users, stored, text},
    provisioning::{self, Person},
};
use crate::{
    ids,
    scim::{
        patch,
        projection::Projection,
        resource::{self, Attributes},
        schema::USER,
        version::Tags,
    },
    store::{
        Fetch, Read, Write,
        entity::{scim_connection, scim_user},
    },
    text::fold,
};

/// Creates a user; 409 where one has that name.
pub(crate) async fn create(tx: &Write, connection: &scim_connection::Model, body: Value) -> Answer<String> {
    let attributes = resource::read(&USER, body)?;
    let person = Person::of(&attributes)?;
    let names = Names::of(&attributes);
    names.require_free(tx, connection, None).await?;
    let created_at = tx.stamp();
    let id = ids::new_id();
    let row = scim_user::ActiveModel {
        id: Set(id.clone()),
        connection_id: Set(connection.id.clone()),
        user_id: Set(None),
        display: Set(names.display),
        user_name_folded: Set(names.user_name_folded),
        display_name_folded: Set(names.display_name_folded),
        external_id: Set(names.external_id),
        resource: Set(stored(&attributes)?),
        version: Set(1),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    let row = row.insert(tx).await?;
    if connection.sync_to_user_management {
        provisioning::bring_user(tx, connection, row, &person).await?;
    }
    connections::touch(tx, connection).await?;
    Ok(id)
}

/// A user, or 404.
pub(crate) async fn get(
    tx: &Read,
    connection: &scim_connection::Model,
    id: &str,
    projection: &Projection,
) -> Answer<Shown> {
    kept::one::<Users>(tx, connection, id, projection).await
}

/// Puts another user in the place of that one.
pub(crate) async fn replace(
    tx: &Write,
    connection: &scim_connection::Model,
    id: &str,
    wanted: Option<&Tags>,
    body: Value,
) -> Answer<()> {
    let row = kept::require::<Users>(tx, connection, id, wanted).await?;
    change(tx, connection, row, resource::read(&USER, body)?).await
}

/// Changes parts of a user.
pub(crate) async fn patch(
    tx: &Write,
    connection: &scim_connection::Model,
    id: &str,
    wanted: Option<&Tags>,
    body: &Value,
) -> Answer<()> {
    let row = kept::require::<Users>(tx, connection, id, wanted).await?;
    let attributes = Users::record(row.clone()).attributes()?;
    change(tx, connection, row, patch::apply(&USER, &attributes, body)?).await
}

/// Deletes a user; the person leaves the tenant.
pub(crate) async fn delete(
    tx: &Write,
    connection: &scim_connection::Model,
    id: &str,
    wanted: Option<&Tags>,
) -> Answer<()> {
    let row = kept::require::<Users>(tx, connection, id, wanted).await?;
    if connection.sync_to_user_management {
        provisioning::take_user_out(tx, connection, &row).await?;
    }
    row.delete(tx).await?;
    connections::touch(tx, connection).await
}

/// Writes what has changed, and has the person follow, whom somebody may have changed meanwhile.
async fn change(
    tx: &Write,
    connection: &scim_connection::Model,
    row: scim_user::Model,
    attributes: Attributes,
) -> Answer<()> {
    let person = Person::of(&attributes)?;
    let names = Names::of(&attributes);
    names.require_free(tx, connection, Some(&row.id)).await?;
    let version = row.version;
    let mut changed = row.into_active_model();
    changed.display.set_ne(names.display);
    changed.user_name_folded.set_ne(names.user_name_folded);
    changed.display_name_folded.set_ne(names.display_name_folded);
    changed.external_id.set_ne(names.external_id);
    changed.resource.set_ne(stored(&attributes)?);
    if changed.is_changed() {
        changed.version = Set(version + 1);
        changed.updated_at = Set(tx.now());
    }
    let row = changed.update(tx).await?;
    if connection.sync_to_user_management {
        provisioning::bring_user(tx, connection, row, &person).await?;
    }
    connections::touch(tx, connection).await
}

/// What a user is found by.
struct Names {
    display: String,
    user_name_folded: String,
    display_name_folded: Option<String>,
    external_id: Option<String>,
}

impl Names {
    fn of(attributes: &Attributes) -> Self {
        let user_name = text(attributes, "userName").unwrap_or_default();
        let display_name = text(attributes, "displayName");
        Self {
            display: display_name.unwrap_or(user_name).to_owned(),
            user_name_folded: fold(user_name),
            display_name_folded: display_name.map(fold),
            external_id: text(attributes, "externalId").map(str::to_owned),
        }
    }

    async fn require_free(&self, tx: &Read, connection: &scim_connection::Model, own: Option<&str>) -> Answer<()> {
        let holder = scim_user::Entity::find()
            .filter(scim_user::Column::ConnectionId.eq(connection.id.as_str()))
            .filter(scim_user::Column::UserNameFolded.eq(self.user_name_folded.as_str()))
            .fetch_one(tx)
            .await?;
        match holder {
            Some(holder) if Some(holder.id.as_str()) != own => Err(Failure::taken("A user has that userName")),
            _ => Ok(()),
        }
    }
}
