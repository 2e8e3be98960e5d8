//! Failures of every kind, with a canary wherever a secret could get into them.

use std::{collections::BTreeSet, error::Error as _, time::Duration};

use frontegg_identity::{Error, Frontegg, Secret, types};

use crate::{
    CANARY,
    facade::INTERFACE,
    support::{Gate, Reply, Service},
    traced::Log,
};
use frontegg_test_harness::clock::Clock;
use futures_util::FutureExt as _;

/// A call that fails, of a service that answers so.
async fn failing(answer: Reply) -> Error {
    let service = Service::start(vec![Reply::token(CANARY, 3_600)], vec![answer]).await;
    let builder = service.builder().credentials("id", CANARY).timeout(Duration::from_secs(30));
    let roles = builder.attempt_timeout(Duration::from_secs(2)).build().unwrap().management().roles();
    roles.list_roles_v1().await.map(drop).unwrap_err()
}

/// One failure of every kind at least, those by the time that passes among them.
pub(super) async fn failures() -> Vec<Error> {
    Clock::stop().run(all_failures()).await
}

async fn all_failures() -> Vec<Error> {
    let secrets = format!(r#"{{"errors":["no"],"token":"{CANARY}","context":{{"secret":"{CANARY}"}}}}"#);
    let mut failures = Vec::new();
    for answer in [
        Reply::new(400, &secrets),
        Reply::new(401, &secrets),
        Reply::new(403, &secrets).header("set-cookie", CANARY),
        Reply::new(429, &secrets).header("retry-after", "600"),
        Reply::new(503, &secrets),
        Reply::new(200, &secrets),
        Reply::new(200, format!(r#"[{{"name":"{CANARY}"}}]"#)),
        Reply::new(200, format!(r#"[{{"key":"k","name":7,"{CANARY}":"#)),
        Reply::new(200, CANARY),
        Reply::new(200, &secrets).cut(0),
        Reply::new(200, &secrets).cut(20),
        Reply::new(200, &secrets).behind(&Gate::new()),
        Reply::new(302, "").header("location", format!("http://127.0.0.1:1/?token={CANARY}")),
    ] {
        failures.push(failing(answer).await);
    }

    // A token in the query, and nobody there.
    let nobody = Frontegg::builder().base_url("http://127.0.0.1:1").credentials("id", CANARY).build().unwrap();
    let strategy = nobody.anonymous().user_management();
    failures.push(strategy.get_user_activation_strategy("u", &Secret::from(CANARY)).no_retry().await.unwrap_err());
    failures.push(nobody.management().roles().list_roles_v1().no_retry().await.unwrap_err());

    // A proxy that asks for other credentials.
    let proxy = Service::start(vec![], vec![Reply::new(407, "")]).await;
    let url = proxy.url.replace("http://", &format!("http://me:{CANARY}@"));
    let behind =
        Frontegg::builder().base_url("https://acme.test").credentials("id", CANARY).proxy(url).build().unwrap();
    failures.push(behind.roles().list_roles_v1().await.unwrap_err());

    // What is found before anything is sent.
    let elsewhere = nobody.session(CANARY).roles().list_roles_v1();
    let elsewhere = std::thread::spawn(move || elsewhere.now_or_never());
    failures.push(elsewhere.join().unwrap().expect("no exchange").unwrap_err());
    #[cfg(feature = "blocking")]
    failures.push(frontegg_identity::blocking::Wait::wait(nobody.session(CANARY).roles().list_roles_v1()).unwrap_err());
    let body = types::AssignUserToRolesDto::new(["r"]);
    failures.push(nobody.environment().user_management().assign_roles_to_user("u", &body).await.unwrap_err());
    failures.push(nobody.management().roles().delete_role("").await.unwrap_err());
    failures.push(nobody.session(format!("{CANARY}\n")).roles().list_roles_v1().await.unwrap_err());
    failures.push(nobody.tenant(format!("{CANARY}\n")).roles().list_roles_v1().await.unwrap_err());
    failures.push(nobody.api_token("id", CANARY).roles().list_roles_v1().no_retry().await.unwrap_err());
    let bad_link = format!("https://acme.test/?token={CANARY}").parse::<frontegg_identity::login::MailedLink>();
    failures.push(bad_link.unwrap_err());
    let base_url = Frontegg::builder().base_url(format!("https://me:{CANARY}@acme.test")).build().unwrap_err();
    failures.push(Error::from(base_url));

    let half = format!(r#"{{"mfaRequired":true,"mfaToken":"{CANARY}","userId":"u"}}"#);
    let service = Service::start(vec![], vec![Reply::new(200, half)]).await;
    let login = service.frontegg().authentication().login("ada@acme.test", CANARY).await.unwrap();
    failures.push(login.into_session().unwrap_err());
    failures
}

/// The texts of an error and its causes.
fn chain(error: &Error) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts
}

#[tokio::test]
async fn no_failure_shows_a_secret_and_none_repeats_itself() {
    let (log, _guard) = Log::begin();
    let failures = failures().await;
    for error in &failures {
        let texts = chain(error);
        let all = format!("{error} {error:?} {error:#?} {texts:?}");
        assert!(!all.contains(CANARY), "{all}");
        for (index, text) in texts.iter().enumerate() {
            assert!(!text.is_empty(), "{texts:?}");
            for (other, cause) in texts.iter().enumerate() {
                assert!(index == other || !text.contains(cause.as_str()), "{texts:?} repeats itself");
            }
        }
        let told = error.operation().is_none_or(|operation| texts[0].starts_with(operation));
        assert!(told, "{} does not name its operation", texts[0]);
    }
    let kinds: BTreeSet<_> = failures.iter().map(|error| format!("{:?}", error.kind())).collect();
    let listed = INTERFACE.split_once("pub enum ErrorKind {").unwrap().1.split_once('}').unwrap().0;
    let listed: BTreeSet<_> =
        listed.split(',').map(|kind| kind.trim().to_owned()).filter(|kind| !kind.is_empty()).collect();
    let missing: Vec<_> = listed.difference(&kinds).collect();
    assert!(!log.text().contains(CANARY), "{}", log.text());
    // A layer's error is the program's own; a view takes the right token only; the raw client's errors are texts.
    let unseen: &[&str] =
        if cfg!(feature = "blocking") { &["Layer", "WrongToken"] } else { &["Layer", "WithinRuntime", "WrongToken"] };
    assert_eq!(missing, unseen, "no failure of these kinds is looked at");
}
