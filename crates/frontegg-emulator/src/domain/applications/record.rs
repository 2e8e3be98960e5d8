//! The record of an application: what it says, its secrets, and what goes with it.

use frontegg_model::Patch;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter,
};
use serde_json::{Map, Value};

use super::{default_application, require};
use crate::{
    domain::{
        DomainError, DomainResult, input, revocation,
        settings::{self, Owner},
    },
    ids,
    store::{
        Write,
        entity::{AccessType, application, application_assignment, application_tenant, session, user_pool_application},
    },
};

/// What is taken where a new application does not say it.
const KIND: &str = "web";
const FRONTEND_STACK: &str = "react";

/// What to write on an application; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) name: Option<String>,
    pub(crate) app_url: Option<String>,
    pub(crate) login_url: Option<String>,
    pub(crate) app_host: Patch<String>,
    pub(crate) logo_url: Patch<String>,
    pub(crate) description: Patch<String>,
    pub(crate) metadata: Patch<Map<String, Value>>,
    pub(crate) access_type: Option<AccessType>,
    pub(crate) is_default: Option<bool>,
    pub(crate) is_active: Option<bool>,
    pub(crate) kind: Option<String>,
    pub(crate) frontend_stack: Option<String>,
    pub(crate) allow_dcr: Option<bool>,
}

macro_rules! set_given {
    ($row:ident, $changes:ident: $($member:ident)*) => {
        $(if let Some(value) = $changes.$member {
            $row.$member = Set(value);
        })*
    };
}

/// An empty text clears a member as null does.
macro_rules! set_patched {
    ($row:ident, $changes:ident: $($member:ident)*) => {
        $(if let Some(value) = $changes.$member.into_option() {
            $row.$member = Set(value.filter(|text| !text.is_empty()));
        })*
    };
}

impl Changes {
    /// Refuses texts that say nothing, and addresses that lead nowhere.
    fn check(&self) -> DomainResult<()> {
        let addresses = [("appURL", self.app_url.as_deref()), ("loginURL", self.login_url.as_deref())];
        let texts = [
            ("name", self.name.as_deref()),
            ("type", self.kind.as_deref()),
            ("frontendStack", self.frontend_stack.as_deref()),
        ];
        input::not_empty("", &[&texts[..], &addresses].concat())?;
        let logo = self.logo_url.value().map(String::as_str).filter(|text| !text.is_empty());
        let leads_nowhere = |(_, address): &(&str, Option<&str>)| address.is_some_and(|it| !input::is_absolute(it));
        let faults = addresses.into_iter().chain([("logoURL", logo)]).filter(leads_nowhere);
        let faults: Vec<String> = faults
            .map(|(member, _)| format!("{member} must be an absolute address, with http for this machine only"))
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
    }

    fn apply(self, row: &mut application::ActiveModel) -> DomainResult<()> {
        set_given!(row, self: name app_url login_url access_type is_default is_active kind frontend_stack allow_dcr);
        set_patched!(row, self: app_host logo_url description);
        if let Some(metadata) = self.metadata.into_option() {
            let metadata = metadata.map(|metadata| serde_json::to_string(&metadata)).transpose();
            row.metadata = Set(metadata.map_err(DomainError::internal)?);
        }
        Ok(())
    }
}

/// An application to add.
#[derive(Clone, Default)]
pub(crate) struct NewApplication {
    /// Made up when absent, as are the secrets.
    pub(crate) id: Option<String>,
    pub(crate) client_secret: Option<String>,
    pub(crate) shared_secret: Option<String>,
    pub(crate) record: Changes,
}

/// Adds an application, with secrets of its own. One that is to be the default takes the place of the present one.
pub(crate) async fn create(tx: &Write, new: NewApplication) -> DomainResult<application::Model> {
    let NewApplication { id, client_secret, shared_secret, record: new } = new;
    new.check()?;
    let is_default = new.is_default == Some(true);
    if is_default {
        require_active(new.is_active)?;
        default_application::unmark(tx).await?;
    }
    let mut row = blank(tx, &input::id_or_new("id", id)?);
    new.apply(&mut row)?;
    if let Some(secret) = client_secret {
        row.client_secret = Set(secret);
    }
    if let Some(secret) = shared_secret {
        row.shared_secret = Set(secret);
    }
    let row = row.insert(tx).await?;
    if is_default {
        default_application::give_to_all(tx, &row).await?;
    }
    Ok(row)
}

/// An application that says nothing yet.
pub(super) fn blank(tx: &Write, id: &str) -> application::ActiveModel {
    let created_at = tx.stamp();
    application::ActiveModel {
        id: Set(id.to_owned()),
        name: Set(String::new()),
        app_url: Set(String::new()),
        login_url: Set(String::new()),
        app_host: Set(None),
        logo_url: Set(None),
        description: Set(None),
        metadata: Set(None),
        access_type: Set(AccessType::Free),
        is_default: Set(false),
        is_active: Set(true),
        kind: Set(KIND.to_owned()),
        frontend_stack: Set(FRONTEND_STACK.to_owned()),
        allow_dcr: Set(false),
        integration_finished_at: Set(None),
        client_secret: Set(ids::new_secret()),
        shared_secret: Set(ids::new_secret()),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    }
}

/// Changes an application, or 404. The mark of the default one passes to another, and cannot be taken off.
pub(crate) async fn update(tx: &Write, id: &str, changes: Changes) -> DomainResult<()> {
    let present = require(tx, id).await?;
    changes.check()?;
    if present.is_default && changes.is_default == Some(false) {
        return Err(DomainError::bad_request("Another application must be made the default one instead"));
    }
    let becomes_default = !present.is_default && changes.is_default == Some(true);
    if present.is_default || becomes_default {
        require_active(Some(changes.is_active.unwrap_or(present.is_active)))?;
    }
    if becomes_default {
        default_application::unmark(tx).await?;
    }
    let mut row = present.into_active_model();
    changes.apply(&mut row)?;
    row.updated_at = Set(tx.now());
    let row = row.update(tx).await?;
    if becomes_default {
        default_application::give_to_all(tx, &row).await?;
    }
    Ok(())
}

fn require_active(is_active: Option<bool>) -> DomainResult<()> {
    if is_active == Some(false) {
        return Err(DomainError::bad_request("The default application must be active"));
    }
    Ok(())
}

/// Deletes an application with its clients and secrets, its settings, who has it and who works where with it, or 404;
/// 400 for the default one. Its sessions end.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    let row = require(tx, id).await?;
    if row.is_default {
        return Err(DomainError::bad_request("The default application cannot be deleted"));
    }
    revocation::end_sessions(tx, Condition::all().add(session::Column::ApplicationId.eq(id))).await?;
    application_assignment::Entity::delete_many().filter(application_assignment::Column::AppId.eq(id)).exec(tx).await?;
    application_tenant::Entity::delete_many().filter(application_tenant::Column::AppId.eq(id)).exec(tx).await?;
    user_pool_application::Entity::delete_many().filter(user_pool_application::Column::AppId.eq(id)).exec(tx).await?;
    settings::delete_all(tx, Owner::Application(id)).await?;
    row.delete(tx).await?;
    Ok(())
}

/// The secrets of an application that can be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretKind {
    /// Which authenticates it as an OAuth client.
    Client,
    Shared,
}

/// Makes a new secret in place of the present one, or 404.
pub(crate) async fn regenerate(tx: &Write, id: &str, kind: SecretKind) -> DomainResult<()> {
    let mut row = application::ActiveModel { id: Unchanged(require(tx, id).await?.id), ..Default::default() };
    match kind {
        SecretKind::Client => row.client_secret = Set(ids::new_secret()),
        SecretKind::Shared => row.shared_secret = Set(ids::new_secret()),
    }
    row.updated_at = Set(tx.now());
    row.update(tx).await?;
    Ok(())
}
