//! Many calls at once: calls are futures, which own what they are about or borrow it.

use std::{borrow::Cow, collections::BTreeSet, pin::pin, sync::Arc, time::Duration};

use frontegg_identity::{Call, Error, ErrorKind, PagedCall, params::ListUsers, types::CreateUserDto};
use futures_util::{
    FutureExt as _, StreamExt as _, TryStreamExt as _,
    future::{FusedFuture as _, join_all, try_join_all},
    stream,
};
use tokio::task::JoinSet;

use crate::{create_tenant, start};

const PEOPLE: usize = 50;

fn address(index: usize) -> String {
    format!("person-{index}@acme.test")
}

fn new(index: usize) -> CreateUserDto {
    CreateUserDto::new().email(address(index)).skip_invite_email(true)
}

#[tokio::test]
async fn fifty_calls_are_joined() {
    let (_emulator, frontegg) = start().await;
    create_tenant(&frontegg, "acme").await;
    let acme = frontegg.tenant("acme").user_management();
    // Bodies and ids are of each turn alone: the calls own them.
    let created = join_all((0..PEOPLE).map(|index| acme.create_user_v2(new(index)))).await;
    let ids: Vec<String> = created.into_iter().map(|user| user.unwrap().id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), PEOPLE);
    // Borrowed.
    let people = frontegg.tenant("acme").users();
    let read = try_join_all(ids.iter().map(|id| people.get_user(id))).await.unwrap();
    let read: Vec<_> = read.iter().map(|user| user.id.clone()).collect();
    assert_eq!(read, ids, "in the order of the calls");
}

#[tokio::test]
async fn a_stream_of_calls_has_few_on_their_way() {
    let (_emulator, frontegg) = start().await;
    create_tenant(&frontegg, "acme").await;
    let acme = frontegg.tenant("acme").user_management();
    let calls = stream::iter(0..PEOPLE).map(|index| acme.create_user_v2(new(index)));
    let created: Vec<_> = calls.buffer_unordered(8).try_collect().await.unwrap();
    assert_eq!(created.len(), PEOPLE);
    let all = acme.list_users(ListUsers::new()).all().await.unwrap();
    assert_eq!(all.len(), PEOPLE);
}

#[tokio::test]
async fn calls_are_spawned() {
    let (_emulator, frontegg) = start().await;
    create_tenant(&frontegg, "acme").await;
    let acme = frontegg.tenant("acme").user_management();
    let mut tasks = JoinSet::new();
    for index in 0..PEOPLE {
        tasks.spawn(acme.create_user_v2(new(index)));
    }
    let mut ids = Vec::new();
    while let Some(created) = tasks.join_next().await {
        ids.push(created.unwrap().unwrap().id);
    }
    let people = frontegg.tenant("acme").users();
    let read: Vec<_> = ids.into_iter().map(|id| tokio::spawn(people.get_user(id))).collect();
    for person in join_all(read).await {
        assert!(person.unwrap().unwrap().email.is_some());
    }
    let page = tokio::spawn(acme.list_users(ListUsers::new().limit(10))).await.unwrap().unwrap();
    assert_eq!(page.items.len(), 10);
}

#[tokio::test]
async fn a_call_is_awaited_later_and_in_parts() {
    let (_emulator, frontegg) = start().await;
    create_tenant(&frontegg, "acme").await;
    let roles = frontegg.tenant("acme").roles();

    let call = roles.list_roles_v1();
    let count = call.await.unwrap().len();

    let mut call = roles.list_roles_v1().timeout(Duration::from_secs(10));
    // Not ready at once: the exchange goes on where it was.
    assert!((&mut call).now_or_never().is_none() && !call.is_terminated());
    assert!((&mut call).await.unwrap().len() == count && call.is_terminated());

    let mut call = pin!(roles.list_roles_v1());
    let roles = tokio::select! {
        roles = &mut call => roles,
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("a deadline that never comes"),
    };
    assert_eq!(roles.unwrap().len(), count);

    let mut page = frontegg.tenant("acme").user_management().list_users(ListUsers::new());
    assert!((&mut page).now_or_never().is_none());
    assert!((&mut page).await.unwrap().items.is_empty());

    let mut call = frontegg.roles().list_roles_v1();
    assert!((&mut call).now_or_never().is_none());
    let response = call.with_response().await.unwrap();
    assert_eq!((response.status(), response.attempts()), (200, 1));
}

#[test]
fn what_is_owned_makes_a_call_that_can_be_kept() {
    fn kept<T>(call: Call<'static, T>) -> Call<'static, T> {
        call
    }
    fn is_sent<T: Send + Unpin>(_: &T) {}
    let frontegg = frontegg_identity::Frontegg::builder().build().unwrap();
    let (users, people) = (frontegg.user_management(), frontegg.users());
    let id = String::from("u");
    drop((
        kept(people.get_user("u")),
        kept(people.get_user(id.clone())),
        kept(people.get_user(Arc::<str>::from("u"))),
        kept(people.get_user(Cow::from("u"))),
        kept(users.create_user_v2(new(0))),
        kept(users.create_user_v2(Arc::new(new(0)))),
        people.get_user(&id),
        people.get_user(id.as_str()),
        users.create_user_v2(&new(0)),
    ));
    let roles = frontegg.roles();
    let list = vec![frontegg_identity::types::AddRoleRequest::new("a", "A", 0)];
    drop((roles.create_roles_v1(&list), roles.create_roles_v1(&list[..]), roles.create_roles_v1([list[0].clone()])));
    drop(kept(roles.create_roles_v1(list)));
    is_sent(&roles.list_roles_v1());
    let page: PagedCall<_> = users.list_users(ListUsers::new());
    is_sent(&page);
    is_sent(&page.stream());
}

/// Outside of a Tokio runtime there is nothing that could drive the exchange.
#[test]
fn without_a_runtime_a_call_is_an_error() {
    let frontegg = frontegg_identity::Frontegg::builder().credentials("id", "key").build().unwrap();
    let failed: Error = frontegg.roles().list_roles_v1().now_or_never().expect("no exchange").unwrap_err();
    assert_eq!(
        (failed.kind(), failed.operation(), failed.attempts()),
        (ErrorKind::NoRuntime, Some("list_roles_v1"), 0)
    );
    let paged = frontegg.user_management().list_users(ListUsers::new()).all();
    assert_eq!(paged.now_or_never().expect("no exchange").unwrap_err().kind(), ErrorKind::NoRuntime);
    let login = frontegg.authentication().login("ada@acme.test", "password").now_or_never();
    assert_eq!(login.expect("no exchange").unwrap_err().kind(), ErrorKind::NoRuntime);
}
