//! Groups of members of a tenant.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    user_groups::{
        AddRolesToGroupParams, AddUsersToGroupParams, DeleteGroupParams, GetGroupParams, ListGroupsByIdsParams,
        ListGroupsV1Params, ListGroupsV2Params, RemoveRolesFromGroupParams, RemoveUsersFromGroupParams,
        UpdateGroupParams, UserGroupsApi,
    },
};
use frontegg_model::{
    enums::{GroupRelations, GroupSortField, ManagedBy, SortOrder},
    types,
};

use super::{caller::caller, paging, roles as shown};
use crate::{
    domain::groups::{self, GroupChange, GroupListing, GroupUser, GroupWithRelations, NewGroup, Relations, SortBy},
    service::Service,
    store::entity::{MembershipStatus, group},
};

impl UserGroupsApi for Service {
    async fn get_groups_configuration(&self, _: &RequestContext) -> ApiResult<types::GetGroupConfigurationResponse> {
        let tx = self.store().read().await?;
        let configuration = groups::configuration(&tx).await?;
        Ok(types::GetGroupConfigurationResponse {
            enabled: configuration.enabled,
            roles_enabled: configuration.roles_enabled,
        })
    }

    async fn set_groups_configuration(
        &self,
        _: &RequestContext,
        body: types::CreateOrUpdateGroupConfigurationDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(groups::configure(tx, body.enabled, body.roles_enabled).await?)).await
    }

    async fn list_groups_v1(
        &self,
        cx: &RequestContext,
        params: ListGroupsV1Params,
    ) -> ApiResult<types::GroupsResponse> {
        let (tenant_id, relations) = (cx.tenant()?, relations(params.groups_relations)?);
        let tx = self.store().read().await?;
        let groups = groups::all(&tx, caller(cx), tenant_id, relations).await?;
        Ok(types::GroupsResponse { groups: responses(self, groups) })
    }

    async fn list_groups_v2(&self, cx: &RequestContext, params: ListGroupsV2Params) -> ApiResult<types::GroupPage> {
        let (tenant_id, relations) = (cx.tenant()?, relations(params.groups_relations)?);
        let page = paging::page(params.limit, params.offset)?;
        let listing = GroupListing {
            sort_by: params.sort_by.map_or(Ok(SortBy::default()), sort_by)?,
            descending: params.order == Some(SortOrder::Desc),
            page,
        };
        let tx = self.store().read().await?;
        let groups = groups::page(&tx, caller(cx), tenant_id, listing, relations).await?;
        Ok(types::GroupPage {
            links: Some(paging::links(cx, page, groups.total)),
            metadata: paging::metadata(page, groups.total),
            items: responses(self, groups.items),
        })
    }

    async fn list_groups_by_ids(
        &self,
        cx: &RequestContext,
        params: ListGroupsByIdsParams,
        body: types::GetGroupsDto,
    ) -> ApiResult<types::GroupsResponse> {
        let (tenant_id, relations) = (cx.tenant()?, relations(params.groups_relations)?);
        let tx = self.store().read().await?;
        let groups = groups::by_ids(&tx, caller(cx), tenant_id, body.groups_ids, relations).await?;
        Ok(types::GroupsResponse { groups: responses(self, groups) })
    }

    async fn get_group(&self, cx: &RequestContext, params: GetGroupParams) -> ApiResult<types::GroupResponse> {
        let (tenant_id, relations) = (cx.tenant()?, relations(params.groups_relations)?);
        let tx = self.store().read().await?;
        let group = groups::one(&tx, caller(cx), tenant_id, &params.group_id, relations).await?;
        Ok(response(self, group))
    }

    async fn create_group(&self, cx: &RequestContext, body: types::CreateGroupDto) -> ApiResult<types::GroupResponse> {
        let record = GroupChange {
            name: Some(body.name),
            color: body.color,
            description: body.description,
            metadata: body.metadata,
        };
        let new = NewGroup { id: None, record };
        let group = self.write(async |tx| Ok(groups::create(tx, cx.tenant()?, new).await?)).await?;
        Ok(response(self, alone(group)))
    }

    async fn update_group(
        &self,
        cx: &RequestContext,
        params: UpdateGroupParams,
        body: types::UpdateGroupDto,
    ) -> ApiResult<types::GroupResponse> {
        let change =
            GroupChange { name: body.name, color: body.color, description: body.description, metadata: body.metadata };
        let group =
            self.write(async |tx| Ok(groups::update(tx, cx.tenant()?, &params.group_id, change).await?)).await?;
        Ok(response(self, alone(group)))
    }

    async fn delete_group(&self, cx: &RequestContext, params: DeleteGroupParams) -> ApiResult<()> {
        self.write(async |tx| Ok(groups::delete(tx, caller(cx), cx.tenant()?, &params.group_id).await?)).await
    }

    async fn add_roles_to_group(
        &self,
        cx: &RequestContext,
        params: AddRolesToGroupParams,
        body: types::UpdateRolesOnGroupDto,
    ) -> ApiResult<()> {
        self.write(async |tx| {
            Ok(groups::add_roles(tx, caller(cx), cx.tenant()?, &params.group_id, body.role_ids).await?)
        })
        .await
    }

    async fn remove_roles_from_group(
        &self,
        cx: &RequestContext,
        params: RemoveRolesFromGroupParams,
        body: types::UpdateRolesOnGroupDto,
    ) -> ApiResult<()> {
        self.write(async |tx| {
            Ok(groups::remove_roles(tx, caller(cx), cx.tenant()?, &params.group_id, body.role_ids).await?)
        })
        .await
    }

    async fn add_users_to_group(
        &self,
        cx: &RequestContext,
        params: AddUsersToGroupParams,
        body: types::UpdateUsersOnGroupDto,
    ) -> ApiResult<()> {
        self.write(async |tx| {
            Ok(groups::add_users(tx, caller(cx), cx.tenant()?, &params.group_id, body.user_ids).await?)
        })
        .await
    }

    async fn remove_users_from_group(
        &self,
        cx: &RequestContext,
        params: RemoveUsersFromGroupParams,
        body: types::UpdateUsersOnGroupDto,
    ) -> ApiResult<()> {
        self.write(async |tx| {
            Ok(groups::remove_users(tx, caller(cx), cx.tenant()?, &params.group_id, body.user_ids).await?)
        })
        .await
    }
}

fn relations(wanted: Option<GroupRelations>) -> ApiResult<Relations> {
    Ok(match wanted {
        None => Relations::default(),
        Some(GroupRelations::Roles) => Relations { roles: true, users: false },
        Some(GroupRelations::Users) => Relations { roles: false, users: true },
        Some(GroupRelations::RolesAndUsers) => Relations { roles: true, users: true },
        Some(other) => return Err(ApiFailure::bad_request(format!("_groupsRelations must not be {other}"))),
    })
}

fn sort_by(field: GroupSortField) -> ApiResult<SortBy> {
    Ok(match field {
        GroupSortField::Id => SortBy::Id,
        GroupSortField::Name => SortBy::Name,
        GroupSortField::CreatedAt => SortBy::CreatedAt,
        GroupSortField::UpdatedAt => SortBy::UpdatedAt,
        other => return Err(ApiFailure::bad_request(format!("_sortBy must not be {other}"))),
    })
}

fn alone(group: group::Model) -> GroupWithRelations {
    GroupWithRelations { group, roles: Vec::new(), users: Vec::new() }
}

fn responses(service: &Service, groups: Vec<GroupWithRelations>) -> Vec<types::GroupResponse> {
    groups.into_iter().map(|group| response(service, group)).collect()
}

fn response(service: &Service, group: GroupWithRelations) -> types::GroupResponse {
    let GroupWithRelations { group, roles, users } = group;
    types::GroupResponse {
        id: group.id,
        name: group.name,
        color: Some(group.color.unwrap_or_default()),
        description: Some(group.description.unwrap_or_default()),
        metadata: Some(group.metadata),
        managed_by: ManagedBy::from(group.managed_by),
        // Empty rather than absent where nobody asked: the published schema requires them.
        roles: Some(roles.into_iter().map(|role| shown::plain(service, role)).collect()),
        users: Some(users.into_iter().map(member).collect()),
        created_at: Some(group.created_at.utc()),
        updated_at: Some(group.updated_at.utc()),
    }
}

fn member(user: GroupUser) -> types::GroupUserDto {
    types::GroupUserDto {
        id: user.id,
        email: user.email,
        name: user.name,
        profile_picture_url: user.profile_picture_url,
        created_at: user.created_at.utc(),
        activated_for_tenant: Some(user.status == MembershipStatus::Activated),
    }
}
