//! Roles of the environment and of tenants.

use frontegg_contract::{
    ApiResult, RequestContext,
    roles::{DeleteRoleParams, RolesApi, SetRolePermissionsParams, SetRoleTenantParams, UpdateRoleParams},
};
use frontegg_model::types;

use super::caller::{caller, tenant};
use crate::{
    domain::roles::{self, NewRole, RoleChange, RoleWithPermissions},
    service::Service,
    store::entity::role,
};

impl RolesApi for Service {
    async fn list_roles_v1(&self, cx: &RequestContext) -> ApiResult<Vec<types::RoleResponse>> {
        let tx = self.store().read().await?;
        let roles = roles::list(&tx, tenant(cx)).await?;
        Ok(roles.into_iter().map(|role| response(self, role)).collect())
    }

    async fn create_roles_v1(
        &self,
        cx: &RequestContext,
        body: Vec<types::AddRoleRequest>,
    ) -> ApiResult<Vec<types::RoleResponse>> {
        let new = body.into_iter().map(new_role).collect();
        let roles = self.write(async |tx| Ok(roles::create(tx, caller(cx), tenant(cx), new).await?)).await?;
        let empty = |role| RoleWithPermissions { role, permissions: Vec::new() };
        Ok(roles.into_iter().map(|role| response(self, empty(role))).collect())
    }

    async fn update_role(
        &self,
        cx: &RequestContext,
        params: UpdateRoleParams,
        body: types::UpdateRoleRequest,
    ) -> ApiResult<types::RoleResponse> {
        let role = self
            .write(async |tx| Ok(roles::update(tx, caller(cx), tenant(cx), &params.role_id, change(body)).await?))
            .await?;
        Ok(response(self, role))
    }

    async fn delete_role(&self, cx: &RequestContext, params: DeleteRoleParams) -> ApiResult<()> {
        self.write(async |tx| Ok(roles::delete(tx, caller(cx), tenant(cx), &params.role_id).await?)).await
    }

    async fn set_role_permissions(
        &self,
        cx: &RequestContext,
        params: SetRolePermissionsParams,
        body: types::AddPermissionToRoleRequest,
    ) -> ApiResult<types::RoleResponse> {
        let role = self
            .write(async |tx| {
                Ok(roles::set_permissions(tx, caller(cx), tenant(cx), &params.role_id, body.permission_ids).await?)
            })
            .await?;
        Ok(response(self, role))
    }

    async fn set_role_tenant(
        &self,
        _: &RequestContext,
        params: SetRoleTenantParams,
        body: types::UpdateRoleTenantRequest,
    ) -> ApiResult<types::RoleResponse> {
        let role =
            self.write(async |tx| Ok(roles::set_tenant(tx, &params.role_id, body.tenant_id.as_deref()).await?)).await?;
        Ok(response(self, role))
    }
}

fn new_role(body: types::AddRoleRequest) -> NewRole {
    NewRole {
        id: None,
        key: body.key,
        name: body.name,
        description: body.description,
        is_default: body.is_default.unwrap_or_default(),
        first_user_role: body.first_user_role.unwrap_or_default(),
        level: body.level,
        migrate: body.migrate_role.unwrap_or_default(),
    }
}

fn change(body: types::UpdateRoleRequest) -> RoleChange {
    RoleChange {
        key: body.key,
        name: body.name,
        description: body.description,
        is_default: body.is_default,
        first_user_role: body.first_user_role,
        level: body.level,
        migrate: body.migrate_role.unwrap_or_default(),
    }
}

/// A role as most operations show it.
pub(super) fn response(service: &Service, held: RoleWithPermissions) -> types::RoleResponse {
    let RoleWithPermissions { role, permissions } = held;
    types::RoleResponse {
        id: role.id,
        vendor_id: service.vendor_id().to_owned(),
        tenant_id: role.tenant_id,
        key: role.key,
        name: role.name,
        description: role.description,
        is_default: role.is_default,
        first_user_role: Some(role.first_user_role),
        level: Some(role.level),
        permissions: Some(permissions),
        created_at: role.created_at.utc(),
        updated_at: role.updated_at.utc(),
    }
}

/// A role without its permissions, as groups show it.
pub(super) fn plain(service: &Service, role: role::Model) -> types::RoleDto {
    types::RoleDto {
        id: role.id,
        vendor_id: service.vendor_id().to_owned(),
        tenant_id: role.tenant_id,
        key: role.key,
        name: role.name,
        description: role.description,
        is_default: role.is_default,
        first_user_role: role.first_user_role,
        level: role.level,
        created_at: role.created_at.utc(),
        updated_at: role.updated_at.utc(),
    }
}
