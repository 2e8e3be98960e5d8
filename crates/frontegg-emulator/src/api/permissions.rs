//! Permissions of the environment and the roles that hold them.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    permissions::{AddPermissionToRolesParams, DeletePermissionParams, PermissionsApi, UpdatePermissionParams},
};
use frontegg_model::{enums, types};

use super::caller::caller;
use crate::{
    domain::permissions::{self, NewPermission, PermissionChange, PermissionWithRoles},
    service::Service,
    store::entity::AssignmentType,
};

impl PermissionsApi for Service {
    async fn list_permissions(&self, cx: &RequestContext) -> ApiResult<Vec<types::PermissionResponse>> {
        let tx = self.store().read().await?;
        let permissions = permissions::list(&tx, caller(cx).tenant()).await?;
        Ok(permissions.into_iter().map(response).collect())
    }

    async fn create_permissions(
        &self,
        _: &RequestContext,
        body: Vec<types::AddPermissionRequest>,
    ) -> ApiResult<Vec<types::PermissionResponse>> {
        let new = body.into_iter().map(new_permission).collect::<ApiResult<_>>()?;
        let permissions = self.write(async |tx| Ok(permissions::create(tx, new).await?)).await?;
        let empty = |permission| PermissionWithRoles { permission, roles: Vec::new() };
        Ok(permissions.into_iter().map(|permission| response(empty(permission))).collect())
    }

    async fn update_permission(
        &self,
        _: &RequestContext,
        params: UpdatePermissionParams,
        body: types::UpdatePermissionRequest,
    ) -> ApiResult<types::PermissionResponse> {
        let change = PermissionChange {
            key: body.key,
            name: body.name,
            description: body.description,
            category_id: body.category_id,
        };
        let permission =
            self.write(async |tx| Ok(permissions::update(tx, &params.permission_id, change).await?)).await?;
        Ok(response(permission))
    }

    async fn delete_permission(&self, _: &RequestContext, params: DeletePermissionParams) -> ApiResult<()> {
        self.write(async |tx| Ok(permissions::delete(tx, &params.permission_id).await?)).await
    }

    async fn add_permission_to_roles(
        &self,
        cx: &RequestContext,
        params: AddPermissionToRolesParams,
        body: types::AddRolesToPermissionRequest,
    ) -> ApiResult<types::PermissionResponse> {
        let permission = self
            .write(
                async |tx| Ok(permissions::add_to_roles(tx, caller(cx), &params.permission_id, body.role_ids).await?),
            )
            .await?;
        Ok(response(permission))
    }

    async fn set_permissions_classification(
        &self,
        _: &RequestContext,
        body: types::ClassifyPermissionsDto,
    ) -> ApiResult<Vec<types::PermissionResponse>> {
        let assignment_type = assignment_type(&body.type_)?;
        let permissions =
            self.write(async |tx| Ok(permissions::classify(tx, body.permission_ids, assignment_type).await?)).await?;
        Ok(permissions.into_iter().map(response).collect())
    }
}

fn new_permission(body: types::AddPermissionRequest) -> ApiResult<NewPermission> {
    Ok(NewPermission {
        id: None,
        key: body.key,
        name: body.name,
        description: body.description,
        category_id: body.category_id,
        assignment_type: body.assignment_type.as_ref().map_or(Ok(AssignmentType::Never), assignment_type)?,
    })
}

fn assignment_type(given: &enums::PermissionAssignmentType) -> ApiResult<AssignmentType> {
    match given {
        enums::PermissionAssignmentType::Never => Ok(AssignmentType::Never),
        enums::PermissionAssignmentType::Assignable => Ok(AssignmentType::Assignable),
        enums::PermissionAssignmentType::Always => Ok(AssignmentType::Always),
        other => Err(ApiFailure::bad_request(format!("{other} is no assignment type"))),
    }
}

/// A permission as operations show it.
pub(super) fn response(held: PermissionWithRoles) -> types::PermissionResponse {
    let PermissionWithRoles { permission, roles } = held;
    let assignment_type = match permission.assignment_type {
        AssignmentType::Never => enums::PermissionAssignmentType::Never,
        AssignmentType::Assignable => enums::PermissionAssignmentType::Assignable,
        AssignmentType::Always => enums::PermissionAssignmentType::Always,
    };
    types::PermissionResponse {
        id: permission.id,
        key: permission.key,
        name: permission.name,
        description: permission.description,
        category_id: permission.category_id,
        fe_permission: permission.fe_permission,
        assignment_type: Some(assignment_type),
        role_ids: Some(roles),
        created_at: permission.created_at.utc(),
        updated_at: permission.updated_at.utc(),
    }
}
