//! People as others see them: the identity with its address and memberships, and what holds in the
//! tenant in view.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::{
        DomainResult, groups,
        identifiers::emails,
        memberships, mfa,
        roles::{self, Effective, RoleWithPermissions},
    },
    store::{
        Fetch, Read,
        entity::{MembershipStatus, group, group_member, group_role, membership, role, tenant, user},
    },
};

/// Who looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Viewer<'a> {
    /// A back end with the environment's token: sees everything.
    Administrator,
    /// The person themselves: sees all but what only back ends see.
    Oneself,
    /// Another person: sees, besides, only what concerns these tenants, and of people who have accepted no
    /// invitation into them only what was said in it.
    Other(&'a [String]),
}

/// A person with their memberships.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) user: user::Model,
    /// The primary address.
    pub(crate) email: Option<String>,
    /// The tenant that the person works in, as far as the viewer may know it.
    pub(crate) active_tenant: String,
    /// Empty for whom it is not meant.
    pub(crate) vendor_metadata: String,
    /// The oldest first.
    pub(crate) members: Vec<Member>,
    /// Whether the person has set up a second factor.
    pub(crate) mfa_enrolled: bool,
    /// The tenant in view.
    view: String,
    /// Whether that tenant lets all its members reach into the tenants below.
    view_opens_below: bool,
}

/// A membership, with its own roles where they were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) row: membership::Model,
    pub(crate) roles: Option<Vec<RoleWithPermissions>>,
}

impl Profile {
    /// The membership in the tenant in view.
    pub(crate) fn in_view(&self) -> Option<&membership::Model> {
        self.members.iter().map(|member| &member.row).find(|row| row.tenant_id == self.view)
    }

    /// Whether the membership in view waits neither for an activation nor for an acceptance.
    pub(crate) fn is_activated(&self) -> bool {
        let active = |row: &membership::Model| {
            matches!(row.status, MembershipStatus::Activated | MembershipStatus::PendingLogin)
        };
        self.in_view().is_some_and(active)
    }

    /// Whether the roles held in the tenant in view count in the tenants below, for members there.
    pub(crate) fn reaches_down(&self) -> Option<bool> {
        self.in_view().map(|row| row.sub_tenant_access || self.view_opens_below)
    }
}

/// A person with all that holds for them in the tenant in view.
#[derive(Clone, Debug)]
pub(crate) struct FullProfile {
    pub(crate) profile: Profile,
    pub(crate) effective: Effective,
    pub(crate) groups: Vec<GroupPlace>,
}

/// A group that somebody is in, with the roles that it confers.
#[derive(Clone, Debug)]
pub(crate) struct GroupPlace {
    pub(crate) id: String,
    pub(crate) roles: Vec<role::Model>,
}

/// Whether profiles tell the roles in each tenant, which takes a query more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Roles {
    Shown,
    #[default]
    LeftOut,
}

/// The profiles of these people, in their order. Without a tenant in view each is seen in the
/// active one.
pub(crate) async fn load(
    tx: &Read,
    users: Vec<user::Model>,
    viewer: Viewer<'_>,
    view: Option<&str>,
    roles: Roles,
) -> DomainResult<Vec<Profile>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = users.iter().map(|user| user.id.clone()).collect();
    let enrolled = mfa::devices::enrolled_among(tx, &ids).await?;
    let mut addresses = emails::primary_of(tx, &ids).await?;
    let mut rows = memberships::of_users(tx, &ids).await?;
    if let Viewer::Other(tenants) = viewer {
        rows.retain(|row| tenants.contains(&row.tenant_id));
    }
    let mut held = if roles == Roles::Shown {
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        Some(memberships::direct(tx, &ids).await?)
    } else {
        None
    };
    let mut members = BTreeMap::<String, Vec<Member>>::new();
    for row in rows {
        let roles = held.as_mut().map(|held| held.remove(&row.id).unwrap_or_default());
        members.entry(row.user_id.clone()).or_default().push(Member { row, roles });
    }
    let profile = |user: user::Model| {
        let members = members.remove(&user.id).unwrap_or_default();
        let active_tenant = active_tenant(&user, &members, viewer);
        let is_pending =
            matches!(viewer, Viewer::Other(_)) && members.iter().all(|member| member.row.status.is_pending());
        let primary = addresses.remove(&user.id).map(|row| row.email);
        if is_pending {
            return pending(user, primary, active_tenant, view, members);
        }
        let vendor_metadata =
            if matches!(viewer, Viewer::Administrator) { user.vendor_metadata.clone() } else { String::new() };
        Profile {
            email: primary,
            view: view.unwrap_or(&active_tenant).to_owned(),
            view_opens_below: false,
            active_tenant,
            vendor_metadata,
            mfa_enrolled: enrolled.contains(&user.id),
            members,
            user,
        }
    };
    let mut profiles: Vec<Profile> = users.into_iter().map(profile).collect();
    let views: BTreeSet<&str> = profiles.iter().map(|profile| profile.view.as_str()).collect();
    let open = open_below(tx, views).await?;
    for profile in &mut profiles {
        profile.view_opens_below = open.contains(&profile.view);
    }
    Ok(profiles)
}

/// A person whom the viewer's tenants have invited and who has not accepted: what is shown is what was
/// said in the invitation, whether they were known or not.
fn pending(
    user: user::Model,
    primary: Option<String>,
    active_tenant: String,
    view: Option<&str>,
    members: Vec<Member>,
) -> Profile {
    let invited = members.first().map(|member| &member.row);
    let email = invited.and_then(|row| row.invited_as.clone()).or(primary);
    let invited_at = invited.map_or(user.created_at, |row| row.created_at);
    Profile {
        user: user::Model {
            id: user.id,
            name: None,
            profile_picture_url: None,
            phone_number: None,
            provider: "local".to_owned(),
            managed_by: "frontegg".to_owned(),
            verified: false,
            is_locked: false,
            failed_logins: 0,
            super_user: false,
            invisible: false,
            mfa_bypass: false,
            metadata: "{}".to_owned(),
            vendor_metadata: String::new(),
            external_id: None,
            active_tenant_id: None,
            created_at: invited_at,
            updated_at: invited_at,
            last_login: None,
            name_folded: None,
        },
        email,
        view: view.unwrap_or(&active_tenant).to_owned(),
        view_opens_below: false,
        active_tenant,
        vendor_metadata: String::new(),
        mfa_enrolled: false,
        members,
    }
}

/// The profile of one person, without roles.
pub(crate) async fn one(tx: &Read, user: user::Model, viewer: Viewer<'_>, view: Option<&str>) -> DomainResult<Profile> {
    Ok(load(tx, vec![user], viewer, view, Roles::LeftOut).await?.remove(0))
}

/// Those of the tenants that let all their members reach into the tenants below.
async fn open_below(tx: &Read, tenant_ids: BTreeSet<&str>) -> DomainResult<BTreeSet<String>> {
    let rows = tenant::Entity::find()
        .filter(tenant::Column::TenantId.is_in(tenant_ids))
        .filter(tenant::Column::SubAccountAccessType.eq("alwaysOn"))
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| row.tenant_id).collect())
}

/// The stored choice, unless the viewer must not know that tenant.
fn active_tenant(user: &user::Model, members: &[Member], viewer: Viewer<'_>) -> String {
    let chosen = user.active_tenant_id.as_ref().filter(|tenant| match viewer {
        Viewer::Other(tenants) => tenants.contains(tenant),
        Viewer::Administrator | Viewer::Oneself => true,
    });
    let oldest = || members.first().map(|member| &member.row.tenant_id);
    chosen.or_else(oldest).cloned().unwrap_or_default()
}

/// The profile of one person with all that holds in the tenant in view, or in the active one.
pub(crate) async fn full(
    tx: &Read,
    user: user::Model,
    viewer: Viewer<'_>,
    view: Option<&str>,
) -> DomainResult<FullProfile> {
    let user_id = user.id.clone();
    let mut profiles = load(tx, vec![user], viewer, view, Roles::Shown).await?;
    let profile = profiles.remove(0);
    let effective = roles::effective_in(tx, &user_id, &profile.view).await?;
    let groups = match profile.in_view() {
        Some(row) => groups_of(tx, &row.id).await?,
        None => Vec::new(),
    };
    Ok(FullProfile { profile, effective, groups })
}

/// The groups that a membership is in, by name.
async fn groups_of(tx: &Read, membership_id: &str) -> DomainResult<Vec<GroupPlace>> {
    let configuration = groups::configuration(tx).await?;
    if !configuration.enabled {
        return Ok(Vec::new());
    }
    let rows = group_member::Entity::find()
        .find_also_related(group::Entity)
        .filter(group_member::Column::MembershipId.eq(membership_id))
        .order_by_asc(group::Column::Name)
        .fetch_all(tx)
        .await?;
    let ids: Vec<String> = rows.into_iter().map(|(link, _)| link.group_id).collect();
    let mut roles = BTreeMap::<String, Vec<role::Model>>::new();
    if configuration.roles_count() && !ids.is_empty() {
        let rows = group_role::Entity::find()
            .find_also_related(role::Entity)
            .filter(group_role::Column::GroupId.is_in(ids.iter()))
            .order_by_asc(role::Column::Level)
            .order_by_asc(role::Column::Key)
            .fetch_all(tx)
            .await?;
        for (link, role) in rows {
            roles.entry(link.group_id).or_default().extend(role);
        }
    }
    let place = |id: String| GroupPlace { roles: roles.remove(&id).unwrap_or_default(), id };
    Ok(ids.into_iter().map(place).collect())
}
