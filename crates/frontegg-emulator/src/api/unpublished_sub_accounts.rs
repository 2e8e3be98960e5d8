//! People and tenants of a branch of the hierarchy.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    unpublished_sub_accounts::{
        AddUserRolesInSubTenantsParams, ListHierarchyMetadataParams, ListSubTenantUsersParams,
        RemoveUserRolesInSubTenantsParams, SearchSubTenantsParams, SetUserRolesInSubTenantsParams,
        UnpublishedSubAccountsApi, UpdateSubTenantParams,
    },
};
use frontegg_model::{
    enums::{SortOrder, SubAccountAccessType},
    types,
};

use super::{
    accounts,
    caller::{caller, caller_id},
    paging,
    user_management::{Asked, page_of_users},
};
use crate::{
    domain::{
        joining::{
            branch::{Branch, RoleChange, SubTenantAccess},
            creation::Invitation,
        },
        memberships::{self, Counted, MemberKey, Roles},
        people::lists::Phrase,
        tenants::{self, TenantListing, branch, hierarchy},
        users::NewUser,
    },
    service::Service,
    store::{Read, entity::tenant},
};

/// Most tenants that members are counted of at once.
const MOST_COUNTED: usize = 1_000;

impl UnpublishedSubAccountsApi for Service {
    async fn list_sub_tenant_users(
        &self,
        cx: &RequestContext,
        params: ListSubTenantUsersParams,
    ) -> ApiResult<types::UserPage> {
        let asked = Asked {
            limit: params.limit,
            offset: params.offset,
            phrase: Phrase::new(params.filter.as_deref(), None, None, false),
            sort_by: params.sort_by,
            order: params.order,
            roles: Roles::Shown,
            ..Asked::default()
        };
        page_of_users(self, cx, asked).await
    }

    async fn add_user_to_sub_tenants(
        &self,
        cx: &RequestContext,
        body: types::AddUserToSubTenantsRequest,
    ) -> ApiResult<()> {
        require_some("subTenants", &body.sub_tenants)?;
        self.write(async |tx| {
            let branch = of_caller(tx, cx).await?;
            for place in body.sub_tenants {
                let invitation = invitation(&body.user, place.role_ids);
                branch.invite(tx, &place.tenant_id, invitation, SubTenantAccess::Unchanged).await?;
            }
            Ok(())
        })
        .await
    }

    async fn add_users_to_sub_tenant(
        &self,
        cx: &RequestContext,
        body: types::AddUsersToSubTenantRequest,
    ) -> ApiResult<()> {
        require_some("users", &body.users)?;
        let access = match body.allow_sub_account_access {
            Some(true) => SubTenantAccess::Allowed,
            Some(false) | None => SubTenantAccess::Unchanged,
        };
        self.write(async |tx| {
            let branch = of_caller(tx, cx).await?;
            for person in &body.users {
                let invitation = invitation(person, body.role_ids.clone());
                branch.invite(tx, &body.tenant_id, invitation, access).await?;
            }
            Ok(())
        })
        .await
    }

    async fn remove_user_from_sub_tenants(
        &self,
        cx: &RequestContext,
        body: types::RemoveUserFromSubTenantsRequest,
    ) -> ApiResult<()> {
        require_some("subTenants", &body.sub_tenants)?;
        self.write(async |tx| {
            let branch = of_caller(tx, cx).await?;
            for place in &body.sub_tenants {
                branch.remove(tx, MemberKey { user_id: &body.user_id, tenant_id: &place.tenant_id }).await?;
            }
            Ok(())
        })
        .await
    }

    async fn add_user_roles_in_sub_tenants(
        &self,
        cx: &RequestContext,
        params: AddUserRolesInSubTenantsParams,
        body: types::UserRolesInSubTenantsRequest,
    ) -> ApiResult<()> {
        change_roles(self, cx, &params.user_id, RoleChange::Give, body).await
    }

    async fn remove_user_roles_in_sub_tenants(
        &self,
        cx: &RequestContext,
        params: RemoveUserRolesInSubTenantsParams,
        body: types::UserRolesInSubTenantsRequest,
    ) -> ApiResult<()> {
        change_roles(self, cx, &params.user_id, RoleChange::Take, body).await
    }

    async fn set_user_roles_in_sub_tenants(
        &self,
        cx: &RequestContext,
        params: SetUserRolesInSubTenantsParams,
        body: types::UserRolesInSubTenantsRequest,
    ) -> ApiResult<()> {
        change_roles(self, cx, &params.user_id, RoleChange::Replace, body).await
    }

    async fn count_tenant_users(
        &self,
        cx: &RequestContext,
        body: types::CountTenantUsersRequest,
    ) -> ApiResult<Vec<types::TenantUserCount>> {
        if body.tenant_ids.len() > MOST_COUNTED {
            return Err(ApiFailure::bad_request(format!("tenantIds must have at most {MOST_COUNTED} items")));
        }
        let counted =
            if body.exclude_invisible_users.unwrap_or_default() { Counted::Visible } else { Counted::Everybody };
        let tx = self.store().read().await?;
        if cx.tenant_id.is_some() {
            let branch = of_caller(&tx, cx).await?;
            body.tenant_ids.iter().try_for_each(|id| branch.require(id))?;
        }
        let counts = memberships::count(&tx, &body.tenant_ids, counted).await?.into_iter();
        let answer = counts.map(|members| types::TenantUserCount {
            tenant_id: members.tenant_id,
            total_users: members.all,
            total_access_allowed_users: members.reaching_down,
        });
        Ok(answer.collect())
    }

    async fn search_sub_tenants(
        &self,
        cx: &RequestContext,
        params: SearchSubTenantsParams,
    ) -> ApiResult<types::SubTenantPage> {
        let page = paging::page(params.limit, params.offset)?;
        let own = cx.tenant()?;
        let tx = self.store().read().await?;
        let upper = params.sub_tenant_id.as_deref().unwrap_or(own);
        if upper != own && !hierarchy::is_below(&tx, upper, own).await? {
            return Err(ApiFailure::forbidden("The tenant is not in your hierarchy"));
        }
        let sizes = hierarchy::sizes(&tx, upper).await?;
        let below = hierarchy::below(&tx, upper).await?.into_iter();
        let wanted = below.filter(|(_, level)| *level == 1 || params.filter.is_some());
        let listing = TenantListing {
            tenant_ids: Some(wanted.map(|(id, _)| id).collect()),
            text: params.filter,
            sort_by: accounts::sort_by(params.sort_by.as_ref()),
            descending: params.order == Some(SortOrder::Desc),
            page,
        };
        let found = tenants::list(&tx, listing).await?;
        let is_parent = |id: &str| sizes.get(id).is_some_and(|size| *size > 0);
        let item = |row: tenant::Model| types::FoundSubTenant {
            metadata: types::SubTenantMetadata { is_parent: is_parent(&row.tenant_id) },
            tenant_id: row.tenant_id,
            name: row.name,
            created_at: row.created_at.utc(),
            is_reseller: Some(row.is_reseller),
            sub_account_access_type: row.sub_account_access_type.map(SubAccountAccessType::from),
        };
        Ok(types::SubTenantPage {
            items: found.items.into_iter().map(item).collect(),
            metadata: accounts::page_metadata(page, found.total),
            links: Some(accounts::page_links(cx, page, found.total)),
        })
    }

    async fn list_hierarchy_metadata(
        &self,
        cx: &RequestContext,
        params: ListHierarchyMetadataParams,
    ) -> ApiResult<Vec<types::HierarchyMetadata>> {
        let tx = self.store().read().await?;
        let sizes = hierarchy::sizes(&tx, cx.tenant()?).await?;
        let entry = |id: String| {
            let total_sub_tenants = *sizes.get(&id)?;
            Some(types::HierarchyMetadata { tenant_id: id, total_sub_tenants, is_parent: total_sub_tenants > 0 })
        };
        Ok(paging::ids(&params.tenant_ids).into_iter().filter_map(entry).collect())
    }

    async fn update_sub_tenant(
        &self,
        cx: &RequestContext,
        params: UpdateSubTenantParams,
        body: types::UpdateSubTenantRequest,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(branch::rename_below(tx, caller(cx), &params.tenant_id, body.name).await?)).await
    }
}

async fn of_caller<'a>(tx: &Read, cx: &'a RequestContext) -> ApiResult<Branch<'a>> {
    Ok(Branch::of(tx, caller(cx), caller_id(cx), cx.tenant()?).await?)
}

fn require_some<T>(name: &str, list: &[T]) -> ApiResult<()> {
    if list.is_empty() { Err(ApiFailure::bad_request(format!("{name} should not be empty"))) } else { Ok(()) }
}

fn invitation(person: &types::SubTenantPerson, role_ids: Option<Vec<String>>) -> Invitation {
    let person = NewUser { email: Some(person.email.clone()), name: person.name.clone(), ..NewUser::default() };
    Invitation { person, role_ids, ..Invitation::default() }
}

async fn change_roles(
    service: &Service,
    cx: &RequestContext,
    user_id: &str,
    change: RoleChange,
    body: types::UserRolesInSubTenantsRequest,
) -> ApiResult<()> {
    require_some("subTenantsRoles", &body.sub_tenants_roles)?;
    service
        .write(async |tx| {
            let branch = of_caller(tx, cx).await?;
            for roles in body.sub_tenants_roles {
                let member = MemberKey { user_id, tenant_id: &roles.tenant_id };
                branch.change_roles(tx, member, change, roles.role_ids).await?;
            }
            Ok(())
        })
        .await
}
