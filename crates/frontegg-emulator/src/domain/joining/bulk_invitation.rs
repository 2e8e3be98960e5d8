//! Inviting many people into one tenant. One who cannot be invited does not stop the others.

use serde::{Deserialize, Serialize};

use super::creation::{self, Invitation};
use crate::{
    domain::{DomainError, DomainResult, caller::Caller, jobs, memberships, settings::Form, tenants},
    store::{Read, Write},
};

/// The kind of the job.
const KIND: &str = "bulk-invite";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Report>(KIND);

/// Most people of one call.
const MOST: usize = 1_000;

/// How an invitation of many went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) total: usize,
    pub(crate) failures: Vec<Failure>,
}

/// Who could not be invited, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) email: Option<String>,
    pub(crate) message: String,
}

/// Somebody to invite, or why their entry cannot be used.
pub(crate) type Entry = Result<Invitation, Failure>;

/// Refuses a list that is empty or too long, and names the entries that name nobody.
pub(crate) fn check(names: impl ExactSizeIterator<Item = bool>) -> DomainResult<()> {
    let count = names.len();
    if !(1..=MOST).contains(&count) {
        return Err(DomainError::bad_request(format!("users must have between 1 and {MOST} entries")));
    }
    let fault =
        |(index, named): (usize, bool)| (!named).then(|| format!("users[{index}].email or username is required"));
    let faults: Vec<String> = names.enumerate().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
}

/// Invites these people and tells who could not be. Members are passed over.
pub(crate) async fn invite(tx: &Write, tenant_id: &str, entries: Vec<Entry>) -> DomainResult<Vec<Failure>> {
    tenants::require(tx, tenant_id).await?;
    let mut failures = Vec::new();
    for entry in entries {
        match entry {
            Ok(invitation) => failures.extend(invite_one(tx, tenant_id, invitation).await?),
            Err(failure) => failures.push(failure),
        }
    }
    Ok(failures)
}

/// Keeps the report of an invitation that has ended; gives its id.
pub(crate) async fn keep(tx: &Write, report: &Report) -> DomainResult<String> {
    jobs::keep(tx, KIND, report).await
}

/// What went wrong with one of them is told, unless it is the emulator that failed.
async fn invite_one(tx: &Write, tenant_id: &str, invitation: Invitation) -> DomainResult<Option<Failure>> {
    let email = invitation.person.email.clone();
    let invited = async {
        let known = creation::known_person(tx, &invitation.person).await?;
        if let Some(known) = known
            && memberships::find(tx, &known.user.id, tenant_id).await?.is_some()
        {
            return Ok(());
        }
        creation::invite(tx, Caller::Environment, tenant_id, invitation).await.map(|_| ())
    };
    match invited.await {
        Ok(()) => Ok(None),
        Err(error) if error.is_failure() => Err(error),
        Err(error) => Ok(Some(Failure { email, message: error.messages().join("; ") })),
    }
}

/// The report of such a job, or 404.
pub(crate) async fn report(tx: &Read, id: &str) -> DomainResult<Report> {
    jobs::report(tx, KIND, id).await
}
