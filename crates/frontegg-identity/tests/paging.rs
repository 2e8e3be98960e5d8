//! Lists read page by page: against an emulator where the list behaves, and against a service that
//! answers as told where it does not.

#[allow(dead_code, reason = "shared between test programs")]
#[path = "support/service.rs"]
mod support;

use std::collections::BTreeSet;

use frontegg_identity::{
    Environment, Error, Frontegg, Page, PagedCall, Scope,
    model::OPERATIONS,
    params::{
        ListAudits, ListAuditsV1, ListGroupsV2, ListIpRestrictions, ListJwtTemplates, ListPhoneNumbersV1,
        ListPhoneNumbersV2, ListRolesV2, ListTenants, ListUserEmails, ListUserSourceUsers, ListUsernames, ListUsers,
        SearchUsers,
    },
    types::{AddRoleRequest, CreateTenantRequest, CreateUserDto, RolePage},
};
use futures_util::TryStreamExt;
use support::{Reply, Service, emulated};

/// A tenant with that many people, whose addresses are given.
async fn crowd(frontegg: &Frontegg, number: usize) -> (Scope<Environment>, Vec<String>) {
    frontegg.tenants().create_tenant(&CreateTenantRequest::new().tenant_id("acme")).await.unwrap();
    let acme = frontegg.tenant("acme");
    let emails: Vec<_> = (0..number).map(|index| format!("user{index:03}@acme.test")).collect();
    for email in &emails {
        let new = CreateUserDto::new().email(email).skip_invite_email(true);
        acme.user_management().create_user_v2(&new).await.unwrap();
    }
    (acme, emails)
}

/// An answer with one page of roles: their keys, and how many pages and items there are.
fn page(keys: &[&str], pages: i64, items: i64) -> Reply {
    page_with(keys, pages, items, "")
}

/// Such an answer with further members.
fn page_with(keys: &[&str], pages: i64, items: i64, more: &str) -> Reply {
    let role = |key: &&str| {
        format!(
            r#"{{"id":"{key}","vendorId":"v","key":"{key}","name":"{key}","isDefault":false,"firstUserRole":false,
            "level":0,"permissions":[],"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}}"#
        )
    };
    let roles: Vec<_> = keys.iter().map(role).collect();
    let items = format!(r#""_metadata":{{"totalItems":{items},"totalPages":{pages}}}"#);
    Reply::new(200, format!(r#"{{"items":[{}],{items}{more}}}"#, roles.join(",")))
}

/// Reads a list of roles of which the service says that.
async fn keys(answers: Vec<Reply>) -> (Vec<String>, Service) {
    let service = Service::start(vec![Reply::token("t", 3_600)], answers).await;
    let roles = service.frontegg().environment().account_roles().list_roles_v2(ListRolesV2::new()).all().await.unwrap();
    (roles.into_iter().map(|role| role.key).collect(), service)
}

/// The pages that a service was asked for, with their sizes.
fn asked(service: &Service) -> Vec<String> {
    let paths = service.asked().into_iter().map(|asked| asked.path);
    paths.filter_map(|path| path.split_once('?').map(|(_, query)| query.to_owned())).collect()
}

#[tokio::test]
async fn every_item_comes_once_whatever_the_size_of_pages() {
    let (_emulator, frontegg) = emulated().await;
    let (acme, emails) = crowd(&frontegg, 25).await;
    for size in [1, 10, 25, 200] {
        let params = || ListUsers::new().limit(size);
        let users = acme.user_management();
        let all = users.list_users(params()).all().await.unwrap();
        let found: BTreeSet<_> = all.iter().filter_map(|user| user.email.clone()).collect();
        assert_eq!((all.len(), found.into_iter().collect::<Vec<_>>()), (25, emails.clone()), "{size}");
        // The same as a stream of the ecosystem.
        let ids: Vec<_> = all.into_iter().map(|user| user.id).collect();
        let streamed: Vec<_> = users.list_users(params()).stream().map_ok(|user| user.id).try_collect().await.unwrap();
        assert_eq!(streamed, ids);
        let pages: Vec<_> = users.list_users(params()).pages().try_collect().await.unwrap();
        assert_eq!(pages.len(), 25usize.div_ceil(usize::try_from(size).unwrap()));
        assert!(pages.iter().all(|page| page.metadata.total_items == 25));
    }
    // Awaited alone, it is the one page that was asked for.
    let third = acme.user_management().list_users(ListUsers::new().limit(10).offset(2)).await.unwrap();
    assert_eq!(third.items.len(), 5);
}

#[tokio::test]
async fn a_page_is_asked_for_when_the_one_before_is_used_up() {
    let answers = vec![page(&["a", "b"], 3, 6), page(&["c", "d"], 3, 6), page(&["e", "f"], 3, 6)];
    let service = Service::start(vec![Reply::token("t", 3_600)], answers).await;
    let scope = service.frontegg().environment();
    let mut items = scope.account_roles().list_roles_v2(ListRolesV2::new().limit(2)).stream();
    for (requests, key) in [(1, "a"), (1, "b"), (2, "c"), (2, "d"), (3, "e"), (3, "f")] {
        assert_eq!(items.next().await.unwrap().unwrap().key, key);
        assert_eq!(asked(&service).len(), requests);
    }
    assert!(items.next().await.is_none() && items.next().await.is_none());
    assert_eq!(asked(&service), ["_limit=2&_offset=0", "_limit=2&_offset=1", "_limit=2&_offset=2"]);
}

#[tokio::test]
async fn without_a_size_the_largest_page_is_asked_for() {
    let service = Service::start(vec![Reply::token("t", 3_600)], vec![page(&["a"], 1, 1)]).await;
    let roles = service.frontegg().environment().account_roles();
    roles.list_roles_v2(ListRolesV2::new()).all().await.unwrap();
    roles.list_roles_v2(ListRolesV2::new()).await.unwrap();
    assert_eq!(asked(&service), ["_limit=2000&_offset=0"], "and a single call leaves it to the service");
    roles.list_roles_v2(ListRolesV2::new().limit(9_999)).all().await.unwrap();
    roles.list_roles_v2(ListRolesV2::new().limit(7)).all().await.unwrap();
    assert_eq!(asked(&service)[1..], ["_limit=2000&_offset=0", "_limit=7&_offset=0"], "never more than it gives");
}

#[tokio::test]
async fn lists_that_change_while_they_are_read_end() {
    let (grown, service) = keys(vec![page(&["a"], 1, 1), page(&["b"], 9, 9)]).await;
    assert_eq!((grown, asked(&service).len()), (vec!["a".to_owned()], 1));
    let (grown, _) = keys(vec![page(&["a"], 2, 2), page(&["b"], 3, 3), page(&["c"], 3, 3)]).await;
    assert_eq!(grown, ["a", "b", "c"]);
    let (shrunk, service) = keys(vec![page(&["a"], 9, 9), page(&["b"], 2, 2), page(&["c"], 3, 3)]).await;
    assert_eq!((shrunk, asked(&service).len()), (vec!["a".to_owned(), "b".to_owned()], 2));
    let (emptied, service) = keys(vec![page(&["a"], 9, 9), page(&[], 9, 9), page(&["c"], 9, 9)]).await;
    assert_eq!((emptied, asked(&service).len()), (vec!["a".to_owned()], 2));
    // A service that gives one page over and over counts its pages at least.
    let (same, service) = keys(vec![page(&["a"], 4, 4)]).await;
    assert_eq!((same.len(), asked(&service).len()), (4, 4));
    let (none, _) = keys(vec![page(&[], 0, 0)]).await;
    assert!(none.is_empty());
    let (uncounted, _) = keys(vec![page(&["a"], 0, 0)]).await;
    assert_eq!(uncounted, ["a"]);
}

/// A page that is not counted, with a link to the next one.
fn linked(keys: &[&str], next: &str) -> Reply {
    page_with(keys, 0, 0, &format!(r#","_links":{{"next":"{next}"}}"#))
}

#[tokio::test]
async fn where_pages_are_not_counted_their_links_are_followed() {
    let pages = vec![linked(&["a"], "_offset=1&_limit=50"), linked(&["b"], "/v2?x=y&_offset=5"), linked(&["c"], "")];
    let (found, service) = keys(pages).await;
    assert_eq!(found, ["a", "b", "c"]);
    assert_eq!(asked(&service), ["_limit=2000&_offset=0", "_limit=2000&_offset=1", "_limit=2000&_offset=5"]);
    let (unnamed, _) = keys(vec![linked(&["a"], "cursor=x"), page(&["b"], 0, 0)]).await;
    assert_eq!(unnamed, ["a", "b"]);
    // No link leads back, and none over an empty page.
    let (back, service) = keys(vec![linked(&["a"], "_offset=1"), linked(&["b"], "_offset=0")]).await;
    assert_eq!((back.len(), asked(&service).len()), (2, 2));
    let (empty, service) = keys(vec![linked(&["a"], "_offset=1"), linked(&[], "_offset=2")]).await;
    assert_eq!((empty.len(), asked(&service).len()), (1, 2));
    // The count goes first.
    let (counted, _) = keys(vec![page_with(&["a"], 1, 1, r#","_links":{"next":"_offset=1"}"#)]).await;
    assert_eq!(counted, ["a"]);
}

/// Whatever the counts do from page to page, reading ends within what was ever counted.
#[tokio::test]
async fn lists_that_change_in_any_way_end() {
    const MOST: usize = 12;
    let mut state = 1_u64;
    // Numbers of no pattern, the same in every run.
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..60 {
        let answers = (0..MOST).map(|_| {
            let pages = i64::try_from(random(MOST + 1)).unwrap();
            page(&["a", "b", "c"][..random(4)], pages, 3 * pages)
        });
        let (found, service) = keys(answers.collect()).await;
        let asked = asked(&service).len();
        assert!((1..=MOST).contains(&asked) && found.len() <= 3 * asked, "{asked} pages, {} items", found.len());
    }
}

#[tokio::test]
async fn after_a_failure_reading_goes_on_where_it_stopped() {
    let answers =
        vec![page(&["a"], 3, 3), Reply::new(400, r#"{"errors":["no"]}"#), page(&["b"], 3, 3), page(&["c"], 3, 3)];
    let service = Service::start(vec![Reply::token("t", 3_600)], answers).await;
    let roles = service.frontegg().environment().account_roles();
    let mut items = roles.list_roles_v2(ListRolesV2::new().limit(1)).stream();
    assert_eq!(items.next().await.unwrap().unwrap().key, "a");
    assert!(items.next().await.unwrap().unwrap_err().is_bad_request());
    assert!(items.next().await.is_none(), "a failure is told once");
    let rest = ListRolesV2::new().limit(1).offset(items.next_page());
    let rest = roles.list_roles_v2(rest).all().await.unwrap();
    assert_eq!(rest.iter().map(|role| role.key.as_str()).collect::<Vec<_>>(), ["b", "c"]);
}

#[tokio::test]
async fn streams_go_into_tasks_and_into_the_ecosystem() {
    fn sendable<S: Send + Unpin + 'static>(stream: S) -> S {
        stream
    }
    let (_emulator, frontegg) = emulated().await;
    let (acme, _) = crowd(&frontegg, 3).await;
    let list = move || acme.user_management().list_users(ListUsers::new().limit(2));
    let (mut items, mut pages) = (sendable(list().stream()), sendable(list().pages()));
    let counted = tokio::spawn(async move {
        let mut counted = (0, 0);
        while let Some(item) = items.next().await {
            item?;
            counted.0 += 1;
        }
        while pages.try_next().await?.is_some() {
            counted.1 += 1;
        }
        Ok::<_, Error>(counted)
    });
    assert_eq!(counted.await.unwrap().unwrap(), (3, 2));
    assert!(format!("{:?}", list().stream()).contains("list_users"));
}

#[tokio::test]
async fn a_page_shows_status_and_trace() {
    let (_emulator, frontegg) = emulated().await;
    frontegg.management().roles().create_roles_v1(&[AddRoleRequest::new("k", "n", 3)]).await.unwrap();
    let call = frontegg.environment().account_roles().list_roles_v2(ListRolesV2::new()).no_retry();
    let response = call.with_response().await.unwrap();
    assert_eq!((response.status(), response.attempts()), (200, 1));
    assert!(response.trace_id().is_some());
    let page: RolePage = response.into_inner();
    assert!(page.items.iter().any(|role| role.key == "k"));
}

/// Reads a list alone, as pages, as items and at once.
async fn read<P: Page>(call: impl Fn() -> PagedCall<P>) -> usize {
    let page = call().await.unwrap();
    let pages: Vec<P> = call().pages().try_collect().await.unwrap();
    let items: Vec<P::Item> = call().stream().try_collect().await.unwrap();
    let all = call().all().await.unwrap();
    page.items().len() + pages.iter().map(|page| page.items().len()).sum::<usize>() + items.len() + all.len()
}

/// Every paged operation of the table reads on from the page that its parameters name.
#[tokio::test]
async fn every_paged_operation_reads_on() {
    for operation in OPERATIONS.iter().filter(|operation| operation.paged && operation.published) {
        let nothing = r#"{"items":[],"_metadata":{"totalItems":0,"totalPages":0},"data":[],"total":0}"#;
        let service = Service::start(vec![Reply::token("t", 3_600)], vec![Reply::new(200, nothing)]).await;
        let scope = service.frontegg().tenant("acme").user("ada");
        #[allow(deprecated, reason = "the older lists are paged too")]
        let read = match operation.id {
            "list_audits_v1" => read(|| scope.audits().list_audits_v1(ListAuditsV1::new().offset(7))).await,
            "list_audits_v2" => read(|| scope.audits().list_audits(ListAudits::new().offset(7))).await,
            "list_groups_v2" => read(|| scope.user_groups().list_groups_v2(ListGroupsV2::new().offset(7))).await,
            "list_ip_restrictions" => {
                read(|| scope.ip_restrictions().list_ip_restrictions(ListIpRestrictions::new().offset(7))).await
            }
            "list_jwt_templates" => {
                read(|| scope.core_settings().list_jwt_templates(ListJwtTemplates::new().offset(7))).await
            }
            "list_phone_numbers_v1" => {
                read(|| scope.sms().list_phone_numbers_v1(ListPhoneNumbersV1::new().offset(7))).await
            }
            "list_phone_numbers_v2" => {
                read(|| scope.sms().list_phone_numbers_v2(ListPhoneNumbersV2::new().offset(7))).await
            }
            "list_roles_v2" => read(|| scope.account_roles().list_roles_v2(ListRolesV2::new().offset(7))).await,
            "list_tenants" => read(|| scope.accounts().list_tenants(ListTenants::new().offset(7))).await,
            "list_user_emails" => {
                read(|| scope.user_management().list_user_emails(ListUserEmails::new().offset(7))).await
            }
            "list_user_source_users" => {
                read(|| scope.user_pools().list_user_source_users("id", ListUserSourceUsers::new().offset(7))).await
            }
            "list_usernames" => read(|| scope.user_management().list_usernames(ListUsernames::new().offset(7))).await,
            "list_users" => read(|| scope.user_management().list_users(ListUsers::new().offset(7))).await,
            "search_users" => read(|| scope.user_management().search_users(SearchUsers::new().offset(7))).await,
            id => panic!("{id} is paged, and not read here"),
        };
        assert_eq!(read, 0, "{}", operation.id);
        let asked = asked(&service);
        assert_eq!(asked.len(), 4, "{}", operation.id);
        assert!(asked.iter().all(|query| query.contains("offset=7")), "{}: {asked:?}", operation.id);
        // Alone the size is the service's affair; read on it is the same in all ways.
        assert!(!asked[0].contains("_limit="), "{}: {asked:?}", operation.id);
        assert!(asked[1] == asked[2] && asked[2] == asked[3], "{}: {asked:?}", operation.id);
    }
}
