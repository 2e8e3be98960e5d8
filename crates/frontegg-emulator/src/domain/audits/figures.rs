//! Figures over the audit trail.

use std::{collections::HashMap, time::Duration};

use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, QueryFilter, Statement};

use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult},
    store::{
        Fetch, FetchCount, Read,
        entity::{AuditSeverity, audit, audit_count},
        query::parameters,
    },
};

const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(7 * 24);

/// Most steps of a counter.
const STEPS: i64 = 1_000;

/// The two figures above a table of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stats {
    /// Since midnight in UTC.
    pub(crate) today: u64,
    /// Of the last seven days.
    pub(crate) severe: u64,
}

/// How many entries some tenants have, or the whole environment.
pub(super) async fn entries(tx: &Read, tenants: Option<&[String]>) -> DomainResult<u64> {
    const SUM: &str = "SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) AS total FROM audit_counts";
    let statement = match tenants {
        None => Statement::from_string(tx.backend(), SUM),
        Some([]) => return Ok(0),
        Some(ids) => {
            let sql = format!("{SUM} WHERE tenant_id IN ({})", parameters(1, ids.len()));
            Statement::from_sql_and_values(tx.backend(), sql, ids.iter().map(|id| id.as_str().into()))
        }
    };
    let rows = tx.rows(statement).await?;
    let total: i64 = rows.first().map(|row| row.try_get("", "total")).transpose()?.unwrap_or_default();
    Ok(u64::try_from(total).unwrap_or_default())
}

/// The two figures of a tenant.
pub(crate) async fn stats(tx: &Read, tenant_id: &str) -> DomainResult<Stats> {
    let now = tx.now();
    let day = now.micros() / micros(DAY);
    let today = audit_count::Entity::find_by_id((tenant_id.to_owned(), day)).fetch_one(tx).await?;
    let severe = [AuditSeverity::High, AuditSeverity::Critical, AuditSeverity::Error]
        .map(|severity| severity.to_value().to_ascii_lowercase());
    let severe = audit::Entity::find()
        .filter(audit::Column::TenantId.eq(tenant_id))
        .filter(super::filter::severity_among(severe))
        .filter(audit::Column::CreatedAt.gt(now.before(WEEK)))
        .filter(audit::Column::CreatedAt.lte(now));
    let today = today.map_or(0, |row| u64::try_from(row.entries).unwrap_or_default());
    Ok(Stats { today, severe: severe.fetch_count(tx).await? })
}

/// A time to look at, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    from: Timestamp,
    to: Timestamp,
    /// In microseconds.
    step: i64,
    /// Most resources and tenants.
    limit: i64,
}

/// What is asked of the metrics, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) limit: Option<i64>,
    pub(crate) frequency: Option<i64>,
}

impl Span {
    /// Refuses a time that ends before it begins, and one of too many steps.
    pub(crate) fn of(asked: Asked, now: Timestamp) -> DomainResult<Self> {
        let moment = |name: &str, millis: i64| match millis.checked_mul(1_000) {
            Some(micros) if micros >= 0 && Timestamp::from_micros(micros).micros() == micros => {
                Ok(Timestamp::from_micros(micros))
            }
            _ => Err(DomainError::bad_request(format!("{name} must be a time in milliseconds since 1970"))),
        };
        let to = asked.to.map_or(Ok(now), |millis| moment("to", millis))?;
        let from = asked.from.map_or(Ok(to.before(WEEK)), |millis| moment("from", millis))?;
        if to < from {
            return Err(DomainError::bad_request("to must not be before from"));
        }
        let step = asked.frequency.map_or(Some(micros(DAY)), |millis| millis.checked_mul(1_000));
        let step = step.filter(|step| *step > 0);
        let step =
            step.ok_or_else(|| DomainError::bad_request("frequency must be a positive number of milliseconds"))?;
        let span = Self { from, to, step, limit: asked.limit.unwrap_or(10) };
        if span.limit < 0 {
            return Err(DomainError::bad_request("limit must not be less than 0"));
        }
        if span.steps() > STEPS {
            return Err(DomainError::bad_request(format!("There must not be more than {STEPS} steps")));
        }
        Ok(span)
    }

    fn steps(&self) -> i64 {
        let length = self.to.micros() - self.from.micros();
        length / self.step + i64::from(length % self.step > 0)
    }
}

/// Numbers of entries by resource, tenant, and beginning of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metrics {
    pub(crate) resources: HashMap<String, i64>,
    pub(crate) tenants: HashMap<String, i64>,
    pub(crate) times: HashMap<String, i64>,
}

/// The figures of a time over all tenants.
pub(crate) async fn metrics(tx: &Read, span: Span) -> DomainResult<Metrics> {
    let Span { from, to, step, limit } = span;
    let top = |column: &str| {
        let sql = format!(
            "SELECT {column} AS name, COUNT(*) AS entries FROM audits
             WHERE created_at >= $1 AND created_at < $2 AND {column} IS NOT NULL
             GROUP BY {column} ORDER BY COUNT(*) DESC, {column} LIMIT $3"
        );
        Statement::from_sql_and_values(tx.backend(), sql, [from.micros().into(), to.micros().into(), limit.into()])
    };
    let mut tops = Vec::new();
    for column in ["resource", "tenant_id"] {
        let rows = tx.rows(top(column)).await?;
        let counts = rows.iter().map(|row| Ok((row.try_get("", "name")?, row.try_get("", "entries")?)));
        tops.push(counts.collect::<Result<HashMap<String, i64>, sea_orm::DbErr>>()?);
    }
    let sql = "SELECT (created_at - $1) / $2 AS step, COUNT(*) AS entries FROM audits
        WHERE created_at >= $1 AND created_at < $3 GROUP BY 1";
    let values = [from.micros().into(), step.into(), to.micros().into()];
    let rows = tx.rows(Statement::from_sql_and_values(tx.backend(), sql, values)).await?;
    let beginning = |number: i64| Timestamp::from_micros(from.micros() + number * step).to_string();
    let mut times: HashMap<String, i64> = (0..span.steps()).map(|number| (beginning(number), 0)).collect();
    for row in &rows {
        times.insert(beginning(row.try_get("", "step")?), row.try_get("", "entries")?);
    }
    let (tenants, resources) = (tops.pop().unwrap_or_default(), tops.pop().unwrap_or_default());
    Ok(Metrics { resources, tenants, times })
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_an_order_and_so_many_steps() {
        let now = Timestamp::from_micros(10 * micros(DAY));
        assert_eq!(Span::of(Asked::default(), now).unwrap().steps(), 7);
        let asked = |from, to, frequency| Asked { from, to, limit: None, frequency };
        assert_eq!(Span::of(asked(Some(0), Some(1), Some(1)), now).unwrap().steps(), 1);
        assert_eq!(Span::of(asked(Some(5), Some(5), None), now).unwrap().steps(), 0);
        for wrong in [
            asked(Some(2), Some(1), None),
            asked(Some(-1), None, None),
            asked(None, Some(i64::MAX), None),
            asked(None, None, Some(0)),
            asked(None, None, Some(i64::MAX)),
            asked(Some(0), Some(1_001), Some(1)),
        ] {
            assert!(Span::of(wrong, now).is_err(), "{wrong:?}");
        }
        assert!(Span::of(Asked { limit: Some(-1), ..Asked::default() }, now).is_err());
    }
}
