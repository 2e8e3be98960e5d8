//! People, and what they are in their tenants.

use std::collections::BTreeMap;

use super::{Making, Place, Step};
use crate::{
    domain::{
        caller::Caller,
        groups,
        identifiers::{Identifier, Proof},
        joining::{
            creation::{self, Invitation},
            migration::{self, FurtherEmail, Migrant},
        },
        machine_tokens::TokenOwner,
        memberships,
        passwords::{self, PasswordOwner},
        users::{self, NewUser},
    },
    seed::{ApiToken, Key, Keyed, Seed, User, fixed_id},
};

/// Who is to be put into groups.
#[derive(Default)]
pub(super) struct Made<'a> {
    /// Where the groups are named, and members by their ids, by tenant and group.
    groups: BTreeMap<(String, String), (Place<'a>, Vec<String>)>,
}

/// What somebody is to be in a tenant.
struct Home<'a> {
    place: Place<'a>,
    tenant: &'a Key,
    invited: bool,
    disabled: bool,
    roles: Option<&'a Vec<Key>>,
    groups: &'a [Key],
    personal_tokens: &'a Keyed<ApiToken>,
}

/// Somebody who is being made.
struct Somebody<'a> {
    place: &'a Place<'a>,
    described: &'a User,
    email: Option<&'a str>,
    username: Option<&'a str>,
    /// The address, or else the name, as it is compared.
    key: String,
}

impl<'a> Making<'_> {
    pub(super) async fn people(&mut self, place: &Place<'a>, seed: &'a Seed, made: &mut Made<'a>) -> Step {
        let tenants = place.member("tenants");
        for (tenant, described) in seed.tenants.iter() {
            let users = tenants.of_key(tenant).member("users");
            for (key, user) in described.users.iter() {
                let place = users.of_key(key);
                let own = Home {
                    place: place.clone(),
                    tenant,
                    invited: user.invited.unwrap_or_default(),
                    disabled: user.disabled.unwrap_or_default(),
                    roles: user.roles.as_ref(),
                    groups: &user.groups,
                    personal_tokens: &user.personal_tokens,
                };
                let homes = std::iter::once(own).chain(further(&place, user)).collect();
                self.person(&place, key, user, homes, made).await?;
            }
        }
        let users = place.member("users");
        for (key, user) in seed.users.iter() {
            let place = users.of_key(key);
            if let Some(member) = says_where(user) {
                return Err(place.member(member).refuse("is said within tenants"));
            }
            let homes: Vec<Home<'a>> = further(&place, user).collect();
            if homes.is_empty() {
                return Err(place.refuse("tenants must name at least one: everybody belongs to some"));
            }
            self.person(&place, key, user, homes, made).await?;
        }
        Ok(())
    }

    async fn person(
        &mut self,
        place: &Place<'a>,
        key: &'a Key,
        described: &'a User,
        homes: Vec<Home<'a>>,
        made: &mut Made<'a>,
    ) -> Step {
        let somebody = Somebody::of(place, key, described)?;
        for identifier in somebody.identifiers() {
            self.seen.once(place, &["user", &identifier.key()])?;
        }
        let mut known = self.known(&somebody).await?;
        match &known {
            Some(id) => self.is_present(place, id, described.id.as_deref())?,
            None => self.report.added += 1,
        }
        let is_new = known.is_none();
        for home in &homes {
            self.require_tenant(&home.place, home.tenant).await?;
            let id = self.join(&somebody, home, known.as_deref()).await?;
            for group in home.groups {
                let place = home.place.member("groups").reference(group);
                let key = (home.tenant.to_string(), group.to_string());
                made.groups.entry(key).or_insert_with(|| (place, Vec::new())).1.push(id.clone());
            }
            let owner = TokenOwner::Member { tenant_id: home.tenant.as_str(), user_id: &id };
            self.tokens(&home.place.member("personalTokens"), owner, home.personal_tokens).await?;
            known = Some(id);
        }
        if let Some(id) = known.filter(|_| is_new) {
            self.finish(&somebody, &id).await?;
            self.report.ids.insert(place.path().to_owned(), id);
        }
        Ok(())
    }

    /// The id of somebody who is there.
    async fn known(&self, somebody: &Somebody<'_>) -> Step<Option<String>> {
        let mut known = None;
        for identifier in somebody.identifiers() {
            let found = identifier.user_id(self.tx).await?;
            if known.is_some() && found.is_some() && known != found {
                return Err(somebody.place.refuse("the address is somebody's, and the username somebody else's"));
            }
            known = known.or(found);
        }
        Ok(known)
    }

    /// Makes somebody a member, unless they are one; gives their id. Who is not known is made.
    async fn join(&mut self, somebody: &Somebody<'_>, home: &Home<'_>, known: Option<&str>) -> Step<String> {
        let (place, tenant_id) = (&home.place, home.tenant.as_str());
        if let Some(id) = known
            && memberships::find(self.tx, id, tenant_id).await?.is_some()
        {
            return Ok(id.to_owned());
        }
        let role_ids = match home.roles {
            Some(roles) => Some(self.role_ids(&place.member("roles"), tenant_id, roles).await?),
            None => None,
        };
        let person = match known {
            Some(_) => NewUser {
                email: somebody.email.map(str::to_owned),
                username: somebody.username.map(str::to_owned),
                ..NewUser::default()
            },
            None => self.newcomer(somebody, home).await?,
        };
        let id = if home.invited {
            let invitation = Invitation { person, role_ids, ..Invitation::default() };
            let joined = creation::invite(self.tx, Caller::Environment, tenant_id, invitation).await;
            place.check(joined)?.person.user.id
        } else {
            let migrant = Migrant { tenant_id: tenant_id.to_owned(), person, role_ids, ..somebody.migrant() };
            place.check(migration::migrate(self.tx, migrant).await)?.user.id
        };
        if home.disabled {
            let row = memberships::require(self.tx, &id, tenant_id).await?;
            memberships::set_disabled(self.tx, row, true).await?;
        }
        Ok(id)
    }

    /// Somebody who is not known yet, with a password that satisfies the rules of the tenant.
    async fn newcomer(&self, somebody: &Somebody<'_>, home: &Home<'_>) -> Step<NewUser> {
        let Somebody { place, described, .. } = *somebody;
        let password_hash = match (&described.password, &described.password_hash) {
            (Some(_), Some(_)) => return Err(place.refuse("password and passwordHash exclude each other")),
            (Some(password), None) => {
                let owner = PasswordOwner::Newcomer { tenant_id: Some(home.tenant.as_str()) };
                let place = place.member("password");
                place.check(passwords::check_size(password.expose()))?;
                place.check(passwords::check(self.tx, owner, password.expose()).await)?;
                self.hashes.get(password.expose()).cloned()
            }
            (None, Some(hash)) => {
                place.member("passwordHash").check(passwords::check_stored(hash.expose()))?;
                Some(hash.expose().to_owned())
            }
            (None, None) => None,
        };
        Ok(NewUser {
            id: Some(described.id.clone().unwrap_or_else(|| fixed_id("user", [somebody.key.as_str()]))),
            email: somebody.email.map(str::to_owned),
            username: somebody.username.map(str::to_owned),
            name: described.name.clone(),
            profile_picture_url: described.profile_picture_url.clone(),
            phone_number: described.phone_number.clone(),
            password_hash,
            metadata: described.metadata.as_ref().map(ToString::to_string),
            vendor_metadata: described.vendor_metadata.as_ref().map(ToString::to_string),
            external_id: described.external_id.clone(),
            mfa_bypass: described.mfa_bypass.unwrap_or_default(),
            // Whoever is only invited proves it by coming in.
            verified: described.verified.unwrap_or(!home.invited),
            ..NewUser::default()
        })
    }

    /// What holds of somebody in all tenants, once they are there.
    async fn finish(&self, somebody: &Somebody<'_>, id: &str) -> Step {
        let Somebody { place, described, .. } = *somebody;
        for number in &described.phone_numbers {
            place.member("phoneNumbers").check(users::add_phone_number(self.tx, id, number).await)?;
        }
        if described.super_user == Some(true) {
            users::set_super_user(self.tx, id, true).await?;
        }
        if described.invisible == Some(true) {
            users::set_invisible(self.tx, id, true).await?;
        }
        if described.locked == Some(true) {
            users::lock(self.tx, id).await?;
        }
        Ok(())
    }

    /// Puts people into groups, each group at once.
    pub(super) async fn put_into_groups(&self, made: Made<'_>) -> Step {
        for ((tenant, name), (place, members)) in made.groups {
            let Some(group) = groups::by_name(self.tx, &tenant, &name).await? else {
                return Err(place.refuse(format!("there is no group {name}")));
            };
            place.check(groups::add_users(self.tx, Caller::Environment, &tenant, &group.id, members).await)?;
        }
        Ok(())
    }
}

impl<'a> Somebody<'a> {
    fn of(place: &'a Place<'a>, key: &'a Key, described: &'a User) -> Step<Self> {
        let is_address = key.as_str().contains('@');
        let (email, username) = if is_address {
            (Some(key.as_str()), described.username.as_deref())
        } else {
            (described.email.as_deref(), Some(key.as_str()))
        };
        if is_address && described.email.is_some() {
            return Err(place.refuse("the key is the address, and email another one: further ones are said by emails"));
        }
        if !is_address && described.username.is_some() {
            return Err(place.refuse("the key is the username, and username another one"));
        }
        let invited = described.invited == Some(true);
        if invited && (described.mfa.is_some() || !described.emails.is_empty()) {
            return Err(place.refuse("who is only invited has no second factors and no further addresses"));
        }
        let identifier = if is_address { Identifier::Email(key.as_str()) } else { Identifier::Username(key.as_str()) };
        Ok(Self { place, described, email, username, key: identifier.key() })
    }

    fn identifiers(&self) -> impl Iterator<Item = Identifier<'a>> + use<'a> {
        let (email, username) = (self.email.map(Identifier::Email), self.username.map(Identifier::Username));
        email.into_iter().chain(username)
    }

    /// What comes with a newcomer who is a member at once.
    fn migrant(&self) -> Migrant {
        let mfa = self.described.mfa.as_ref();
        let further = |address: &String| FurtherEmail { address: address.clone(), proof: Proof::Proven };
        Migrant {
            further_emails: self.described.emails.iter().map(further).collect(),
            authenticator_secret: mfa
                .and_then(|mfa| mfa.authenticator.as_ref())
                .map(|secret| secret.expose().to_owned()),
            second_factor_phone: mfa.and_then(|mfa| mfa.phone_number.clone()),
            ..Migrant::default()
        }
    }
}

/// What somebody is in tenants beside the one that they stand in.
fn further<'a>(place: &Place<'a>, user: &'a User) -> impl Iterator<Item = Home<'a>> + use<'a> {
    let place = place.member("tenants");
    user.tenants.iter().map(move |(tenant, membership)| Home {
        place: place.of_key(tenant),
        tenant,
        invited: membership.invited.unwrap_or_default(),
        disabled: membership.disabled.unwrap_or_default(),
        roles: membership.roles.as_ref(),
        groups: &membership.groups,
        personal_tokens: &membership.personal_tokens,
    })
}

/// A member of somebody that goes with a tenant.
fn says_where(user: &User) -> Option<&'static str> {
    [
        ("invited", user.invited.is_some()),
        ("disabled", user.disabled.is_some()),
        ("roles", user.roles.is_some()),
        ("groups", !user.groups.is_empty()),
        ("personalTokens", !user.personal_tokens.is_empty()),
    ]
    .into_iter()
    .find_map(|(member, is_said)| is_said.then_some(member))
}
