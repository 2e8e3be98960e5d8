//! Who is asked in a step, and the messages that they get.

use std::collections::{BTreeMap, BTreeSet};

use frontegg_model::enums::EmailTemplateType;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::flows::{Definition, Selectors, Step};
use crate::{
    domain::{
        DomainResult, groups,
        identifiers::{emails, phones},
        memberships,
        messages::{outbox, templates::mails},
        tenants, users,
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{
            approval_execution, approver, group_member, group_role, membership, membership_role, phone_number, role,
        },
        query,
    },
};

/// The type of the mail, by which an SMS to approvers goes as well.
const MAIL: EmailTemplateType = EmailTemplateType::ApprovalFlowApprove;
/// What the SMS is named, for which there is no template.
const SMS: &str = "ApprovalFlowApprove";

/// Everybody who is to be asked in a step of an execution, each once: members of the tenant with one of the roles, and
/// the addresses and numbers, as far as a channel reaches them. None of them is written yet.
pub(super) async fn select(
    tx: &Read,
    execution: &approval_execution::Model,
    definition: &Definition,
    step: &Step,
) -> DomainResult<Vec<approver::Model>> {
    let Selectors { role_keys, emails, phone_numbers } = &step.selectors;
    let channels = definition.channels;
    let mut asked = Vec::new();
    let (mut addresses, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for mut approver in members(tx, &execution.tenant_id, role_keys).await? {
        approver.email = approver.email.filter(|address| channels.email && addresses.insert(emails::key(address)));
        approver.phone_number = approver.phone_number.filter(|number| channels.sms && numbers.insert(number.clone()));
        asked.push(approver);
    }
    for address in emails.iter().filter(|address| channels.email && addresses.insert(emails::key(address))) {
        asked.push(Approver { email: Some(address.clone()), ..Approver::default() });
    }
    for number in phone_numbers.iter().filter(|number| channels.sms && numbers.insert((*number).clone())) {
        asked.push(Approver { phone_number: Some(number.clone()), ..Approver::default() });
    }
    let reached = asked.into_iter().filter(|approver| approver.email.is_some() || approver.phone_number.is_some());
    let row = |approver: Approver| approver::Model {
        id: ids::new_secret(),
        execution_id: execution.id.clone(),
        step_id: step.id.clone(),
        user_id: approver.user_id,
        email: approver.email,
        phone_number: approver.phone_number,
        decision: None,
        decided_at: None,
    };
    Ok(reached.map(row).collect())
}

#[derive(Default)]
struct Approver {
    user_id: Option<String>,
    email: Option<String>,
    phone_number: Option<String>,
}

/// The members of a tenant who have one of these roles there, of themselves or by a group.
async fn members(tx: &Read, tenant_id: &str, role_keys: &[String]) -> DomainResult<Vec<Approver>> {
    if role_keys.is_empty() {
        return Ok(Vec::new());
    }
    let of_tenant = Condition::any().add(role::Column::TenantId.is_null()).add(role::Column::TenantId.eq(tenant_id));
    let roles = || {
        let roles = role::Entity::find().select_only().column(role::Column::Id);
        roles.filter(role::Column::Key.is_in(role_keys)).filter(of_tenant.clone()).into_query()
    };
    let own = membership_role::Entity::find().select_only().column(membership_role::Column::MembershipId);
    let own = own.filter(membership_role::Column::RoleId.in_subquery(roles())).into_query();
    let mut holds = Condition::any().add(membership::Column::Id.in_subquery(own));
    if groups::configuration(tx).await?.roles_count() {
        let of_groups = group_role::Entity::find().select_only().column(group_role::Column::GroupId);
        let of_groups = of_groups.filter(group_role::Column::RoleId.in_subquery(roles())).into_query();
        let by_group = group_member::Entity::find().select_only().column(group_member::Column::MembershipId);
        let by_group = by_group.filter(group_member::Column::GroupId.in_subquery(of_groups)).into_query();
        holds = holds.add(membership::Column::Id.in_subquery(by_group));
    }
    let rows = membership::Entity::find()
        .filter(membership::Column::TenantId.eq(tenant_id))
        .filter(holds)
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id)
        .fetch_all(tx)
        .await?;
    let rows: Vec<_> = rows.into_iter().filter(|row| memberships::is_open(tx, row)).collect();
    let user_ids: Vec<String> = rows.into_iter().map(|row| row.user_id).collect();
    let mut addresses = emails::primary_of(tx, &user_ids).await?;
    let mut numbers = proven_numbers(tx, &user_ids).await?;
    let approver = |user_id: String| Approver {
        email: addresses.remove(&user_id).map(|row| row.email),
        phone_number: numbers.remove(&user_id),
        user_id: Some(user_id),
    };
    Ok(user_ids.into_iter().map(approver).collect())
}

/// The first proven number of each of these people who has one.
async fn proven_numbers(tx: &Read, user_ids: &[String]) -> DomainResult<BTreeMap<String, String>> {
    let rows = phone_number::Entity::find()
        .filter(phone_number::Column::UserId.is_in(user_ids))
        .filter(phones::counts())
        .order_by_desc(phone_number::Column::CreatedAt)
        .order_by_desc(phone_number::Column::Id)
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.phone_number)).collect())
}

/// Writes approvers down.
pub(super) async fn insert(tx: &Write, approvers: &[approver::Model]) -> DomainResult<()> {
    let rows = approvers.iter().cloned().map(IntoActiveModel::into_active_model);
    Ok(query::insert_all(rows.collect(), tx).await?)
}

/// Those of the step that an execution is at.
pub(super) async fn of_step(tx: &Read, execution_id: &str, step_id: &str) -> DomainResult<Vec<approver::Model>> {
    let rows = approver::Entity::find()
        .filter(approver::Column::ExecutionId.eq(execution_id))
        .filter(approver::Column::StepId.eq(step_id))
        .order_by_asc(approver::Column::Id);
    Ok(rows.fetch_all(tx).await?)
}

/// Sends those who have not decided yet the link by which they can.
pub(super) async fn ask(
    tx: &Write,
    execution: &approval_execution::Model,
    definition: &Definition,
    approvers: &[approver::Model],
) -> DomainResult<()> {
    let requester = requester(tx, &execution.user_id).await?;
    let tenant = tenants::require(tx, &execution.tenant_id).await?;
    for approver in approvers.iter().filter(|approver| approver.decision.is_none()) {
        let parameters =
            [("approvalFlowExecutionId", execution.id.as_str()), ("approvalFlowStepId", approver.step_id.as_str())];
        if let Some(address) = &approver.email {
            let mut mail = outbox::mail(MAIL, address).tenant(&tenant.tenant_id, &tenant.name);
            for (name, value) in parameters {
                mail = mail.parameter(name, value);
            }
            let mail = mail.secret_parameter("approverId", &approver.id).value("requester", &requester);
            mail.value("name", address).value("approvalFlowName", &definition.name).send(tx).await?;
        }
        if let Some(number) = &approver.phone_number {
            let parameters: Vec<_> = parameters.into_iter().chain([("approverId", approver.id.as_str())]).collect();
            let link = mails::link(tx, &MAIL, &parameters).await?;
            let text = format!("{requester} asks for your approval of {}: {link}", definition.name);
            let sms = outbox::sms_notice(SMS, number, text).tenant(&tenant.tenant_id, &tenant.name);
            sms.secret_parameter("approverId", &approver.id).linked(link).send(tx).await?;
        }
    }
    Ok(())
}

/// How somebody is named to those who are asked: by their address, or else their id.
pub(super) async fn requester(tx: &Read, user_id: &str) -> DomainResult<String> {
    let user = users::require(tx, user_id).await?;
    Ok(emails::primary(tx, &user.id).await?.map_or(user.id, |row| row.email))
}
