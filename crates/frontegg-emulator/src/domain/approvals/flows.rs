//! What a flow says: who is asked, in which steps, how, and for how long. A flow belongs to a tenant or to the
//! environment, whose flows all tenants may use.

use std::collections::BTreeSet;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter,
    QueryOrder,
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        identifiers::{emails, phones},
        input,
        settings::{self, Form},
        tenants,
    },
    ids,
    store::{Fetch, Read, Write, entity::approval_flow},
};

/// How the text of a definition reads.
pub(crate) const FORM: Form = Form { kind: "approval-flow", read: |text| settings::read::<Definition>(text)?.check() };

/// Within how many minutes an execution has to be decided: up to a week.
const TIMEOUT: std::ops::RangeInclusive<i64> = 5..=10_080;
/// The fewest minutes between two reminders.
const SHORTEST_REMINDER: i64 = 60;

/// All that a flow says, but for whether it is in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) channels: Channels,
    pub(crate) configuration: Configuration,
    /// In their order.
    pub(crate) steps: Vec<Step>,
}

/// How approvers are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Channels {
    pub(crate) email: bool,
    pub(crate) sms: bool,
}

/// Times and notices; what is absent does not happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Configuration {
    pub(crate) auto_approve_in_minutes: Option<i64>,
    pub(crate) reminder_interval_minutes: Option<i64>,
    pub(crate) notify_on_decisions: Option<bool>,
    pub(crate) timeout_minutes: Option<i64>,
    pub(crate) webhook_url: Option<String>,
}

/// A step, its times in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    pub(crate) id: String,
    pub(crate) order: i64,
    pub(crate) selectors: Selectors,
    pub(crate) min_approvals: i64,
    created_at: i64,
    updated_at: i64,
}

/// Who is asked: everybody whom one of the lists names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Selectors {
    pub(crate) role_keys: Vec<String>,
    pub(crate) emails: Vec<String>,
    pub(crate) phone_numbers: Vec<String>,
}

/// A step to make.
#[derive(Clone, Debug)]
pub(crate) struct NewStep {
    pub(crate) order: i64,
    pub(crate) selectors: Selectors,
    pub(crate) min_approvals: i64,
}

/// A flow to make.
#[derive(Clone, Debug)]
pub(crate) struct NewFlow {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) is_active: bool,
    pub(crate) channels: Channels,
    pub(crate) configuration: Configuration,
    pub(crate) steps: Vec<NewStep>,
}

/// What to change of a flow; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct FlowChange {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) is_active: Option<bool>,
    pub(crate) channels: Option<Channels>,
    /// Member by member.
    pub(crate) configuration: Option<Configuration>,
    /// All of them, under new ids.
    pub(crate) steps: Option<Vec<NewStep>>,
}

/// A flow as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) row: approval_flow::Model,
    pub(crate) definition: Definition,
}

impl Step {
    pub(crate) fn created_at(&self) -> Timestamp {
        Timestamp::from_micros(self.created_at)
    }

    pub(crate) fn updated_at(&self) -> Timestamp {
        Timestamp::from_micros(self.updated_at)
    }

    fn new(new: NewStep, now: Timestamp) -> Self {
        let NewStep { order, selectors, min_approvals } = new;
        let now = now.micros();
        Self { id: ids::new_id(), order, selectors, min_approvals, created_at: now, updated_at: now }
    }

    fn faults(&self, channels: Channels, faults: &mut Vec<String>) {
        let Selectors { role_keys, emails, phone_numbers } = &self.selectors;
        let place = format!("steps[{}]", self.order);
        let reachable =
            !role_keys.is_empty() || channels.email && !emails.is_empty() || channels.sms && !phone_numbers.is_empty();
        if !reachable {
            faults.push(format!("{place} has no approver who can be reached"));
        }
        if self.order < 1 {
            faults.push(format!("{place}.stepOrder must not be less than 1"));
        }
        if self.min_approvals < 1 {
            faults.push(format!("{place}.configuration.minApprovals must not be less than 1"));
        }
        let addresses = emails.iter().map(|address| emails::check(address));
        let numbers = phone_numbers.iter().map(|number| phones::check(number));
        let refused = addresses.chain(numbers).filter_map(Result::err);
        faults.extend(refused.flat_map(|error| error.messages().to_vec()).map(|text| format!("{place}: {text}")));
    }
}

impl Configuration {
    fn merge(&mut self, change: Self) {
        macro_rules! set_given {
            ($($member:ident)*) => { $(if change.$member.is_some() { self.$member = change.$member; })* };
        }
        set_given!(
            auto_approve_in_minutes reminder_interval_minutes notify_on_decisions timeout_minutes webhook_url
        );
    }

    fn faults(&self, faults: &mut Vec<String>) {
        if self.auto_approve_in_minutes.is_some_and(|minutes| minutes < 1) {
            faults.push("configuration.autoApproveInMinutes must not be less than 1".to_owned());
        }
        if self.reminder_interval_minutes.is_some_and(|minutes| minutes < SHORTEST_REMINDER) {
            faults.push(format!("configuration.reminderIntervalMinutes must not be less than {SHORTEST_REMINDER}"));
        }
        if self.timeout_minutes.is_some_and(|minutes| !TIMEOUT.contains(&minutes)) {
            let (least, most) = (TIMEOUT.start(), TIMEOUT.end());
            faults.push(format!("configuration.timeoutMinutes must be between {least} and {most}"));
        }
        if self.webhook_url.as_deref().is_some_and(|address| !input::is_web_address(address)) {
            faults.push("configuration.webhookUrl must be a URL of http or https".to_owned());
        }
    }
}

impl Definition {
    /// The step of that id, and the one after it.
    pub(super) fn step(&self, id: &str) -> Option<(&Step, Option<&Step>)> {
        let place = self.steps.iter().position(|step| step.id == id)?;
        Some((&self.steps[place], self.steps.get(place + 1)))
    }

    /// The same with these steps, in their order.
    fn with_steps(mut self, steps: Vec<NewStep>, now: Timestamp) -> Self {
        self.steps = steps.into_iter().map(|step| Step::new(step, now)).collect();
        self.steps.sort_by_key(|step| step.order);
        self
    }

    fn check(&self) -> DomainResult<()> {
        let mut faults = Vec::new();
        if self.name.trim().is_empty() {
            faults.push("name should not be empty".to_owned());
        }
        if !self.channels.email && !self.channels.sms {
            faults.push("channels must have one that is on".to_owned());
        }
        if self.steps.is_empty() {
            faults.push("steps should not be empty".to_owned());
        }
        let orders: BTreeSet<i64> = self.steps.iter().map(|step| step.order).collect();
        if orders.len() < self.steps.len() {
            faults.push("steps must not have the same stepOrder".to_owned());
        }
        self.configuration.faults(&mut faults);
        self.steps.iter().for_each(|step| step.faults(self.channels, &mut faults));
        if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
    }

    fn text(&self) -> DomainResult<String> {
        serde_json::to_string(self).map_err(DomainError::internal)
    }
}

impl Flow {
    fn of(row: approval_flow::Model) -> DomainResult<Self> {
        let definition = serde_json::from_str(&row.definition).map_err(DomainError::internal)?;
        Ok(Self { row, definition })
    }
}

/// Makes a flow of a tenant, or of the environment; 404 for an unknown tenant.
pub(crate) async fn create(tx: &Write, tenant_id: Option<&str>, new: NewFlow) -> DomainResult<Flow> {
    let NewFlow { name, description, is_active, channels, configuration, steps } = new;
    let definition = Definition { name, description, channels, configuration, steps: Vec::new() };
    let definition = definition.with_steps(steps, tx.now());
    definition.check()?;
    if let Some(tenant_id) = tenant_id {
        tenants::require(tx, tenant_id).await?;
    }
    let row = approval_flow::ActiveModel {
        id: Set(ids::new_id()),
        tenant_id: Set(tenant_id.map(str::to_owned)),
        is_active: Set(is_active),
        definition: Set(definition.text()?),
        created_at: Set(tx.stamp()),
        updated_at: Set(tx.now()),
    };
    Ok(Flow { row: row.insert(tx).await?, definition })
}

/// Changes a flow. Executions go on as they were started.
pub(crate) async fn update(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: Option<&str>,
    id: &str,
    change: FlowChange,
) -> DomainResult<Flow> {
    let Flow { row, mut definition } = require_own(tx, caller, tenant_id, id).await?;
    let FlowChange { name, description, is_active, channels, configuration, steps } = change;
    definition.name = name.unwrap_or(definition.name);
    definition.description = description.or(definition.description);
    definition.channels = channels.unwrap_or(definition.channels);
    definition.configuration.merge(configuration.unwrap_or_default());
    if let Some(steps) = steps {
        definition = definition.with_steps(steps, tx.now());
    }
    definition.check()?;
    let mut row = row.into_active_model();
    row.definition = Set(definition.text()?);
    row.updated_at = Set(tx.now());
    if let Some(is_active) = is_active {
        row.is_active.set_ne(is_active);
    }
    Ok(Flow { row: row.update(tx).await?, definition })
}

/// Deletes a flow. Executions under way go on.
pub(crate) async fn delete(tx: &Write, caller: Caller<'_>, tenant_id: Option<&str>, id: &str) -> DomainResult<()> {
    require_own(tx, caller, tenant_id, id).await?.row.delete(tx).await?;
    Ok(())
}

/// All flows within reach, the newest first: a tenant's and the environment's, or all.
pub(crate) async fn list(tx: &Read, tenant_id: Option<&str>) -> DomainResult<Vec<Flow>> {
    let rows = approval_flow::Entity::find()
        .filter(within_reach(tenant_id))
        .order_by_desc(approval_flow::Column::CreatedAt)
        .order_by_desc(approval_flow::Column::Id)
        .fetch_all(tx)
        .await?;
    rows.into_iter().map(Flow::of).collect()
}

/// A flow within reach, or 404.
pub(crate) async fn require(tx: &Read, tenant_id: Option<&str>, id: &str) -> DomainResult<Flow> {
    let row = approval_flow::Entity::find_by_id(id).filter(within_reach(tenant_id)).fetch_one(tx).await?;
    Flow::of(row.ok_or_else(|| DomainError::not_found("Approval flow not found"))?)
}

/// The same for somebody who wants to change it: a user's token does not change what is the environment's.
async fn require_own(tx: &Read, caller: Caller<'_>, tenant_id: Option<&str>, id: &str) -> DomainResult<Flow> {
    let flow = require(tx, tenant_id, id).await?;
    if caller.is_user() && flow.row.tenant_id.is_none() {
        return Err(DomainError::forbidden("The approval flow belongs to the environment"));
    }
    Ok(flow)
}

/// The flow that stands in for a step-up: the oldest that a tenant has in use, else the oldest of the environment.
pub(super) async fn for_step_up(tx: &Read, tenant_id: &str) -> DomainResult<Flow> {
    let rows = approval_flow::Entity::find()
        .filter(within_reach(Some(tenant_id)))
        .filter(approval_flow::Column::IsActive.eq(true))
        .order_by_asc(approval_flow::Column::CreatedAt)
        .order_by_asc(approval_flow::Column::Id)
        .fetch_all(tx)
        .await?;
    let row = rows.into_iter().min_by_key(|row| row.tenant_id.is_none());
    Flow::of(row.ok_or_else(|| DomainError::not_found("There is no approval flow to use"))?)
}

fn within_reach(tenant_id: Option<&str>) -> Condition {
    match tenant_id {
        None => Condition::all(),
        Some(id) => {
            Condition::any().add(approval_flow::Column::TenantId.is_null()).add(approval_flow::Column::TenantId.eq(id))
        }
    }
}
