//! Tag “Users”, over HTTP through the SDK.

mod creation;
mod known;
mod profile;
use crate::support;
mod tenants;

use frontegg_identity::{
    Environment, Scope,
    types::{AddRoleRequest, UserDto},
    views::Users,
};
use support::World;

/// An id that nobody has.
pub(crate) const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

pub(crate) fn users(world: &World) -> Users<Environment> {
    world.frontegg.management().users()
}

/// Somebody as the whole environment sees them.
pub(crate) async fn read(world: &World, id: &str) -> UserDto {
    users(world).get_user_globally(id).await.expect("a user")
}

pub(crate) fn role_keys(user: &UserDto) -> Vec<&str> {
    user.roles.iter().map(|role| role.key.as_str()).collect()
}

/// Makes a role of that tenant.
pub(crate) async fn role(scope: &Scope<Environment>, key: &str, level: i32) -> String {
    let new = AddRoleRequest::new(key, key, level);
    scope.roles().create_roles_v1(&[new]).await.expect("a role").remove(0).id
}
