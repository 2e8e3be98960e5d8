//! The audit trail.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use frontegg_contract::{
    ApiFailure, ApiResult, Principal, RequestContext,
    audits::{
        AuditsApi, ExportAuditsCsvStreamV1Params, ExportAuditsCsvV1Params, ExportAuditsCsvV2Params, ListAuditsV1Params,
        ListAuditsV2Params,
    },
    metrics::{GetAuditsMetricsParams, MetricsApi},
    reply::File,
};
use frontegg_model::types;
use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::{
    caller::{caller_id, tenant},
    paging::{count, ids},
};
use crate::{
    domain::{
        DomainResult,
        audits::{
            self, Field, Filter, NewEntry, Sort, Window,
            csv::{self, Column},
            figures::{self, Asked, Span},
        },
    },
    service::Service,
    store::{Store, entity::audit, trail::Entry},
};

/// How a file of entries is called.
const FILE: &str = "audits.csv";

/// Entries that a file is made of at a time.
const PIECE: u64 = 500;

/// What an entry may not bring itself.
const OWN: [&str; 3] = ["frontegg_id", "vendorId", "updatedAt"];

/// What the operations of the first version ask for.
macro_rules! first {
    ($cx:expr, $params:expr) => {
        Query {
            filter: first_filter($cx, $params.tenant_id, $params.filter)?,
            sort: sort(
                $params.sort_by.as_deref(),
                $params.sort_direction.as_ref().map(|direction| direction.as_str()),
            )?,
            offset: number($params.offset),
            count: $params.count.map(|count| number(Some(count))),
        }
    };
}

/// What the operations of the second version ask for.
macro_rules! second {
    ($cx:expr, $params:expr) => {{
        let tenants = $params.tenant_ids.as_deref().map(ids);
        Query {
            filter: Filter {
                from: $params.created_from.map(Into::into),
                to: $params.created_to.map(Into::into),
                users: $params.users.as_deref().map(ids),
                emails: $params.email.as_deref().map(ids),
                words: $params.filter,
                feature_flag_id: $params.feature_flag_id,
                ..second_filter($cx, tenants)?
            },
            sort: sort(
                $params.sort_by.as_deref(),
                $params.sort_direction.as_ref().map(|direction| direction.as_str()),
            )?,
            offset: number($params.offset),
            count: $params.count.map(|count| number(Some(count))),
        }
    }};
}

impl AuditsApi for Service {
    async fn list_audits_v1(&self, cx: &RequestContext, params: ListAuditsV1Params) -> ApiResult<types::AuditsPage> {
        page(self, first!(cx, params), 20).await
    }

    async fn create_audit(&self, cx: &RequestContext, body: types::AuditRequest) -> ApiResult<types::Audit> {
        let tenant_id = tenant(cx).map(str::to_owned).or(body.tenant_id);
        let tenant_id = tenant_id.ok_or_else(|| ApiFailure::forbidden("Tenant ID is not specified"))?;
        let own = caller_id(cx).filter(|own| body.user_id.as_deref().is_none_or(|id| id == *own)).map(str::to_owned);
        let severity = audits::severity(body.severity.as_str())?;
        let mut members: serde_json::Map<String, Value> = body.extra.into_iter().collect();
        members.retain(|name, _| !OWN.contains(&name.as_str()));
        members.extend(body.json.map(|json| ("json".to_owned(), json)));
        let row = self
            .write(async |tx| {
                let entry = Entry {
                    tenant_id: Some(tenant_id),
                    known_as: own.clone(),
                    user_id: body.user_id.or(own),
                    user: body.user,
                    email: body.email,
                    resource: body.resource,
                    action: body.action,
                    description: body.description,
                    ip: body.ip,
                    user_agent: body.user_agent,
                    ..Entry::new(severity, body.created_at.map_or_else(|| tx.now(), Into::into))
                };
                Ok(audits::create(tx, NewEntry { entry, members }).await?)
            })
            .await?;
        response(self, &row)
    }

    async fn get_audits_stats(&self, cx: &RequestContext) -> ApiResult<types::AuditsStats> {
        let tenant_id = tenant(cx).unwrap_or_default();
        let stats = figures::stats(&self.store().read().await?, tenant_id).await?;
        Ok(types::AuditsStats { total_today: count(stats.today), severe_this_week: count(stats.severe) })
    }

    async fn export_audits_csv_v1(
        &self,
        cx: &RequestContext,
        params: ExportAuditsCsvV1Params,
        body: types::ExportCsv,
    ) -> ApiResult<File> {
        let mut export = Export::of(self, first!(cx, params), body);
        let mut whole = Vec::new();
        while let Some(piece) = export.next().await? {
            whole.extend(piece);
        }
        Ok(File { body: Body::from(whole), name: Some(FILE) })
    }

    async fn export_audits_csv_stream_v1(
        &self,
        cx: &RequestContext,
        params: ExportAuditsCsvStreamV1Params,
        body: types::ExportCsv,
    ) -> ApiResult<File> {
        Export::of(self, first!(cx, params), body).stream().await
    }

    async fn list_audits_v2(&self, cx: &RequestContext, params: ListAuditsV2Params) -> ApiResult<types::AuditsPage> {
        page(self, second!(cx, params), 200).await
    }

    async fn export_audits_csv_v2(
        &self,
        cx: &RequestContext,
        params: ExportAuditsCsvV2Params,
        body: types::ExportCsv,
    ) -> ApiResult<File> {
        Export::of(self, second!(cx, params), body).stream().await
    }
}

impl MetricsApi for Service {
    async fn get_audits_metrics(
        &self,
        _: &RequestContext,
        params: GetAuditsMetricsParams,
    ) -> ApiResult<types::MetricsResponseDto> {
        let GetAuditsMetricsParams { from, to, limit, frequency } = params;
        let tx = self.store().read().await?;
        let span = Span::of(Asked { from, to, limit, frequency }, tx.now())?;
        let metrics = figures::metrics(&tx, span).await?;
        Ok(types::MetricsResponseDto {
            top_resources: types::TopResources(metrics.resources),
            top_tenants: types::TopTenants(metrics.tenants),
            audits_counter_by_time: metrics.times,
        })
    }
}

/// Which entries are asked for.
struct Query {
    filter: Filter,
    sort: Sort,
    offset: u64,
    count: Option<u64>,
}

/// The contract has seen to it that it is not negative.
fn number(given: Option<i64>) -> u64 {
    u64::try_from(given.unwrap_or_default()).unwrap_or_default()
}

fn sort(by: Option<&str>, direction: Option<&str>) -> ApiResult<Sort> {
    Ok(Sort::parse(by, direction)?)
}

fn first_filter(cx: &RequestContext, tenant_id: Option<String>, words: Option<String>) -> ApiResult<Filter> {
    let tenant_id = tenant(cx).map(str::to_owned).or(tenant_id);
    let unreadable = |_| ApiFailure::bad_request("query must be URL encoded");
    let query: Vec<(String, String)> = serde_urlencoded::from_str(&cx.query).map_err(unreadable)?;
    let named = |(name, value): (String, String)| {
        let field = Field::ALL.into_iter().find(|field| field.name() == name)?;
        Some((field, value))
    };
    let fields = query.into_iter().filter_map(named).collect();
    Ok(Filter { words, fields, ..Filter::of(tenant_id.as_deref()) })
}

fn second_filter(cx: &RequestContext, tenants: Option<Vec<String>>) -> ApiResult<Filter> {
    let own = tenant(cx);
    let is_foreign = |id: &String| own != Some(id.as_str());
    if matches!(cx.principal, Principal::User(_)) && tenants.iter().flatten().any(is_foreign) {
        return Err(ApiFailure::forbidden("tenant_ids names another tenant"));
    }
    Ok(Filter::of(own).among(tenants))
}

async fn page(service: &Service, query: Query, default: u64) -> ApiResult<types::AuditsPage> {
    let window = Window { offset: query.offset, count: query.count.unwrap_or(default) };
    let tx = service.store().read().await?;
    let page = audits::list(&tx, &query.filter, query.sort, window).await?;
    let data = page.items.iter().map(|row| response(service, row)).collect::<ApiResult<_>>()?;
    Ok(types::AuditsPage { data, total: count(page.total) })
}

/// An entry with all that it has.
fn response(service: &Service, row: &audit::Model) -> ApiResult<types::Audit> {
    let shown = Value::Object(audits::shown(row, service.vendor_id()));
    serde_json::from_value(shown).map_err(ApiFailure::internal)
}

/// A file of entries, made piece by piece.
struct Export {
    store: Arc<Store>,
    vendor_id: String,
    columns: Vec<Column>,
    query: Query,
    last: Option<audit::Model>,
    progress: Progress,
}

enum Progress {
    Begun,
    Written,
    Ended,
}

impl Export {
    fn of(service: &Service, query: Query, body: types::ExportCsv) -> Self {
        let columns = body.properties.into_iter();
        Self {
            store: service.shared_store(),
            vendor_id: service.vendor_id().to_owned(),
            columns: columns.map(|column| Column { heading: column.display_name, field: column.name }).collect(),
            query,
            last: None,
            progress: Progress::Begun,
        }
    }

    /// The next piece: the first one with the headings.
    async fn next(&mut self) -> DomainResult<Option<Vec<u8>>> {
        let mut piece = match self.progress {
            Progress::Begun => csv::headings(&self.columns)?,
            Progress::Written => Vec::new(),
            Progress::Ended => return Ok(None),
        };
        let most = self.query.count.unwrap_or(PIECE).min(PIECE);
        let window = Window { offset: self.query.offset, count: most };
        let tx = self.store.read().await?;
        let rows = audits::after(&tx, &self.query.filter, self.query.sort, self.last.as_ref(), window).await?;
        drop(tx);
        piece.extend(csv::entries(&self.columns, &rows, &self.vendor_id)?);
        let read = rows.len() as u64;
        self.query.count = self.query.count.map(|left| left.saturating_sub(read));
        let is_over = read < most || self.query.count == Some(0);
        self.progress = if is_over { Progress::Ended } else { Progress::Written };
        self.last = rows.into_iter().last();
        Ok(Some(piece))
    }

    /// The file, of which the first piece is at hand: what fails before it is told by a status.
    async fn stream(mut self) -> ApiResult<File> {
        let first = self.next().await?.unwrap_or_default();
        let others = stream::try_unfold(self, |mut export| async move {
            let piece = export.next().await.map_err(|error| {
                tracing::warn!("a file of audit entries breaks off: {}", error.messages().join("; "));
                std::io::Error::other("the store cannot be read")
            })?;
            Ok(piece.map(|piece| (Bytes::from(piece), export)))
        });
        let pieces = stream::once(async { Ok::<_, std::io::Error>(Bytes::from(first)) }).chain(others);
        Ok(File { body: Body::from_stream(pieces), name: Some(FILE) })
    }
}
