//! Asking for approval.

use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::{Map, Value};

use super::{
    approvers,
    flows::{self, Definition, Flow},
    timers,
};
use crate::{
    domain::{DomainError, DomainResult, input, memberships, sessions, users},
    ids,
    store::{
        Read, Write,
        entity::{ExecutionStatus, approval_execution, approver, user},
    },
};

/// Which flow to execute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Choice<'a> {
    /// The one of that id.
    Flow(&'a str),
    /// The one that stands in for a step-up, of the session where it is a session's holder who asks.
    StepUp { session_id: Option<&'a str> },
}

/// What somebody asks.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) choice: Choice<'a>,
    /// Who asks.
    pub(crate) user_id: &'a str,
    /// In which tenant; that of the flow, or the one that they work in, where nobody says.
    pub(crate) tenant_id: Option<&'a str>,
    /// Shown to approvers.
    pub(crate) data: Option<Map<String, Value>>,
    /// In place of the flow's.
    pub(crate) webhook_url: Option<String>,
}

/// Starts a flow: approvers of its first step get their links.
pub(crate) async fn start(tx: &Write, request: Request<'_>) -> DomainResult<()> {
    if request.webhook_url.as_deref().is_some_and(|address| !input::is_web_address(address)) {
        return Err(DomainError::bad_request("webhookUrl must be a URL of http or https"));
    }
    let user = users::require(tx, request.user_id).await?;
    let (flow, tenant_id) = flow_and_tenant(tx, &request, &user).await?;
    if !flow.row.is_active {
        return Err(DomainError::bad_request("The approval flow is not active"));
    }
    memberships::require(tx, &user.id, &tenant_id).await?;
    let session_id = session_to_raise(tx, request.choice, &user.id, &tenant_id).await?;
    let first = flow.definition.steps.first();
    let first = first.ok_or_else(|| DomainError::internal(anyhow::anyhow!("the flow has no steps")))?;
    let mut row = approval_execution::Model {
        id: ids::new_id(),
        flow_id: flow.row.id,
        tenant_id,
        user_id: user.id,
        session_id,
        definition: flow.row.definition,
        execution_data: request.data.map(|data| Value::Object(data).to_string()),
        webhook_url: request.webhook_url.or_else(|| flow.definition.configuration.webhook_url.clone()),
        status: ExecutionStatus::Open,
        step_id: first.id.clone(),
        step_began_at: tx.now(),
        due_at: None,
        created_at: tx.now(),
        ended_at: None,
    };
    row.due_at = timers::next_due(&row, &flow.definition, tx.now());
    let row = row.into_active_model().reset_all().insert(tx).await?;
    let asked = all_approvers(tx, &row, &flow.definition).await?;
    approvers::insert(tx, &asked).await?;
    let now: Vec<_> = asked.into_iter().filter(|approver| approver.step_id == row.step_id).collect();
    approvers::ask(tx, &row, &flow.definition, &now).await
}

/// The session that an approval steps up: that of who asks, else the one that they began last in the tenant.
async fn session_to_raise(
    tx: &Read,
    choice: Choice<'_>,
    user_id: &str,
    tenant_id: &str,
) -> DomainResult<Option<String>> {
    match choice {
        Choice::Flow(_) => Ok(None),
        Choice::StepUp { session_id: Some(id) } => Ok(Some(id.to_owned())),
        Choice::StepUp { session_id: None } => {
            let sessions = sessions::list(tx, user_id, Some(tenant_id)).await?;
            Ok(sessions.into_iter().next().map(|session| session.id))
        }
    }
}

/// The approvers of all steps; refused where a step could never be passed.
async fn all_approvers(
    tx: &Read,
    row: &approval_execution::Model,
    definition: &Definition,
) -> DomainResult<Vec<approver::Model>> {
    let mut all = Vec::new();
    for step in &definition.steps {
        let found = approvers::select(tx, row, definition, step).await?;
        let needed = usize::try_from(step.min_approvals).unwrap_or(usize::MAX);
        if found.is_empty() {
            return Err(DomainError::bad_request(format!("No approver can be found for step {}", step.order)));
        }
        if found.len() < needed {
            return Err(DomainError::bad_request(format!("Step {} has fewer approvers than it needs", step.order)));
        }
        all.extend(found);
    }
    Ok(all)
}

/// The flow and the tenant in which approval is asked for.
async fn flow_and_tenant(tx: &Read, request: &Request<'_>, user: &user::Model) -> DomainResult<(Flow, String)> {
    match request.choice {
        Choice::Flow(id) => {
            let flow = flows::require(tx, request.tenant_id, id).await?;
            let named = request.tenant_id.map(str::to_owned).or_else(|| flow.row.tenant_id.clone());
            let tenant_id = own_tenant(tx, named, user).await?;
            Ok((flow, tenant_id))
        }
        Choice::StepUp { .. } => {
            let tenant_id = own_tenant(tx, request.tenant_id.map(str::to_owned), user).await?;
            Ok((flows::for_step_up(tx, &tenant_id).await?, tenant_id))
        }
    }
}

/// The tenant that is named, else the one that the person works in.
async fn own_tenant(tx: &Read, named: Option<String>, user: &user::Model) -> DomainResult<String> {
    if let Some(named) = named.or_else(|| user.active_tenant_id.clone()) {
        return Ok(named);
    }
    let first = tx.tenants_of(&user.id).await?.first().cloned();
    first.ok_or_else(|| DomainError::not_found("User not found"))
}
