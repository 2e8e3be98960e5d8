//! What a program does with an error: answer its own caller.

use std::time::Duration;

use frontegg_identity::{Access, Authorized, Error, ErrorKind, Scope, types::UpdateRoleRequest};

use crate::support::{Gate, Reply, Service, ok, token};

async fn failed<A: Access + Authorized>(scope: &Scope<A>) -> Error {
    scope.roles().update_role("r-1", UpdateRoleRequest::new()).no_retry().await.unwrap_err()
}

#[tokio::test]
async fn a_service_answers_its_own_caller_by_the_table() {
    for (status, of_environment, of_user) in [
        (400, 400, 400),
        (401, 500, 401),
        (403, 500, 403),
        (404, 404, 404),
        (405, 502, 502),
        (409, 409, 409),
        (410, 410, 410),
        (413, 413, 413),
        (422, 422, 422),
        (429, 503, 503),
        (500, 502, 502),
        (502, 502, 502),
        (503, 503, 503),
        (504, 504, 504),
        // Not as documented.
        (200, 502, 502),
        (302, 502, 502),
    ] {
        let service = Service::start(token(), vec![Reply::new(status, "{}")]).await;
        let frontegg = service.frontegg();
        assert_eq!(failed(&frontegg).await.http_status(), of_environment, "{status}");
        assert_eq!(failed(&frontegg.session("own")).await.http_status(), of_user, "{status}");
    }
}

#[tokio::test]
async fn what_was_not_sent_or_not_answered_has_a_status_too() {
    let refused = Service::start(vec![Reply::new(401, "{}")], vec![ok()]).await;
    let error = failed(&refused.frontegg()).await;
    assert_eq!((error.operation(), error.http_status()), (Some("authenticate_environment"), 500), "{error}");

    let service = Service::start(token(), vec![ok().cut(0)]).await;
    let frontegg = service.frontegg();
    assert_eq!(failed(&frontegg).await.http_status(), 502, "a broken exchange");
    let roles = frontegg.roles();
    assert_eq!(roles.delete_role("").await.unwrap_err().http_status(), 400, "an empty id");
    let body = frontegg_identity::types::AssignUserToRolesDto::new(["r"]);
    let error = frontegg.user_management().assign_roles_to_user("u", body).await.unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (ErrorKind::MissingScope, 500));
    let silent = Service::start(token(), vec![ok().behind(&Gate::new())]).await;
    let roles = silent.frontegg().roles();
    let late = roles.list_roles_v1().timeout(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!((late.kind(), late.http_status()), (ErrorKind::Timeout, 504));
}
