//! Categories that group permissions.

use frontegg_contract::{
    ApiResult, RequestContext,
    permissions_categories::{
        DeletePermissionCategoryParams, PermissionsCategoriesApi, UpdatePermissionCategoryParams,
    },
};
use frontegg_model::types;

use crate::{
    domain::permissions::categories::{self, CategoryChange, CategoryWithPermissions, NewCategory},
    service::Service,
};

impl PermissionsCategoriesApi for Service {
    async fn list_permission_categories(
        &self,
        _: &RequestContext,
    ) -> ApiResult<Vec<types::PermissionCategoryResponseDto>> {
        let tx = self.store().read().await?;
        let categories = categories::list(&tx).await?;
        Ok(categories.into_iter().map(response).collect())
    }

    async fn create_permission_category(
        &self,
        _: &RequestContext,
        body: types::CreateCategoryDto,
    ) -> ApiResult<types::PermissionCategoryResponseDto> {
        let new = NewCategory { id: body.id, name: body.name, description: body.description };
        let category = self.write(async |tx| Ok(categories::create(tx, new).await?)).await?;
        Ok(response(category))
    }

    async fn update_permission_category(
        &self,
        _: &RequestContext,
        params: UpdatePermissionCategoryParams,
        body: types::UpdateCategoryDto,
    ) -> ApiResult<()> {
        let change = CategoryChange { name: body.name, description: body.description };
        self.write(async |tx| Ok(categories::update(tx, &params.category_id, change).await?)).await
    }

    async fn delete_permission_category(
        &self,
        _: &RequestContext,
        params: DeletePermissionCategoryParams,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(categories::delete(tx, &params.category_id).await?)).await
    }
}

fn response(held: CategoryWithPermissions) -> types::PermissionCategoryResponseDto {
    let CategoryWithPermissions { category, permissions } = held;
    types::PermissionCategoryResponseDto {
        id: category.id,
        name: category.name,
        description: category.description,
        fe_category: category.fe_category,
        permission_ids: Some(permissions),
        created_at: category.created_at.utc(),
        updated_at: Some(category.updated_at.utc()),
    }
}
