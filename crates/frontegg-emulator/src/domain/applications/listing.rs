//! Lists of applications, narrowed.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::DomainResult,
    store::{
        Fetch, Read,
        entity::{AccessType, application, tenant_application},
    },
    text,
};

/// The type of applications that [`Filter::exclude_agents`] leaves out.
const AGENT: &str = "agent";

/// Which applications are meant: those for which all holds that is given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) ids: Option<Vec<String>>,
    /// Part of the name, without regard to letter case.
    pub(crate) name: Option<String>,
    pub(crate) kinds: Option<Vec<String>>,
    pub(crate) frontend_stacks: Option<Vec<String>>,
    pub(crate) access_type: Option<AccessType>,
    pub(crate) is_default: Option<bool>,
    pub(crate) is_active: Option<bool>,
    pub(crate) exclude_agents: bool,
    /// Adds those with free access to those that `ids` names.
    pub(crate) include_free_access: bool,
}

/// The applications of the environment, or those that a tenant has, the oldest first.
pub(crate) async fn list(tx: &Read, tenant_id: Option<&str>, filter: &Filter) -> DomainResult<Vec<application::Model>> {
    let mut rows = application::Entity::find()
        .order_by_asc(application::Column::CreatedAt)
        .order_by_asc(application::Column::Id)
        .fetch_all(tx)
        .await?;
    let Some(tenant_id) = tenant_id else {
        rows.retain(|row| filter.holds(row, row.access_type));
        return Ok(rows);
    };
    let had = tenant_application::Entity::find()
        .filter(tenant_application::Column::TenantId.eq(tenant_id))
        .fetch_all(tx)
        .await?;
    let had: HashMap<String, AccessType> = had.into_iter().map(|row| (row.app_id, row.access_type)).collect();
    rows.retain(|row| had.get(&row.id).is_some_and(|access_type| filter.holds(row, *access_type)));
    Ok(rows)
}

impl Filter {
    /// Whether an application with that access is meant.
    fn holds(&self, row: &application::Model, access_type: AccessType) -> bool {
        let among = |list: &Option<Vec<String>>, value: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|one| one == value))
        };
        let is_added = self.include_free_access && access_type == AccessType::Free;
        let has_name = |part: &String| text::fold(&row.name).contains(&text::fold(part));
        (is_added || among(&self.ids, &row.id))
            && self.name.as_ref().is_none_or(has_name)
            && among(&self.kinds, &row.kind)
            && among(&self.frontend_stacks, &row.frontend_stack)
            && self.access_type.is_none_or(|wanted| row.access_type == wanted)
            && self.is_default.is_none_or(|wanted| row.is_default == wanted)
            && self.is_active.is_none_or(|wanted| row.is_active == wanted)
            && !(self.exclude_agents && row.kind == AGENT)
    }
}
