//! People who come over from another system, with their passwords and second factors as they were there. Nobody is told by
//! mail, and whoever comes is a member at once.

use std::collections::HashSet;

use super::creation::{self, Joined};
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        identifiers::{Proof, emails, phones},
        jobs::{self, EntryFault, ImportReport},
        memberships::{self, MemberKey, NewMembership},
        mfa,
        people::person::{self, Person},
        settings::Form,
        tenants,
        users::NewUser,
    },
    store::{Read, Write, entity::MembershipStatus},
};

/// Under which name the reports are kept.
const KIND: &str = "user_migration";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<ImportReport>(KIND);

/// Most people of one call.
const MOST: usize = 1_000;

/// Somebody who comes over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Migrant {
    pub(crate) tenant_id: String,
    /// With the primary address, and with a phone number to sign in with.
    pub(crate) person: NewUser,
    /// Beside the primary one.
    pub(crate) further_emails: Vec<FurtherEmail>,
    /// The default ones when absent.
    pub(crate) role_ids: Option<Vec<String>>,
    /// The secret of an authenticator app.
    pub(crate) authenticator_secret: Option<String>,
    /// The number of a phone that gets codes as a second factor.
    pub(crate) second_factor_phone: Option<String>,
}

/// An address of somebody that is not their primary one.
#[derive(Clone, Debug)]
pub(crate) struct FurtherEmail {
    pub(crate) address: String,
    pub(crate) proof: Proof,
}

/// Somebody to bring over, or why their entry cannot be used.
pub(crate) type Entry = Result<Migrant, String>;

/// Refuses a list that is empty or too long.
pub(crate) fn check_count(count: usize) -> DomainResult<()> {
    if (1..=MOST).contains(&count) {
        return Ok(());
    }
    Err(DomainError::bad_request(format!("users must have between 1 and {MOST} entries")))
}

/// Brings somebody over. Known people become members of a further tenant and keep what they have; 409 for members.
///
/// What may be refused is looked at before anything is written, so that the other entries of a list can go on.
pub(crate) async fn migrate(tx: &Write, migrant: Migrant) -> DomainResult<Person> {
    let Migrant { tenant_id, person, further_emails, role_ids, authenticator_secret, second_factor_phone } = migrant;
    person.check()?;
    let secret = authenticator_secret.as_deref().map(mfa::read_secret).transpose()?;
    second_factor_phone.as_deref().map_or(Ok(()), phones::check)?;
    let tenant = tenants::require(tx, &tenant_id).await?;
    let roles = memberships::named_or_default(tx, Caller::Environment, &tenant_id, role_ids).await?;
    let place = NewMembership { roles, status: MembershipStatus::Activated, expires_at: None, invited_as: None };
    if let Some(known) = creation::known_person(tx, &person).await? {
        memberships::require_none(tx, MemberKey { user_id: &known.user.id, tenant_id: &tenant_id }).await?;
        memberships::join(tx, &known.user, &tenant, place).await?;
        return Ok(known);
    }
    let mut keys: HashSet<String> = person.email.as_deref().map(emails::key).into_iter().collect();
    for further in &further_emails {
        emails::check(&further.address)?;
        if !keys.insert(emails::key(&further.address)) {
            return Err(emails::taken());
        }
        emails::require_free(tx, &further.address).await?;
    }
    let Joined { person, .. } =
        creation::join(tx, creation::create(tx, person, &tenant).await?, &tenant, place).await?;
    for further in further_emails {
        emails::add(tx, &person.user.id, &further.address, further.proof).await?;
    }
    if let Some(secret) = secret {
        mfa::authenticators::bring(tx, &person.user.id, secret).await?;
    }
    if let Some(number) = second_factor_phone {
        mfa::phones::bring(tx, &person.user.id, &number).await?;
    }
    person::require(tx, &person.user.id).await
}

/// Brings these people over, `first` being the place of the first of them in the whole list; one who cannot be brought
/// stops no other.
pub(crate) async fn migrate_all(
    tx: &Write,
    first: usize,
    entries: Vec<Entry>,
    report: &mut ImportReport,
) -> DomainResult<()> {
    for (index, entry) in entries.into_iter().enumerate() {
        let outcome = match entry {
            Ok(migrant) => migrate(tx, migrant).await.map(drop),
            Err(message) => Err(DomainError::bad_request(message)),
        };
        match outcome {
            Ok(()) => report.migrated += 1,
            Err(error) if error.is_failure() => return Err(error),
            Err(error) => report.faults.push(EntryFault { index: first + index, message: error.messages().join("; ") }),
        }
    }
    Ok(())
}

/// Keeps the report of what has ended; gives its id.
pub(crate) async fn keep(tx: &Write, report: &ImportReport) -> DomainResult<String> {
    jobs::keep(tx, KIND, report).await
}

/// The report of such a job, or 404.
pub(crate) async fn report(tx: &Read, id: &str) -> DomainResult<ImportReport> {
    jobs::report(tx, KIND, id).await
}
