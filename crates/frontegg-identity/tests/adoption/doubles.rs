//! A program's own code, tested without a server.

use std::time::Duration;

use frontegg_identity::{
    Error, ErrorKind, Frontegg,
    params::ListUsers,
    testing::{Recording, Reply, Request, Scripted, Transport, respond},
    types::{AuthenticationResponseDto, UpdateRoleRequest},
};

fn client(transport: impl Transport) -> Frontegg {
    Frontegg::builder().transport(transport).build().unwrap()
}

#[tokio::test]
async fn answers_come_in_order_by_operation() {
    let recording = Recording::of(Scripted::new([
        respond::list_roles_v1([]),
        respond::delete_role(),
        Reply::refusal(404, "no such role").to("list_roles_v1").header("frontegg-trace-id", "t-1"),
    ]));
    let frontegg = client(recording.clone());
    let roles = frontegg.tenant("acme").roles();
    roles.delete_role("r 1").await.unwrap();
    let response = roles.list_roles_v1().with_response().await.unwrap();
    assert_eq!((response.status(), response.attempts(), response.len()), (200, 1, 0));
    let error = roles.list_roles_v1().await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    assert_eq!((error.operation(), error.trace_id()), (Some("list_roles_v1"), Some("t-1")));
    assert_eq!(error.messages(), ["no such role"]);

    let error = roles.list_roles_v1().await.unwrap_err();
    assert!(error.to_string().contains("the script has no answer to it: none is left"), "{error}");
    let asked: Vec<_> = recording.requests().iter().map(|request| request.operation).collect();
    assert_eq!(asked, ["delete_role", "list_roles_v1", "list_roles_v1", "list_roles_v1"]);
    let Request { method, path, .. } = recording.requests().remove(0);
    assert_eq!((method, path.as_str()), ("DELETE", "/identity/resources/roles/v1/r%201"));
}

#[tokio::test]
async fn a_request_shows_scope_query_and_body() {
    let recording = Recording::of(|_: &Request| -> Result<Reply, Error> { Ok(Reply::refusal(403, "no")) });
    let frontegg = client(recording.clone());
    let acme = frontegg.tenant("acme");
    acme.roles().update_role("r", UpdateRoleRequest::new().name("Admin")).await.unwrap_err();
    acme.user_management().list_users(ListUsers::new().limit(5)).await.unwrap_err();
    let [update, list] = &recording.requests()[..] else { panic!("two calls") };
    assert_eq!((update.tenant(), update.user()), (Some("acme"), None));
    assert_eq!(update.body["name"], "Admin");
    assert_eq!(update.header("authorization"), None, "no token is fetched");
    assert!(list.query.contains(&("_limit".to_owned(), "5".to_owned())), "{:?}", list.query);
    assert!(list.body.is_null());
}

#[tokio::test]
async fn a_double_fails_as_a_test_says() {
    let late = || Error::builder().kind(ErrorKind::Timeout).retry_after(Duration::from_secs(7)).build();
    let frontegg = client(move |_: &Request| -> Result<Reply, Error> { Err(late()) });
    let error = frontegg.roles().list_roles_v1().await.unwrap_err();
    assert!(error.is_timeout() && error.retry_after() == Some(Duration::from_secs(7)), "{error:?}");
    assert_eq!(error.operation(), Some("list_roles_v1"));
}

/// Scopes are checked as always, and what a double says must be what the service may say.
#[tokio::test]
async fn doubles_are_no_less_strict_than_the_client() {
    let frontegg = client(Scripted::new([Reply::json(200, "no list"), Reply::empty(99)]));
    let body = frontegg_identity::types::AssignUserToRolesDto::new(["r"]);
    let error = frontegg.user_management().assign_roles_to_user("u", body).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingScope);
    let error = frontegg.roles().list_roles_v1().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let error = frontegg.roles().list_roles_v1().await.unwrap_err();
    assert!(error.to_string().contains("the double's answer"), "{error}");
}

#[tokio::test]
async fn a_misspelt_operation_is_told() {
    let frontegg = client(Scripted::new([Reply::json(200, [(); 0]).to("list_rolls_v1")]));
    let error = frontegg.roles().list_roles_v1().await.unwrap_err();
    assert!(error.to_string().contains("no operation list_rolls_v1; did you mean list_roles_v1"), "{error}");
}

#[tokio::test]
async fn people_sign_in_at_a_double() {
    let mut answer = AuthenticationResponseDto::new(false);
    (answer.access_token, answer.refresh_token) = (Some("a-1".into()), Some("r-1".into()));
    answer.expires_in = Some(600);
    let frontegg = client(Scripted::new([respond::authenticate_user_with_password(answer)]));
    let login = frontegg.authentication().login("ada@acme.test", "Correct-horse-1815").await.unwrap();
    assert!(login.into_session().is_ok());
}

#[test]
fn what_a_double_answers_does_not_show() {
    let reply = Reply::json(200, "hunter2").header("set-cookie", "hunter2");
    assert!(!format!("{reply:?} {:?}", Scripted::new([reply.clone()])).contains("hunter2"));
}
