//! Flows in which approvers decide on the request of a user.

use frontegg_contract::{
    ApiResult, Principal, RequestContext, TokenKind,
    approval_flows::{
        ApprovalFlowsApi, DeleteApprovalFlowParams, ExecuteApprovalFlowParams, GetApprovalExecutionParams,
        GetApprovalFlowParams, UpdateApprovalFlowParams,
    },
};
use frontegg_model::types;

use super::{
    caller::{caller, tenant},
    paging,
};
use crate::{
    domain::{
        DomainError,
        approvals::{
            decisions::{self, Link},
            executions::{self, Choice, Request},
            flows::{self, Channels, Configuration, Flow, FlowChange, NewFlow, NewStep, Selectors, Step},
        },
    },
    service::Service,
    store::entity::Decision,
};

impl ApprovalFlowsApi for Service {
    async fn create_approval_flow(
        &self,
        cx: &RequestContext,
        body: types::CreateApprovalFlowDto,
    ) -> ApiResult<types::ApprovalFlowResponseDto> {
        let new = NewFlow {
            name: body.name,
            description: body.description,
            is_active: body.is_active.unwrap_or(true),
            channels: channels(&body.channels),
            configuration: configuration(body.configuration),
            steps: steps(body.steps),
        };
        let flow = self.write(async |tx| Ok(flows::create(tx, tenant(cx), new).await?)).await?;
        Ok(response(self, flow))
    }

    async fn delete_approval_flow(&self, cx: &RequestContext, params: DeleteApprovalFlowParams) -> ApiResult<()> {
        self.write(async |tx| Ok(flows::delete(tx, caller(cx), tenant(cx), &params.id).await?)).await
    }

    async fn execute_approval_flow(
        &self,
        cx: &RequestContext,
        params: ExecuteApprovalFlowParams,
        body: types::ExecuteApprovalFlowDto,
    ) -> ApiResult<()> {
        execute(self, cx, Choice::Flow(&params.id), body).await
    }

    async fn execute_step_up_approval_flow(
        &self,
        cx: &RequestContext,
        body: types::ExecuteApprovalFlowDto,
    ) -> ApiResult<()> {
        let session_id = match &cx.principal {
            Principal::User(token) if token.kind == TokenKind::User => Some(token.token_id.as_str()),
            Principal::User(_) | Principal::Environment(_) | Principal::Anonymous => None,
        };
        execute(self, cx, Choice::StepUp { session_id }, body).await
    }

    async fn get_approval_execution(
        &self,
        _: &RequestContext,
        params: GetApprovalExecutionParams,
    ) -> ApiResult<types::ExecutionDataResponseDto> {
        let link = Link {
            execution: &params.approval_flow_execution_id,
            step: &params.approval_flow_step_id,
            approver: params.approver_id.expose(),
        };
        let tx = self.store().read().await?;
        let asked = decisions::look(&tx, link).await?;
        let data = asked.data.as_deref().map(serde_json::from_str).transpose().map_err(DomainError::internal)?;
        Ok(types::ExecutionDataResponseDto {
            approval_flow_name: asked.flow_name,
            approval_flow_description: asked.flow_description,
            requester: asked.requester,
            approval_flow_request_date: asked.requested_at.utc(),
            execution_data: data,
        })
    }

    async fn get_approval_flow(
        &self,
        cx: &RequestContext,
        params: GetApprovalFlowParams,
    ) -> ApiResult<types::ApprovalFlowResponseDto> {
        let tx = self.store().read().await?;
        Ok(response(self, flows::require(&tx, tenant(cx), &params.id).await?))
    }

    async fn list_approval_flows(&self, cx: &RequestContext) -> ApiResult<types::ApprovalFlowsListResponseDto> {
        let tx = self.store().read().await?;
        let flows = flows::list(&tx, tenant(cx)).await?;
        Ok(types::ApprovalFlowsListResponseDto {
            total: paging::count(flows.len()),
            items: flows.into_iter().map(|flow| response(self, flow)).collect(),
        })
    }

    async fn submit_approval_decision(
        &self,
        _: &RequestContext,
        body: types::ApproverActionDto,
    ) -> ApiResult<types::ApprovalDecisionResult> {
        let link = Link {
            execution: &body.approval_flow_execution_id,
            step: &body.approval_flow_step_id,
            approver: body.approver_id.expose(),
        };
        let decision = if body.approved { Decision::Approved } else { Decision::Refused };
        self.attempt(async |tx| Ok(decisions::decide(tx, link, decision).await?)).await?;
        Ok(types::ApprovalDecisionResult { success: true })
    }

    async fn update_approval_flow(
        &self,
        cx: &RequestContext,
        params: UpdateApprovalFlowParams,
        body: types::UpdateApprovalFlowDto,
    ) -> ApiResult<types::ApprovalFlowResponseDto> {
        let change = FlowChange {
            name: body.name,
            description: body.description,
            is_active: body.is_active,
            channels: body.channels.as_ref().map(channels),
            configuration: body.configuration.map(configuration),
            steps: body.steps.map(steps),
        };
        let flow =
            self.write(async |tx| Ok(flows::update(tx, caller(cx), tenant(cx), &params.id, change).await?)).await?;
        Ok(response(self, flow))
    }
}

async fn execute(
    service: &Service,
    cx: &RequestContext,
    choice: Choice<'_>,
    body: types::ExecuteApprovalFlowDto,
) -> ApiResult<()> {
    let request = Request {
        choice,
        user_id: cx.user()?,
        tenant_id: tenant(cx),
        data: body.execution_data,
        webhook_url: body.webhook_url,
    };
    service.write(async |tx| Ok(executions::start(tx, request).await?)).await
}

fn channels(body: &types::ApprovalFlowChannelDto) -> Channels {
    Channels { email: body.email, sms: body.sms }
}

fn configuration(body: types::ApprovalFlowConfigurationDto) -> Configuration {
    Configuration {
        auto_approve_in_minutes: body.auto_approve_in_minutes,
        reminder_interval_minutes: body.reminder_interval_minutes,
        notify_on_decisions: body.notify_on_decisions,
        timeout_minutes: body.timeout_minutes,
        webhook_url: body.webhook_url,
    }
}

fn steps(body: Vec<types::CreateApprovalFlowStepDto>) -> Vec<NewStep> {
    let step = |step: types::CreateApprovalFlowStepDto| NewStep {
        order: step.step_order,
        selectors: Selectors {
            role_keys: step.approver_selectors.role_keys.unwrap_or_default(),
            emails: step.approver_selectors.emails.unwrap_or_default(),
            phone_numbers: step.approver_selectors.phone_numbers.unwrap_or_default(),
        },
        min_approvals: step.configuration.min_approvals,
    };
    body.into_iter().map(step).collect()
}

fn response(service: &Service, flow: Flow) -> types::ApprovalFlowResponseDto {
    let Flow { row, definition } = flow;
    let configuration = definition.configuration;
    types::ApprovalFlowResponseDto {
        id: row.id,
        vendor_id: service.vendor_id().to_owned(),
        tenant_id: row.tenant_id,
        name: definition.name,
        description: definition.description,
        is_active: row.is_active,
        channels: types::ApprovalFlowChannelDto::new(definition.channels.email, definition.channels.sms),
        configuration: types::ApprovalFlowConfigurationResponseDto {
            auto_approve_in_minutes: configuration.auto_approve_in_minutes,
            logging: None,
            notify_on_decisions: configuration.notify_on_decisions,
            reminder_interval_minutes: configuration.reminder_interval_minutes,
            timeout_minutes: configuration.timeout_minutes,
            webhook_url: configuration.webhook_url,
        },
        steps: definition.steps.into_iter().map(step_response).collect(),
        created_at: row.created_at.utc(),
        updated_at: row.updated_at.utc(),
    }
}

fn step_response(step: Step) -> types::ApprovalFlowStepResponseDto {
    let (created_at, updated_at) = (step.created_at().utc(), step.updated_at().utc());
    types::ApprovalFlowStepResponseDto {
        id: step.id,
        step_order: step.order,
        approver_selectors: types::ApproverSelectorResponseDto {
            emails: step.selectors.emails,
            phone_numbers: step.selectors.phone_numbers,
            role_keys: step.selectors.role_keys,
        },
        configuration: types::StepConfigurationResponseDto { min_approvals: Some(step.min_approvals) },
        created_at,
        updated_at,
    }
}
