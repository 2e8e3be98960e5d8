//! The person that a user of a connection stands for.

use frontegg_model::Patch;
use serde_json::Value;

use crate::{
    domain::{
        DomainResult,
        caller::Caller,
        identifiers::{Proof, emails, phones},
        joining::creation::{self, Joined},
        memberships::{self, NewMembership},
        scim::{Answer, kept::text},
        sso::domains,
        tenants,
        users::{self, Changes, ManagedBy, NewUser},
    },
    scim::{self, Fault, resource::Attributes},
    store::{
        Read, Write,
        entity::{MembershipStatus, user},
    },
};

/// Most characters of the address of a picture.
const LONGEST_PICTURE: usize = 4095;

/// As whom people of identity providers come.
const PROVIDER: &str = "scim2";

/// What a user says of a person.
#[derive(Clone, Debug)]
pub(in crate::domain::scim) struct Person {
    email: String,
    name: Option<String>,
    picture: Option<String>,
    /// In international form; nothing where the number is in no such form.
    phone_number: Option<String>,
    is_active: bool,
}

/// Somebody who is in the tenant now.
#[derive(Clone, Debug)]
pub(super) struct Brought {
    pub(super) user_id: String,
    pub(super) is_new_member: bool,
}

impl Person {
    /// Refuses a user without an address: nobody could be found by it, or sign in.
    pub(in crate::domain::scim) fn of(attributes: &Attributes) -> Result<Self, scim::Error> {
        let email = preferred(attributes, "emails").or_else(|| text(attributes, "userName"));
        let email = email.filter(|email| emails::check(email).is_ok()).ok_or_else(|| {
            let detail = "Neither the preferred one of emails nor userName is an email address";
            scim::Error::new(Fault::InvalidValue, detail)
        })?;
        let picture = preferred(attributes, "photos").filter(|url| url.chars().count() <= LONGEST_PICTURE);
        Ok(Self {
            email: email.to_owned(),
            name: name(attributes),
            picture: picture.map(str::to_owned),
            phone_number: preferred(attributes, "phoneNumbers").and_then(international),
            is_active: attributes.get("active").and_then(Value::as_bool).unwrap_or(true),
        })
    }

    /// Has the person be a member of the tenant: whom the user has become already, else whoever has the address, else
    /// somebody new.
    pub(super) async fn bring(&self, tx: &Write, tenant_id: &str, known_as: Option<&str>) -> Answer<Brought> {
        let known = match known_as {
            Some(user_id) => users::find(tx, user_id).await?,
            None => match emails::find(tx, &self.email).await? {
                Some(email) => users::find(tx, &email.user_id).await?,
                None => None,
            },
        };
        let (user, is_new_member) = match known {
            Some(user) => {
                let is_new_member = make_member(tx, &user, tenant_id).await?;
                (self.overwrite(tx, user, tenant_id).await?, is_new_member)
            }
            None => (self.create(tx, tenant_id).await?, true),
        };
        let membership = memberships::require(tx, &user.id, tenant_id).await?;
        if membership.is_disabled == self.is_active {
            memberships::set_disabled(tx, membership, !self.is_active).await?;
        }
        Ok(Brought { user_id: user.id, is_new_member })
    }

    async fn create(&self, tx: &Write, tenant_id: &str) -> DomainResult<user::Model> {
        let new = NewUser {
            email: Some(self.email.clone()),
            name: self.name.clone(),
            profile_picture_url: self.picture.clone(),
            phone_number: self.free_phone_number(tx, None).await?,
            provider: Some(PROVIDER.to_owned()),
            verified: true,
            ..NewUser::default()
        };
        let Joined { person, .. } = creation::create_in_tenant(tx, tenant_id, new, None, None).await?;
        users::set_managed_by(tx, person.user, ManagedBy::Scim2).await
    }

    /// Writes what all tenants see of somebody, where this tenant may.
    async fn overwrite(&self, tx: &Write, user: user::Model, tenant_id: &str) -> DomainResult<user::Model> {
        if !speaks_for(tx, tenant_id, &user).await? {
            return Ok(user);
        }
        if !user.verified {
            // The identity provider vouches for the address, as it does for those of people who are new.
            users::prove(tx, &user.id).await?;
        }
        let key = emails::key(&self.email);
        if emails::of_user(tx, &user.id).await?.iter().all(|held| held.address_key != key) {
            users::set_email(tx, &user.id, &self.email).await?;
        }
        let user = users::require(tx, &user.id).await?;
        let changes = Changes {
            name: self.name.clone(),
            profile_picture_url: self.picture.clone().map_or(Patch::Absent, Patch::Value),
            phone_number: self.free_phone_number(tx, Some(&user.id)).await?,
            ..Changes::default()
        };
        let user = users::update(tx, user, changes, Proof::Proven).await?;
        users::set_managed_by(tx, user, ManagedBy::Scim2).await
    }

    /// The number, unless somebody else has it: then it is kept with the connection alone.
    async fn free_phone_number(&self, tx: &Read, own: Option<&str>) -> DomainResult<Option<String>> {
        let Some(number) = &self.phone_number else { return Ok(None) };
        let holder = phones::find(tx, number).await?;
        Ok(Some(number.clone()).filter(|_| holder.is_none_or(|holder| Some(holder.user_id.as_str()) == own)))
    }
}

/// Makes somebody a member who is none, and accepts the invitation of whoever has one; tells whether they were none.
async fn make_member(tx: &Write, user: &user::Model, tenant_id: &str) -> DomainResult<bool> {
    if let Some(membership) = memberships::find(tx, &user.id, tenant_id).await? {
        if membership.status == MembershipStatus::PendingInvitation {
            memberships::accept(tx, membership).await?;
        }
        return Ok(false);
    }
    let tenant = tenants::require(tx, tenant_id).await?;
    let roles = memberships::named_or_default(tx, Caller::Environment, tenant_id, None).await?;
    let status = MembershipStatus::PendingLogin;
    let place = NewMembership { roles, status, expires_at: None, invited_as: None };
    memberships::join(tx, user, &tenant, place).await?;
    Ok(true)
}

/// Whether a tenant may change what all tenants see of one of its members: where they are a member of no other, or their
/// address lies in a domain that the tenant has proven to be its own. Nobody speaks for those who may enter every tenant.
async fn speaks_for(tx: &Read, tenant_id: &str, user: &user::Model) -> DomainResult<bool> {
    if user.super_user {
        return Ok(false);
    }
    let memberships = memberships::of_user(tx, &user.id).await?;
    if memberships.iter().all(|membership| membership.tenant_id == tenant_id) {
        return Ok(true);
    }
    match emails::primary(tx, &user.id).await?.filter(|email| email.verified) {
        Some(email) => domains::has_validated(tx, tenant_id, &email.email).await,
        None => Ok(false),
    }
}

/// The value that is the primary one, or else the first.
fn preferred<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    let values = attributes.get(name)?.as_array()?;
    let primary = values.iter().find(|value| value["primary"] == true);
    primary.or_else(|| values.first())?.get("value")?.as_str()
}

fn name(attributes: &Attributes) -> Option<String> {
    let parts = attributes.get("name").and_then(Value::as_object);
    let part = |name| parts.and_then(|parts| text(parts, name));
    let whole = text(attributes, "displayName").or_else(|| part("formatted")).map(str::to_owned);
    whole.or_else(|| {
        let parts: Vec<&str> = ["givenName", "familyName"].into_iter().filter_map(part).collect();
        Some(parts.join(" ")).filter(|name| !name.is_empty())
    })
}

/// A number in international form (E.164), of one with blanks and signs as people write it (RFC 3966).
fn international(number: &str) -> Option<String> {
    let number = number.strip_prefix("tel:").unwrap_or(number);
    let number: String = number.chars().filter(|character| !" -.()/\u{a0}".contains(*character)).collect();
    phones::check(&number).is_ok().then_some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn person(attributes: Value) -> Result<Person, scim::Error> {
        let Value::Object(attributes) = attributes else { unreachable!("an object") };
        Person::of(&attributes)
    }

    #[test]
    fn a_user_stands_for_a_person() {
        for (attributes, email, name) in [
            (json!({ "userName": "ada@x.test" }), "ada@x.test", None),
            (
                json!({
                    "userName": "ada",
                    "emails": [{ "value": "a@x.test" }, { "value": "b@x.test", "primary": true }],
                    "name": { "givenName": "Ada", "familyName": "Lovelace" },
                }),
                "b@x.test",
                Some("Ada Lovelace"),
            ),
            (
                json!({ "userName": "u@x.test", "emails": [{ "value": "a@x.test" }], "name": { "formatted": "A" } }),
                "a@x.test",
                Some("A"),
            ),
            (
                json!({ "userName": "u@x.test", "displayName": "D", "name": { "formatted": "A" } }),
                "u@x.test",
                Some("D"),
            ),
        ] {
            let person = person(attributes.clone()).expect("a person");
            assert_eq!((person.email.as_str(), person.name.as_deref()), (email, name), "{attributes}");
            assert!(person.is_active);
        }
        for bad in [
            json!({ "userName": "ada" }),
            json!({ "userName": "ada@x.test", "emails": [{ "value": "ada" }] }),
            json!({ "userName": "ada@x.test\n" }),
        ] {
            assert_eq!(person(bad.clone()).expect_err("no address").fault, Fault::InvalidValue, "{bad}");
        }
        assert!(!person(json!({ "userName": "a@x.test", "active": false })).expect("a person").is_active);
    }

    #[test]
    fn numbers_are_brought_to_one_form() {
        for (written, number) in [
            ("+1 (555) 010-0199", Some("+15550100199")),
            ("tel:+1-555-010-0199", Some("+15550100199")),
            ("555-0100", None),
            ("+1 555 x1", None),
        ] {
            assert_eq!(international(written).as_deref(), number, "{written}");
        }
    }
}
