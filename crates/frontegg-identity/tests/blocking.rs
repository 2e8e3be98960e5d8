//! Calls that block: a program without a runtime, from `main` to the end.

use std::{error::Error, process::exit, sync::mpsc, thread};

use frontegg_emulator::Emulator;
use frontegg_identity::{
    ErrorKind, Frontegg,
    blocking::{Wait, iter},
    params::ListUsers,
    types::{CreateTenantRequest, CreateUserDto},
    verify::Verifier,
};

const PASSWORD: &str = "correct Horse 7 battery";

/// Where an emulator is, which runs elsewhere: the program has no runtime.
struct Service {
    url: String,
    client_id: String,
    api_key: String,
}

fn service() -> Service {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let emulator = Emulator::start().await.unwrap();
            let (url, client_id, api_key) = (emulator.url(), emulator.client_id(), emulator.api_key());
            send.send(Service { url: url.into(), client_id: client_id.into(), api_key: api_key.into() }).unwrap();
            std::future::pending::<()>().await;
        });
    });
    receive.recv().unwrap()
}

fn program(service: &Service) -> Result<(), Box<dyn Error>> {
    let credentials = (service.client_id.as_str(), service.api_key.as_str());
    let frontegg = Frontegg::builder().base_url(&service.url).credentials(credentials.0, credentials.1).build()?;
    frontegg.tenants().create_tenant(&CreateTenantRequest::new().tenant_id("acme")).wait()?;
    let acme = frontegg.tenant("acme");
    for name in ["ada", "bob", "eve"] {
        let new = CreateUserDto::new().email(format!("{name}@acme.test")).password(PASSWORD).skip_invite_email(true);
        acme.user_management().create_user_v2(&new).wait()?;
    }

    // Pages and items.
    let users = acme.user_management();
    let page = users.list_users(ListUsers::new().limit(2)).wait()?;
    assert_eq!((page.items.len(), page.metadata.total_items), (2, 3));
    let listed = iter(users.list_users(ListUsers::new().limit(2)).stream()).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(listed.len(), 3);

    // A session, from several threads.
    let session = frontegg.authentication().login("ada@acme.test", PASSWORD).wait()?.into_session()?;
    thread::scope(|scope| {
        let calls: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| session.user_sessions().list_my_sessions().wait().map(|sessions| sessions.len())))
            .collect();
        assert!(calls.into_iter().all(|call| call.join().unwrap().unwrap() == 1));
    });
    session.refresh().wait()?;

    // Verification, whose errors are its own.
    let verifier = Verifier::builder(&service.url).any_audience().build()?;
    let token = session.access_token().wait()?;
    assert_eq!(verifier.verify(token.expose()).wait()?.tenant_id(), "acme");
    assert!(verifier.verify("x").wait().unwrap_err().is_rejection());

    // Errors as ever.
    let error = users.remove_user("nobody").wait().unwrap_err();
    assert!(error.is_not_found(), "{error}");

    // Within a runtime it is refused, and nothing is sent.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let error = runtime.block_on(async { acme.roles().list_roles_v1().wait().unwrap_err() });
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::WithinRuntime, 0));
    let mut items = iter(users.list_users(ListUsers::new()).stream());
    let error = runtime.block_on(async { items.next().unwrap().unwrap_err() });
    assert_eq!(error.kind(), ErrorKind::WithinRuntime);
    assert!(items.next().is_none(), "an error ends it");
    let outcome = runtime.block_on(async { verifier.verify(token.expose()).wait() });
    assert!(!outcome.unwrap_err().is_rejection(), "it says nothing about the token");

    session.log_out().wait()?;
    Ok(())
}

fn main() {
    if let Err(error) = program(&service()) {
        eprintln!("{error}");
        exit(1);
    }
    println!("the program without a runtime has ended well");
}
