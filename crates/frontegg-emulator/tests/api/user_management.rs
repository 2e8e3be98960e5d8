//! Tag “User Management”, over HTTP through the SDK.

mod acceptance;
mod activation;
mod identifiers;
mod invitations;
mod lists;
mod me;
mod members;
mod own_emails;
mod privileges;
mod rights;
use crate::support;

use frontegg_identity::{
    Environment, Scope,
    types::{AddRoleRequest, CreateTenantRequest, UserDto},
};
use support::World;

/// An id that nobody has.
pub(crate) const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Makes a role of that tenant.
pub(crate) async fn role(scope: &Scope<Environment>, key: &str, level: i32) -> String {
    scope.roles().create_roles_v1(&[AddRoleRequest::new(key, key, level)]).await.expect("a role").remove(0).id
}

/// Makes a role of the environment.
pub(crate) async fn common_role(world: &World, key: &str, level: i32) -> String {
    let roles = world.frontegg.management().roles();
    roles.create_roles_v1(&[AddRoleRequest::new(key, key, level)]).await.expect("a role").remove(0).id
}

/// Creates a tenant below another one.
pub(crate) async fn below(world: &World, id: &str, parent: &str) -> Scope<Environment> {
    let new = CreateTenantRequest::new().tenant_id(id).name(id).parent_tenant_id(parent);
    world.frontegg.tenants().create_tenant(&new).await.expect("a tenant");
    world.frontegg.tenant(id)
}

pub(crate) fn keys(user: &UserDto) -> Vec<&str> {
    user.roles.iter().map(|role| role.key.as_str()).collect()
}
