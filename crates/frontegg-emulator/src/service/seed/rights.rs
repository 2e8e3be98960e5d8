//! Permissions, roles, groups.

use super::{Making, Place, Step};
use crate::{
    domain::{
        caller::Caller,
        groups::{self, GroupChange, NewGroup},
        permissions::{self, NewPermission, categories},
        roles::{self, NewRole},
    },
    seed::{AssignmentType, Group, Key, Keyed, Permission, Role, Seed, fixed_id},
    store::entity,
};

impl Making<'_> {
    pub(super) async fn permissions(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        let place = place.member("permissions");
        for (key, described) in seed.permissions.iter() {
            let place = place.of_key(key);
            self.seen.once(&place, &["permission", key.as_str()])?;
            if let Some(present) = permissions::by_key(self.tx, key.as_str()).await? {
                self.is_present(&place, &present.id, described.id.as_deref())?;
                continue;
            }
            self.permission(&place, key, described).await?;
        }
        Ok(())
    }

    async fn permission(&mut self, place: &Place<'_>, key: &Key, described: &Permission) -> Step {
        let category_id = match &described.category {
            Some(name) => Some(self.category(&place.reference(name), name.as_str()).await?),
            None => None,
        };
        let new = NewPermission {
            id: Some(described.id.clone().unwrap_or_else(|| fixed_id("permission", [key.as_str()]))),
            key: key.to_string(),
            name: described.name.clone().unwrap_or_else(|| key.to_string()),
            description: described.description.clone(),
            category_id,
            assignment_type: match described.assignment_type.unwrap_or_default() {
                AssignmentType::Never => entity::AssignmentType::Never,
                AssignmentType::Assignable => entity::AssignmentType::Assignable,
                AssignmentType::Always => entity::AssignmentType::Always,
            },
        };
        for made in place.check(permissions::create(self.tx, vec![new]).await)? {
            self.made(place, made.id);
        }
        Ok(())
    }

    /// The id of the category with that name, made where there is none.
    async fn category(&self, place: &Place<'_>, name: &str) -> Step<String> {
        if let Some(present) = categories::by_name(self.tx, name).await? {
            return Ok(present.id);
        }
        let new = categories::NewCategory {
            id: Some(fixed_id("permission-category", [name])),
            name: name.to_owned(),
            description: None,
        };
        Ok(place.check(categories::create(self.tx, new).await)?.category.id)
    }

    /// The ids of permissions by their keys.
    pub(super) async fn permission_ids(&self, place: &Place<'_>, keys: &[Key]) -> Step<Vec<String>> {
        let mut ids = Vec::with_capacity(keys.len());
        for key in keys {
            let found = permissions::by_key(self.tx, key.as_str()).await?;
            let unknown = || place.reference(key).refuse(format!("there is no permission {key}"));
            ids.push(found.ok_or_else(unknown)?.id);
        }
        Ok(ids)
    }

    /// Makes roles of a tenant, or of the environment.
    pub(super) async fn roles(&mut self, place: &Place<'_>, tenant: Option<&str>, described: &Keyed<Role>) -> Step {
        let place = place.member("roles");
        for (key, described) in described.iter() {
            let place = place.of_key(key);
            self.seen.once(&place, &["role", tenant.unwrap_or_default(), key.as_str()])?;
            match roles::owned_by_key(self.tx, tenant, key.as_str()).await? {
                Some(present) => self.is_present(&place, &present.id, described.id.as_deref())?,
                None => self.role(&place, tenant, key, described).await?,
            }
        }
        Ok(())
    }

    async fn role(&mut self, place: &Place<'_>, tenant: Option<&str>, key: &Key, described: &Role) -> Step {
        let permission_ids = self.permission_ids(&place.member("permissions"), &described.permissions).await?;
        let keys = tenant.into_iter().chain([key.as_str()]);
        let new = NewRole {
            id: Some(described.id.clone().unwrap_or_else(|| fixed_id("role", keys))),
            key: key.to_string(),
            name: described.name.clone().unwrap_or_else(|| key.to_string()),
            description: described.description.clone(),
            is_default: described.is_default.unwrap_or_default(),
            first_user_role: described.first_user_role.unwrap_or_default(),
            level: described.level.unwrap_or_default(),
            migrate: false,
        };
        for made in place.check(roles::create(self.tx, Caller::Environment, tenant, vec![new]).await)? {
            let given = roles::set_permissions(self.tx, Caller::Environment, tenant, &made.id, permission_ids.clone());
            place.check(given.await)?;
            self.made(place, made.id);
        }
        Ok(())
    }

    /// The ids of roles that a tenant sees, by their keys: its own come first.
    pub(super) async fn role_ids(&mut self, place: &Place<'_>, tenant: &str, keys: &[Key]) -> Step<Vec<String>> {
        let mut ids = Vec::with_capacity(keys.len());
        for key in keys {
            ids.push(self.role_id(&place.reference(key), tenant, key.as_str()).await?);
        }
        Ok(ids)
    }

    async fn role_id(&mut self, place: &Place<'_>, tenant: &str, key: &str) -> Step<String> {
        let known = (tenant.to_owned(), key.to_owned());
        if let Some(id) = self.role_ids.get(&known) {
            return Ok(id.clone());
        }
        let own = roles::owned_by_key(self.tx, Some(tenant), key).await?;
        let found = match own {
            Some(own) => Some(own),
            None => roles::owned_by_key(self.tx, None, key).await?,
        };
        let id = found.ok_or_else(|| place.refuse(format!("there is no role {key}")))?.id;
        self.role_ids.insert(known, id.clone());
        Ok(id)
    }

    pub(super) async fn groups(&mut self, place: &Place<'_>, tenant: &str, described: &Keyed<Group>) -> Step {
        let place = place.member("groups");
        for (name, described) in described.iter() {
            let place = place.of_key(name);
            self.seen.once(&place, &["group", tenant, name.as_str()])?;
            match groups::by_name(self.tx, tenant, name.as_str()).await? {
                Some(present) => self.is_present(&place, &present.id, described.id.as_deref())?,
                None => self.group(&place, tenant, name, described).await?,
            }
        }
        Ok(())
    }

    async fn group(&mut self, place: &Place<'_>, tenant: &str, name: &Key, described: &Group) -> Step {
        let role_ids = self.role_ids(&place.member("roles"), tenant, &described.roles).await?;
        let record = GroupChange {
            name: Some(name.to_string()),
            color: described.color.clone(),
            description: described.description.clone(),
            metadata: described.metadata.as_ref().map(ToString::to_string),
        };
        let id = described.id.clone().unwrap_or_else(|| fixed_id("group", [tenant, name.as_str()]));
        let made = place.check(groups::create(self.tx, tenant, NewGroup { id: Some(id), record }).await)?;
        if !role_ids.is_empty() {
            place.check(groups::add_roles(self.tx, Caller::Environment, tenant, &made.id, role_ids).await)?;
        }
        self.made(place, made.id);
        Ok(())
    }
}
