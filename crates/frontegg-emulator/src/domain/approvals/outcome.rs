//! What comes of an execution: whoever asked is told, a webhook would be called, and a session is stepped up.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{approvers, record::Execution};
use crate::{
    clock::Timestamp,
    domain::{
        DomainError, DomainResult,
        identifiers::emails,
        messages::outbox,
        sessions::{self, SecondFactor},
    },
    store::{
        Write,
        entity::{ExecutionStatus, approval_execution, approver},
    },
};

/// What the messages about an outcome are named.
const WEBHOOK: &str = "ApprovalFlowWebhook";
const DECISION: &str = "ApprovalFlowDecision";

/// How an execution ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending<'a> {
    /// By its last approver, or by itself.
    Approved {
        by: Option<&'a approver::Model>,
    },
    Refused,
    /// Nobody decided in time, which counts as a refusal.
    TimedOut,
}

impl Ending<'_> {
    fn status(self) -> ExecutionStatus {
        match self {
            Self::Approved { .. } => ExecutionStatus::Approved,
            Self::Refused | Self::TimedOut => ExecutionStatus::Refused,
        }
    }

    /// What brought it about, as the webhook is told.
    fn reason(self) -> &'static str {
        match self {
            Self::Approved { by: None } => "automatic",
            Self::Approved { by: Some(_) } | Self::Refused => "decision",
            Self::TimedOut => "timeout",
        }
    }

    fn is_approval(self) -> bool {
        matches!(self, Self::Approved { .. })
    }
}

/// Ends an execution that is open, at that moment.
pub(super) async fn finish(
    tx: &Write,
    execution: Execution,
    ending: Ending<'_>,
    moment: Timestamp,
) -> DomainResult<()> {
    let Execution { row, definition } = execution;
    let mut row = row.into_active_model();
    row.status = Set(ending.status());
    row.due_at = Set(None);
    row.ended_at = Set(Some(moment));
    let row = row.update(tx).await?;
    if let Some(address) = &row.webhook_url {
        let body = webhook_body(tx, &row, &definition.name, ending, moment).await?;
        outbox::webhook(WEBHOOK, address, body.to_string()).send(tx).await?;
    }
    if definition.configuration.notify_on_decisions == Some(true) {
        notify(tx, &row, &definition.name, ending).await?;
    }
    if let (Ending::Approved { by }, Some(session_id)) = (ending, &row.session_id) {
        sessions::raise(tx, session_id, factor(by), moment).await?;
    }
    Ok(())
}

async fn webhook_body(
    tx: &Write,
    row: &approval_execution::Model,
    flow_name: &str,
    ending: Ending<'_>,
    moment: Timestamp,
) -> DomainResult<Value> {
    let data: Option<Value> = match &row.execution_data {
        Some(text) => serde_json::from_str(text).map_err(DomainError::internal)?,
        None => None,
    };
    Ok(json!({
        "approvalFlowExecutionId": row.id,
        "approvalFlowId": row.flow_id,
        "approvalFlowName": flow_name,
        "tenantId": row.tenant_id,
        "userId": row.user_id,
        "requester": approvers::requester(tx, &row.user_id).await?,
        "approved": ending.is_approval(),
        "reason": ending.reason(),
        "decidedAt": moment.utc(),
        "executionData": data,
    }))
}

/// Tells whoever asked, if a mail reaches them.
async fn notify(tx: &Write, row: &approval_execution::Model, flow_name: &str, ending: Ending<'_>) -> DomainResult<()> {
    let Some(email) = emails::primary(tx, &row.user_id).await? else { return Ok(()) };
    let outcome = match ending {
        Ending::Approved { .. } => "approved",
        Ending::Refused => "refused",
        Ending::TimedOut => "not decided in time",
    };
    let subject = format!("Your request was {outcome}");
    let text = format!("{flow_name}: your request was {outcome}.");
    outbox::mail_notice(DECISION, &email.email, &subject, &text).send(tx).await
}

/// As which second factor an approval counts: by the way on which the approver was reached.
fn factor(by: Option<&approver::Model>) -> SecondFactor {
    match by {
        Some(approver) if approver.email.is_none() => SecondFactor::Sms,
        _ => SecondFactor::EmailCode,
    }
}
