//! Background tasks of the service: handles that report their progress and wait for their end.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use frontegg_client::{BoxFuture, MaybeSend};
use frontegg_model::{enums::TaskStatus, types};
use futures_core::Stream;

use crate::{
    context,
    error::{Error, ErrorKind},
    generated::views::{DataMigration, Tenants, Users},
    runtime::{Instant, sleep, timeout},
    scope::Environment,
};

mod sealed {
    pub trait Sealed {}
}

/// The progress of a task.
///
/// ```
/// use frontegg_identity::Progress;
///
/// /// Whatever the task is about.
/// fn line(report: &impl Progress) -> String {
///     format!("{} of {}, {} failed", report.done(), report.total(), report.failures())
/// }
/// ```
pub trait Progress: sealed::Sealed + Send + 'static {
    /// The number of processed entries, the failed ones included, as far as the service reports it.
    fn done(&self) -> i64;

    /// The number of entries, as far as the service reports it.
    fn total(&self) -> i64;

    /// The number of errors in the report. Their entries are not tried again.
    fn failures(&self) -> usize;

    /// Whether the task has ended.
    fn is_finished(&self) -> bool;
}

/// Whether a state is final. An unknown state is not.
fn is_final(state: Option<&str>) -> bool {
    state.is_some_and(|state| state.starts_with("Completed") || state.starts_with("Failed"))
}

macro_rules! progress {
    ($report:ident, $done:ident, $total:ident, |$task:ident| $state:expr) => {
        impl sealed::Sealed for types::$report {}
        impl Progress for types::$report {
            fn done(&self) -> i64 {
                Option::from(self.$done).unwrap_or_default()
            }

            fn total(&self) -> i64 {
                Option::from(self.$total).unwrap_or_default()
            }

            fn failures(&self) -> usize {
                self.errors.as_ref().map_or(0, Vec::len)
            }

            fn is_finished(&self) -> bool {
                let $task = self;
                is_final($state)
            }
        }
    };
}

progress!(BulkInviteStatus, processed_users, total_users, |task| task.status.as_ref().map(TaskStatus::as_str));
progress!(BulkRolesTaskStatusResponseDto, processed_tenants, total_tenants, |task| Some(task.status.as_str()));
progress!(MigrationObject, migrated_users, total_users, |task| task.state.as_deref());
progress!(TenantMigrationStatus, migrated_tenants, total_tenants, |task| task.state.as_deref());

type FetchReport<P> = Arc<dyn Fn(Arc<str>) -> BoxFuture<'static, Result<P, Error>> + Send + Sync>;

/// A background task of the service. Dropping the handle does not cancel the task; its [`id`](Self::id)
/// makes another handle.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// use std::time::Duration;
/// use frontegg_identity::{Progress, types::{UserBulkInviteRequestDto, UsersBulkInviteRequestDto}};
///
/// let people = [UserBulkInviteRequestDto::new().email("ada@acme.test")];
/// let users = frontegg.tenant("acme").users();
/// let task = users.start_bulk_invitation(&UsersBulkInviteRequestDto::new(people)).await?;
/// let mut progress = task.progress();
/// while let Some(report) = progress.next().await {
///     let report = report?;
///     println!("{} of {}", report.done(), report.total());
/// }
/// // Or, without reports on the way:
/// let report = task.wait(Duration::from_secs(600)).await?;
/// println!("{} failed", report.failures());
/// # Ok(())
/// # }
/// ```
pub struct Task<P> {
    operation: &'static str,
    id: Arc<str>,
    fetch: FetchReport<P>,
    interval: Duration,
    max_interval: Duration,
}

impl<P: Progress> Task<P> {
    fn new<F, S>(operation: &'static str, id: impl Into<Arc<str>>, fetch: F) -> Self
    where
        F: Fn(Arc<str>) -> S + Send + Sync + 'static,
        S: Future<Output = Result<P, Error>> + MaybeSend + 'static,
    {
        Self {
            operation,
            id: id.into(),
            fetch: Arc::new(move |id| Box::pin(fetch(id))),
            interval: Duration::from_millis(250),
            max_interval: Duration::from_secs(5),
        }
    }

    /// The task's id.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, task: frontegg_identity::Task<frontegg_identity::types::BulkInviteStatus>) -> Result<(), frontegg_identity::Error> {
    /// // Another process goes on waiting.
    /// let same = frontegg.users().bulk_invitation(task.id());
    /// # Ok(())
    /// # }
    /// ```
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Sets the interval at which reports are fetched. It doubles from report to report, from `first` up
    /// to `max`. Default: 250 ms and 5 s.
    ///
    /// ```no_run
    /// # async fn example(task: frontegg_identity::Task<frontegg_identity::types::BulkInviteStatus>) -> Result<(), frontegg_identity::Error> {
    /// use std::time::Duration;
    ///
    /// let task = task.poll_every(Duration::from_secs(5), Duration::from_secs(60));
    /// let report = task.wait(Duration::from_secs(3_600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn poll_every(mut self, first: Duration, max: Duration) -> Self {
        (self.interval, self.max_interval) = (first, max);
        self
    }

    /// Fetches a report.
    pub async fn report(&self) -> Result<P, Error> {
        (self.fetch)(self.id.clone()).await
    }

    /// Waits until the task has ended and returns its last report, which has the errors of entries. After
    /// `limit` this is an error of kind [`Timeout`](ErrorKind::Timeout), and the task goes on.
    ///
    /// ```no_run
    /// # async fn example(task: frontegg_identity::Task<frontegg_identity::types::BulkInviteStatus>) -> Result<(), frontegg_identity::Error> {
    /// use std::time::Duration;
    /// use frontegg_identity::Progress;
    ///
    /// match task.wait(Duration::from_secs(600)).await {
    ///     Ok(report) => println!("{} failed", report.failures()),
    ///     Err(error) if error.is_timeout() => println!("{} still runs", task.id()),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait(&self, limit: Duration) -> Result<P, Error> {
        let wait = async {
            let mut progress = self.progress();
            let mut last = None;
            while let Some(report) = progress.next().await {
                last = Some(report?);
            }
            last.ok_or_else(|| Error::new(ErrorKind::Decode, "the task has no report"))
        };
        timeout(limit, wait).await.unwrap_or_else(|_| {
            let message = format!("the task is not finished after {limit:?}");
            Err(Error::new(ErrorKind::Timeout, message).in_call(self.operation, 0, None))
        })
    }

    /// Reports until the task has ended; the last one is final. An error ends the stream, not the task.
    ///
    /// ```no_run
    /// # async fn example(task: frontegg_identity::Task<frontegg_identity::types::BulkInviteStatus>) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::Progress;
    ///
    /// let mut progress = task.progress();
    /// while let Some(report) = progress.next().await {
    ///     println!("{} done", report?.done());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn progress(&self) -> ProgressStream<P> {
        ProgressStream {
            fetch: self.fetch.clone(),
            id: self.id.clone(),
            interval: self.interval,
            max_interval: self.max_interval,
            state: State::Start,
        }
    }
}

impl<P> fmt::Debug for Task<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("operation", &self.operation).field("id", &self.id).finish_non_exhaustive()
    }
}

/// Reports of a task, one after the other; see [`Task::progress`].
#[must_use = "reports are asked for when they are awaited"]
pub struct ProgressStream<P> {
    fetch: FetchReport<P>,
    id: Arc<str>,
    interval: Duration,
    max_interval: Duration,
    state: State<P>,
}

enum State<P> {
    Start,
    /// Waits for a report, for all but the first after an interval.
    Fetching(BoxFuture<'static, Result<P, Error>>),
    Done,
}

impl<P: Progress> ProgressStream<P> {
    /// The next report; `None` after the last one and after an error.
    pub async fn next(&mut self) -> Option<Result<P, Error>> {
        poll_fn(|task| self.poll(task)).await
    }

    fn poll(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<P, Error>>> {
        loop {
            match &mut self.state {
                State::Start => self.state = State::Fetching((self.fetch)(self.id.clone())),
                State::Fetching(fetch) => {
                    let report = ready!(fetch.as_mut().poll(task));
                    let is_running = report.as_ref().is_ok_and(|report| !report.is_finished());
                    self.state = if is_running { State::Fetching(self.fetch_later()) } else { State::Done };
                    return Poll::Ready(Some(report));
                }
                State::Done => return Poll::Ready(None),
            }
        }
    }

    fn fetch_later(&mut self) -> BoxFuture<'static, Result<P, Error>> {
        let (fetch, id) = (self.fetch.clone(), self.id.clone());
        // The interval begins now, not when the next report is polled for.
        let at = context::deadline(self.interval);
        self.interval = self.interval.saturating_mul(2).min(self.max_interval);
        Box::pin(async move {
            sleep(at.saturating_duration_since(Instant::now())).await;
            fetch(id).await
        })
    }
}

impl<P: Progress> Stream for ProgressStream<P> {
    type Item = Result<P, Error>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(task)
    }
}

impl<P> fmt::Debug for ProgressStream<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressStream").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The result of a change of roles in many tenants.
#[derive(Debug)]
pub enum RolesChange {
    /// The roles were changed at once.
    Done(types::BulkUpdateUserRolesSyncResponseDto),
    /// A task changes the roles.
    Queued(Task<types::BulkRolesTaskStatusResponseDto>),
}

impl Users<Environment> {
    /// Invites many people to the scope's tenant.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::types::{UserBulkInviteRequestDto, UsersBulkInviteRequestDto};
    ///
    /// let people = ["ada@acme.test", "grace@acme.test"].map(|email| UserBulkInviteRequestDto::new().email(email));
    /// let task = frontegg.tenant("acme").users().start_bulk_invitation(&UsersBulkInviteRequestDto::new(people)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operations `invite_users_in_bulk` and `get_bulk_invite_status`.
    pub async fn start_bulk_invitation(
        &self,
        body: &types::UsersBulkInviteRequestDto,
    ) -> Result<Task<types::BulkInviteStatus>, Error> {
        let task = self.invite_users_in_bulk(body).await?;
        Ok(self.bulk_invitation(task.id))
    }

    /// The handle of an invitation of many people that was started earlier.
    pub fn bulk_invitation(&self, id: impl Into<Arc<str>>) -> Task<types::BulkInviteStatus> {
        let users = self.clone();
        Task::new("get_bulk_invite_status", id, move |id| {
            let users = users.clone();
            async move { users.get_bulk_invite_status(&id).await }
        })
    }

    /// Changes the roles of a user in many tenants: at once or, if there are too many, as a task.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use std::time::Duration;
    /// use frontegg_identity::{RolesChange, types::BulkUpdateUserRolesRequestDto};
    ///
    /// let change = BulkUpdateUserRolesRequestDto::new().add_role_ids(["role id"]);
    /// match frontegg.users().change_roles_across_tenants("ada", &change).await? {
    ///     RolesChange::Done(_) => {}
    ///     RolesChange::Queued(task) => drop(task.wait(Duration::from_secs(600)).await?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operations `update_user_roles_across_tenants` and `get_bulk_roles_update_status`.
    pub async fn change_roles_across_tenants(
        &self,
        user_id: &str,
        body: &types::BulkUpdateUserRolesRequestDto,
    ) -> Result<RolesChange, Error> {
        let answer = self.update_user_roles_across_tenants(user_id, body).await?;
        Ok(match answer.task_id.clone() {
            Some(id) => RolesChange::Queued(self.roles_change(id)),
            None => RolesChange::Done(answer),
        })
    }

    /// The handle of a change of roles in many tenants that was started earlier.
    pub fn roles_change(&self, id: impl Into<Arc<str>>) -> Task<types::BulkRolesTaskStatusResponseDto> {
        let users = self.clone();
        Task::new("get_bulk_roles_update_status", id, move |id| {
            let users = users.clone();
            async move { users.get_bulk_roles_update_status(&id).await }
        })
    }
}

impl DataMigration<Environment> {
    /// Migrates many users into the environment.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use std::time::Duration;
    /// use frontegg_identity::types::{MigrateUserRequestV2, MigrateUsersRequestV2};
    ///
    /// let people = MigrateUsersRequestV2::new(Vec::<MigrateUserRequestV2>::new());
    /// let task = frontegg.data_migration().start_bulk_migration(&people).await?;
    /// let report = task.wait(Duration::from_secs(3_600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operations `migrate_users_in_bulk_v2` and `get_user_migration_status`.
    pub async fn start_bulk_migration(
        &self,
        body: &types::MigrateUsersRequestV2,
    ) -> Result<Task<types::MigrationObject>, Error> {
        let task = self.migrate_users_in_bulk(body).await?;
        Ok(self.bulk_migration(task.migration_id))
    }

    /// The handle of a migration of users that was started earlier.
    pub fn bulk_migration(&self, id: impl Into<Arc<str>>) -> Task<types::MigrationObject> {
        let migrations = self.clone();
        Task::new("get_user_migration_status", id, move |id| {
            let migrations = migrations.clone();
            async move { migrations.get_user_migration_status(&id).await }
        })
    }
}

impl Tenants<Environment> {
    /// Migrates many tenants into the environment.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use std::time::Duration;
    /// use frontegg_identity::types::MigrateTenantsRequest;
    ///
    /// let tenants = MigrateTenantsRequest::new([serde_json::json!({ "tenantId": "acme", "name": "Acme" })]);
    /// let task = frontegg.tenants().start_migration(&tenants).await?;
    /// let report = task.wait(Duration::from_secs(3_600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operations `migrate_tenants` and `get_tenant_migration_status`.
    pub async fn start_migration(
        &self,
        body: &types::MigrateTenantsRequest,
    ) -> Result<Task<types::TenantMigrationStatus>, Error> {
        let task = self.migrate_tenants(body).await?;
        Ok(self.migration(task.migration_id))
    }

    /// The handle of a migration of tenants that was started earlier.
    pub fn migration(&self, id: impl Into<Arc<str>>) -> Task<types::TenantMigrationStatus> {
        let migrations = self.clone();
        Task::new("get_tenant_migration_status", id, move |id| {
            let migrations = migrations.clone();
            async move { migrations.get_tenant_migration_status(&id).await }
        })
    }
}
