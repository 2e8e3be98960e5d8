//! What happens by the clock: reminders, approval by itself, the end of waiting. Nobody waits for it here: it is made
//! good, once, before anybody looks at what may have come of it.

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{
    approvers,
    flows::{Configuration, Definition},
    outcome::{self, Ending},
    record::Execution,
};
use crate::{
    clock::Timestamp,
    domain::DomainResult,
    store::{Fetch, Write, entity::approval_execution},
};

fn minutes(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or_default().saturating_mul(60))
}

/// Makes good what is due by now. When the next of it is, the catalog knows, so that it costs nothing to ask.
pub(crate) async fn settle(tx: &Write) -> DomainResult<()> {
    if !tx.catalog().await?.approvals_are_due(tx.now()) {
        return Ok(());
    }
    let due = approval_execution::Entity::find()
        .filter(approval_execution::Column::DueAt.lte(tx.now()))
        .order_by_asc(approval_execution::Column::DueAt)
        .order_by_asc(approval_execution::Column::Id)
        .fetch_all(tx)
        .await?;
    for row in due {
        settle_one(tx, Execution::of(row)?).await?;
    }
    Ok(())
}

async fn settle_one(tx: &Write, execution: Execution) -> DomainResult<()> {
    let end = end(&execution.row, &execution.definition.configuration);
    if let Some((moment, ending)) = end.filter(|(moment, _)| *moment <= tx.now()) {
        return outcome::finish(tx, execution, ending, moment).await;
    }
    let Execution { row, definition } = execution;
    // Reminders that were missed meanwhile are one.
    let asked = approvers::of_step(tx, &row.id, &row.step_id).await?;
    approvers::ask(tx, &row, &definition, &asked).await?;
    let due_at = next_due(&row, &definition, tx.now());
    let mut row = row.into_active_model();
    row.due_at = Set(due_at);
    row.update(tx).await?;
    Ok(())
}

/// When and how an execution ends unless it is decided before.
fn end(row: &approval_execution::Model, configuration: &Configuration) -> Option<(Timestamp, Ending<'static>)> {
    let after = |count: Option<i64>| count.map(|count| row.created_at.after(minutes(count)));
    let approval = after(configuration.auto_approve_in_minutes).map(|moment| (moment, Ending::Approved { by: None }));
    let timeout = after(configuration.timeout_minutes).map(|moment| (moment, Ending::TimedOut));
    approval.into_iter().chain(timeout).min_by_key(|(moment, _)| *moment)
}

/// When something happens by itself next, after that moment.
pub(super) fn next_due(row: &approval_execution::Model, definition: &Definition, now: Timestamp) -> Option<Timestamp> {
    let end = end(row, &definition.configuration).map(|(moment, _)| moment);
    let reminder = definition.configuration.reminder_interval_minutes.map(|count| {
        let interval = minutes(count);
        let passed = now.since(row.step_began_at).as_secs() / interval.as_secs().max(1);
        row.step_began_at.after(interval.saturating_mul(u32::try_from(passed + 1).unwrap_or(u32::MAX)))
    });
    end.into_iter().chain(reminder).min()
}
