//! People as others see them: the identity with its address and memberships, and what holds in the
//! tenant in view.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::person::{self, Person};
use crate::{
    domain::{
        DomainResult, groups,
        memberships::{self, Place, Roles},
        roles::{self, Effective},
        users,
    },
    store::{
        Fetch, Read,
        entity::{MembershipStatus, group, group_member, group_role, role, user},
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
    pub(crate) members: Vec<Place>,
    /// Whether the person has set up a second factor.
    pub(crate) mfa_enrolled: bool,
    /// The tenant in view.
    view: String,
}

impl Profile {
    /// The membership in the tenant in view.
    pub(crate) fn in_view(&self) -> Option<&Place> {
        self.members.iter().find(|place| place.row.tenant_id == self.view)
    }

    /// Whether the membership in view waits neither for an activation nor for an acceptance.
    pub(crate) fn is_activated(&self) -> bool {
        let active =
            |place: &Place| matches!(place.row.status, MembershipStatus::Activated | MembershipStatus::PendingLogin);
        self.in_view().is_some_and(active)
    }

    /// Whether the roles held in the tenant in view count in the tenants below, for members there.
    pub(crate) fn reaches_down(&self) -> Option<bool> {
        self.in_view().map(|place| place.row.sub_tenant_access || place.opens_below)
    }
}

/// A person with all that holds for them in the tenant in view.
#[derive(Clone, Debug)]
pub(crate) struct FullProfile {
    pub(crate) profile: Profile,
    pub(crate) effective: Effective,
    pub(crate) groups: Vec<GroupPlace>,
}

impl FullProfile {
    /// The same, or 404 where the person is no member of the tenant in view.
    pub(crate) fn of_member(self) -> DomainResult<Self> {
        if self.profile.in_view().is_some() { Ok(self) } else { Err(users::unknown()) }
    }
}

/// A group that somebody is in, with the roles that it confers.
#[derive(Clone, Debug)]
pub(crate) struct GroupPlace {
    pub(crate) id: String,
    pub(crate) roles: Vec<role::Model>,
}

/// The profiles of these people, in their order. Without a tenant in view each is seen in the
/// active one.
pub(crate) async fn load(
    tx: &Read,
    people: Vec<Person>,
    viewer: Viewer<'_>,
    view: Option<&str>,
    roles: Roles,
) -> DomainResult<Vec<Profile>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = people.iter().map(|person| person.user.id.clone()).collect();
    let mut places = memberships::places(tx, &ids, roles).await?;
    if let Viewer::Other(tenants) = viewer {
        places.retain(|place| tenants.contains(&place.row.tenant_id));
    }
    let mut members = BTreeMap::<String, Vec<Place>>::new();
    for place in places {
        members.entry(place.row.user_id.clone()).or_default().push(place);
    }
    let profile = |person: Person| {
        let members = members.remove(&person.user.id).unwrap_or_default();
        profile(person, members, viewer, view)
    };
    Ok(people.into_iter().map(profile).collect())
}

fn profile(person: Person, members: Vec<Place>, viewer: Viewer<'_>, view: Option<&str>) -> Profile {
    let active_tenant = active_tenant(&person.user, &members, viewer);
    let view = view.unwrap_or(&active_tenant).to_owned();
    let is_pending = matches!(viewer, Viewer::Other(_)) && members.iter().all(|place| place.row.status.is_pending());
    let mfa_enrolled = person.is_enrolled();
    let Person { user, email, .. } = person;
    if is_pending {
        return pending(user, email, active_tenant, view, members);
    }
    let vendor_metadata =
        if matches!(viewer, Viewer::Administrator) { user.vendor_metadata.clone() } else { String::new() };
    Profile { user, email, active_tenant, vendor_metadata, members, mfa_enrolled, view }
}

/// A person whom the viewer's tenants have invited and who has not accepted: what is shown is what was
/// said in the invitation, whether they were known or not.
fn pending(
    user: user::Model,
    primary: Option<String>,
    active_tenant: String,
    view: String,
    members: Vec<Place>,
) -> Profile {
    let invited = members.first().map(|place| &place.row);
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
            address_key: None,
        },
        email,
        active_tenant,
        vendor_metadata: String::new(),
        members,
        mfa_enrolled: false,
        view,
    }
}

/// The profile of one person, without roles; or 404.
pub(crate) async fn one(tx: &Read, user_id: &str, viewer: Viewer<'_>, view: Option<&str>) -> DomainResult<Profile> {
    let person = person::require(tx, user_id).await?;
    Ok(load(tx, vec![person], viewer, view, Roles::LeftOut).await?.remove(0))
}

/// The stored choice, unless the viewer must not know that tenant.
fn active_tenant(user: &user::Model, members: &[Place], viewer: Viewer<'_>) -> String {
    let chosen = user.active_tenant_id.as_ref().filter(|tenant| match viewer {
        Viewer::Other(tenants) => tenants.contains(tenant),
        Viewer::Administrator | Viewer::Oneself => true,
    });
    let oldest = || members.first().map(|place| &place.row.tenant_id);
    chosen.or_else(oldest).cloned().unwrap_or_default()
}

/// The profile of one person with all that holds in the tenant in view, or in the active one; or 404.
pub(crate) async fn full(
    tx: &Read,
    user_id: &str,
    viewer: Viewer<'_>,
    view: Option<&str>,
) -> DomainResult<FullProfile> {
    full_of(tx, person::require(tx, user_id).await?, viewer, view).await
}

/// The same of somebody who was read already.
pub(crate) async fn full_of(
    tx: &Read,
    person: Person,
    viewer: Viewer<'_>,
    view: Option<&str>,
) -> DomainResult<FullProfile> {
    let profile = load(tx, vec![person], viewer, view, Roles::Shown).await?.remove(0);
    let effective = roles::effective_in(tx, &profile.user.id, &profile.view).await?;
    let groups = match profile.in_view() {
        Some(place) => groups_of(tx, &place.row.id).await?,
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
