//! What approvers are shown, and what they decide.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use subtle::ConstantTimeEq;

use super::{
    approvers,
    flows::Step,
    outcome::{self, Ending},
    record::{self, Execution},
    timers::{self, settle},
};
use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult, Tried, memberships},
    store::{
        Read, Write,
        entity::{Decision, ExecutionStatus, approval_execution, approver},
    },
};

/// The ids of the link that an approver got. Together they are the right to decide.
#[derive(Clone, Copy)]
pub(crate) struct Link<'a> {
    pub(crate) execution: &'a str,
    pub(crate) step: &'a str,
    pub(crate) approver: &'a str,
}

/// What an approver is asked to decide on.
pub(crate) struct Asked {
    pub(crate) flow_name: String,
    pub(crate) flow_description: Option<String>,
    pub(crate) requester: String,
    pub(crate) requested_at: Timestamp,
    /// A JSON object as text.
    pub(crate) data: Option<String>,
}

/// What a link leads to, or 404; also once it is decided.
pub(crate) async fn look(tx: &Read, link: Link<'_>) -> DomainResult<Asked> {
    let (Execution { row, definition }, _) = follow(tx, link).await?;
    Ok(Asked {
        flow_name: definition.name,
        flow_description: definition.description,
        requester: approvers::requester(tx, &row.user_id).await?,
        requested_at: row.created_at,
        data: row.execution_data,
    })
}

/// Decides. What was due before stays done, also where the decision comes too late.
pub(crate) async fn decide(tx: &Write, link: Link<'_>, decision: Decision) -> DomainResult<Tried<()>> {
    settle(tx).await?;
    match note(tx, link, decision).await {
        Ok(()) => Ok(Tried::Done(())),
        Err(error) if error.is_failure() => Err(error),
        Err(refusal) => Ok(Tried::Refused(refusal)),
    }
}

async fn note(tx: &Write, link: Link<'_>, decision: Decision) -> DomainResult<()> {
    let (execution, approver) = follow(tx, link).await?;
    if approver.decision.is_some() {
        return Err(DomainError::conflict("You have decided already"));
    }
    if execution.row.status != ExecutionStatus::Open {
        return Err(DomainError::bad_request("The approval is closed"));
    }
    if execution.row.step_id != link.step {
        return Err(DomainError::bad_request("The step is not the one to decide on now"));
    }
    let mut row = approver.into_active_model();
    row.decision = Set(Some(decision));
    row.decided_at = Set(Some(tx.now()));
    let by = row.update(tx).await?;
    match decision {
        Decision::Refused => outcome::finish(tx, execution, Ending::Refused, tx.now()).await,
        Decision::Approved => go_on(tx, execution, &by).await,
    }
}

/// Ends a step that has enough approvals, and asks the approvers of the next one.
async fn go_on(tx: &Write, execution: Execution, by: &approver::Model) -> DomainResult<()> {
    let (step, next) = execution.definition.step(&execution.row.step_id).ok_or_else(unknown)?;
    if !is_passed(tx, &execution, step).await? {
        return Ok(());
    }
    let Some(next) = next.cloned() else {
        return outcome::finish(tx, execution, Ending::Approved { by: Some(by) }, tx.now()).await;
    };
    let Execution { row, definition } = execution;
    let mut row = approval_execution::Model { step_id: next.id, step_began_at: tx.now(), ..row };
    row.due_at = timers::next_due(&row, &definition, tx.now());
    let row = row.into_active_model().reset_all().update(tx).await?;
    let asked = approvers::of_step(tx, &row.id, &row.step_id).await?;
    approvers::ask(tx, &row, &definition, &asked).await
}

async fn is_passed(tx: &Read, execution: &Execution, step: &Step) -> DomainResult<bool> {
    let asked = approvers::of_step(tx, &execution.row.id, &step.id).await?;
    let approvals = asked.iter().filter(|approver| approver.decision == Some(Decision::Approved)).count();
    Ok(i64::try_from(approvals).is_ok_and(|approvals| approvals >= step.min_approvals))
}

/// The execution and the approver of a link, or 404. Whoever was asked as a member has to be one still.
async fn follow(tx: &Read, link: Link<'_>) -> DomainResult<(Execution, approver::Model)> {
    let execution = record::find(tx, link.execution).await?.ok_or_else(unknown)?;
    let asked = approvers::of_step(tx, link.execution, link.step).await?;
    let is_meant = |approver: &approver::Model| approver.id.as_bytes().ct_eq(link.approver.as_bytes()).into();
    let approver = asked.into_iter().find(is_meant).ok_or_else(unknown)?;
    if let Some(user_id) = &approver.user_id {
        let member = memberships::find(tx, user_id, &execution.row.tenant_id).await?;
        member.filter(|row| memberships::is_open(tx, row)).ok_or_else(unknown)?;
    }
    Ok((execution, approver))
}

fn unknown() -> DomainError {
    DomainError::not_found("Approval not found")
}
