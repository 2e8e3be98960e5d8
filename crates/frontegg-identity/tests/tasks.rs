//! Long work: handles that tell how far it has come and wait for its end.

#[allow(dead_code, reason = "shared between test programs")]
#[path = "support/service.rs"]
mod support;

use std::time::Duration;

use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg, Progress, RolesChange, Task,
    types::{
        AddRoleRequest, BulkUpdateUserRolesRequestDto, CreateTenantRequest, CreateUserDto, MigrateTenantsRequest,
        MigrateUserRequestV2, MigrateUsersRequestV2, UserBulkInviteRequestDto, UsersBulkInviteRequestDto,
    },
};
use futures_util::TryStreamExt;
use support::{Reply, Service, emulated, token};

const MINUTE: Duration = Duration::from_secs(60);

fn invitation(status: &str, done: i64, errors: &str) -> Reply {
    let counts = format!(r#""processedUsers":{done},"totalUsers":10"#);
    Reply::new(200, format!(r#"{{"id":"i-1","status":"{status}",{counts},"errors":[{errors}]}}"#))
}

fn quick<P: Progress>(task: Task<P>) -> Task<P> {
    task.poll_every(Duration::from_millis(1), Duration::from_millis(2))
}

async fn with_tenants() -> (Emulator, Frontegg) {
    let (emulator, frontegg) = emulated().await;
    for tenant in ["acme", "globex"] {
        frontegg.tenants().create_tenant(&CreateTenantRequest::new().tenant_id(tenant)).await.unwrap();
    }
    (emulator, frontegg)
}

#[tokio::test]
async fn progress_is_told_until_the_end() {
    let failure = r#"{"email":"x","message":"no"}"#;
    let answers = vec![
        Reply::new(200, r#"{"id":"i-1"}"#),
        invitation("NotStarted", 0, ""),
        invitation("InProgress", 4, ""),
        invitation("Postponed", 4, ""),
        invitation("CompletedWithErrors", 10, failure),
    ];
    let service = Service::start(token(), answers).await;
    let users = service.frontegg().tenant("acme").users();
    let people = UsersBulkInviteRequestDto::new([UserBulkInviteRequestDto::new().email("ada@acme.test")]);
    let task = quick(users.start_bulk_invitation(&people).await.unwrap());
    assert_eq!(task.id(), "i-1");
    let reports: Vec<_> = task.progress().try_collect().await.unwrap();
    let told: Vec<_> = reports.iter().map(|report| (report.done(), report.total(), report.is_finished())).collect();
    assert_eq!(told, [(0, 10, false), (4, 10, false), (4, 10, false), (10, 10, true)], "unknown states are no end");
    assert_eq!(reports[3].failures(), 1);
    assert!(service.asked().iter().skip(2).all(|asked| asked.path.ends_with("/status/i-1")));
    // Asked again it is still finished.
    assert_eq!(task.wait(MINUTE).await.unwrap().done(), 10);
}

#[tokio::test]
async fn waiting_has_a_limit_and_the_task_goes_on() {
    let answers = vec![invitation("InProgress", 1, "")];
    let service = Service::start(token(), answers).await;
    let task = quick(service.frontegg().tenant("acme").users().bulk_invitation("i-1"));
    let error = task.wait(Duration::from_millis(30)).await.unwrap_err();
    assert!(error.is_timeout() && error.operation() == Some("get_bulk_invite_status"), "{error:?}");
    assert_eq!(task.report().await.unwrap().done(), 1);
}

#[tokio::test]
async fn a_look_that_fails_ends_the_stream_once() {
    let answers = vec![invitation("InProgress", 1, ""), Reply::new(404, r#"{"errors":["Task not found"]}"#)];
    let service = Service::start(token(), answers).await;
    let task = quick(service.frontegg().environment().users().bulk_invitation("i-1"));
    let mut progress = task.progress();
    assert!(progress.next().await.unwrap().is_ok());
    assert!(progress.next().await.unwrap().unwrap_err().is_not_found());
    assert!(progress.next().await.is_none());
    assert!(task.wait(MINUTE).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn many_are_invited() {
    let (_emulator, frontegg) = with_tenants().await;
    let person = |index: usize| UserBulkInviteRequestDto::new().email(format!("user{index}@acme.test"));
    let people = (0..150).map(person).chain([person(3)]);
    let users = frontegg.tenant("acme").users();
    let task = users.start_bulk_invitation(&UsersBulkInviteRequestDto::new(people)).await.unwrap();
    let report = quick(users.bulk_invitation(task.id())).wait(MINUTE).await.unwrap();
    assert!(report.is_finished());
    assert_eq!(report.total(), 151);
}

#[tokio::test]
async fn roles_change_in_many_tenants() {
    let (_emulator, frontegg) = with_tenants().await;
    let management = frontegg.management();
    let roles = management.roles().create_roles_v1(&[AddRoleRequest::new("k", "n", 3)]).await.unwrap();
    let new = CreateUserDto::new().email("ada@acme.test").skip_invite_email(true);
    let ada = frontegg.tenant("acme").user_management().create_user_v2(&new).await.unwrap().id;
    let change = BulkUpdateUserRolesRequestDto::new().add_role_ids([roles[0].id.as_str()]);
    let change = management.users().change_roles_across_tenants(&ada, &change).await.unwrap();
    let RolesChange::Done(done) = change else { panic!("few are done at once") };
    assert_eq!(done.affected_tenants, Some(1));

    let status = r#"{"id":"r-1","userId":"u","status":"Completed","totalTenants":200,"processedTenants":200,
        "addedRoleIds":[],"removedRoleIds":[]}"#;
    let answers = vec![Reply::new(200, r#"{"userId":"u","taskId":"r-1"}"#), Reply::new(200, status)];
    let service = Service::start(token(), answers).await;
    let users = service.frontegg().management().users();
    let change = users.change_roles_across_tenants("u", &BulkUpdateUserRolesRequestDto::new()).await.unwrap();
    let RolesChange::Queued(task) = change else { panic!("many are queued") };
    assert_eq!(quick(task).wait(MINUTE).await.unwrap().done(), 200);
}

#[tokio::test]
async fn people_and_tenants_are_brought_in() {
    let moved = |what: &str| format!(r#"{{"id":"m-1","state":"Completed","total{what}":2,"migrated{what}":2}}"#);
    let answers = vec![Reply::new(200, r#"{"migrationId":"m-1"}"#), Reply::new(200, moved("Users"))];
    let service = Service::start(token(), answers).await;
    let people = MigrateUsersRequestV2::new(Vec::<MigrateUserRequestV2>::new());
    let task = service.frontegg().management().data_migration().start_bulk_migration(&people).await.unwrap();
    assert_eq!(quick(task).wait(MINUTE).await.unwrap().done(), 2);

    let (_emulator, frontegg) = with_tenants().await;
    let tenants: MigrateTenantsRequest =
        serde_json::from_str(r#"{"tenants":[{"tenantId":"initech","name":"Initech"}]}"#).unwrap();
    let migrations = frontegg.tenants();
    let task = migrations.start_migration(&tenants).await.unwrap();
    let report = quick(migrations.migration(task.id())).wait(MINUTE).await.unwrap();
    assert_eq!((report.done(), report.total(), report.failures()), (1, 1, 0));
}
