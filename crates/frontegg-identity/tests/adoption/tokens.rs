//! Sessions of tokens that came by another way than a sign-in of this program.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use frontegg_identity::{ErrorKind, Frontegg, SavedSession, Session, types::VendorConfigRequest};
use serde_json::Value;

use crate::world::{ADA, PASSWORD, World, is_adas};

/// The cookies that a login page's sign-in leaves in a browser, as it sends them, and the refresh token.
async fn browser(world: &World) -> (String, String) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(format!("{}/identity/resources/auth/v1/user", world.emulator.url()));
    let answer = request.json(&serde_json::json!({ "email": ADA, "password": PASSWORD })).send().await.unwrap();
    let set = answer.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let pairs: Vec<_> = set.map(|line| line.split(';').next().unwrap().to_owned()).collect();
    let token = answer.json::<Value>().await.unwrap()["refreshToken"].as_str().unwrap().to_owned();
    (format!("theme=dark; {}; fe_refresh_another=x", pairs.join("; ")), token)
}

#[tokio::test]
async fn a_browsers_cookies_are_a_session() {
    let world = World::start().await;
    let (header, _) = browser(&world).await;
    assert!(header.contains("; fe_refresh_"), "{header}");
    let session = Session::from_cookies(&world.frontegg, &header).unwrap();
    is_adas(&session).await;
    // The token of the browser is spent.
    let again = Session::from_cookies(&world.frontegg, &header).unwrap();
    assert!(again.refresh().await.unwrap_err().is_unauthenticated());

    // Whose name bears the application's id, and a client that knows no other.
    let (_, token) = browser(&world).await;
    let builder = Frontegg::builder().base_url(world.emulator.url()).application_id(world.emulator.application_id());
    let header = format!("fe_refresh_{}={token}", world.emulator.application_id());
    is_adas(&Session::from_cookies(&builder.build().unwrap(), &header).unwrap()).await;
}

#[tokio::test]
async fn a_browser_that_is_not_signed_in_is_told_apart_from_a_mistake() {
    let world = World::start().await;
    let refused = |frontegg: &Frontegg, header: &str| Session::from_cookies(frontegg, header).unwrap_err();
    for header in ["", "theme=dark", "fe_refresh_another=hunter2"] {
        let error = refused(&world.frontegg, header);
        assert!(error.is_unauthenticated(), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    let stranger = Frontegg::builder().base_url(world.emulator.url()).build().unwrap();
    let error = refused(&stranger, "fe_refresh_a=hunter2; fe_refresh_b=hunter2");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_refresh_token_is_a_session() {
    let world = World::start().await;
    let (_, token) = browser(&world).await;
    let session = Session::from_refresh_token(&world.frontegg, token.as_str()).unwrap();
    is_adas(&session).await;
    let spent = Session::from_refresh_token(&world.frontegg, token.as_str()).unwrap();
    assert!(spent.refresh().await.unwrap_err().is_unauthenticated());
    for unfit in ["", "a b", "a;b"] {
        let error = Session::from_refresh_token(&world.frontegg, unfit).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{unfit}");
    }
    // Nobody could tell under which name it is to be sent.
    let stranger = Frontegg::builder().base_url(world.emulator.url()).build().unwrap();
    let error = Session::from_refresh_token(&stranger, token).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("client id"), "{error}");
}

#[tokio::test]
async fn tokens_of_elsewhere_are_a_session() {
    let world = World::start().await;
    world.configure(VendorConfigRequest::new().default_token_expiration(3_600)).await;
    let access_token = world.session().await.access_token().await.unwrap();
    let (_, refresh_token) = browser(&world).await;
    let soon = Utc::now() + TimeDelta::hours(1);
    let alone = world.frontegg.restore(SavedSession::new(access_token.clone(), soon));
    alone.user_management().get_my_profile_v2().await.unwrap();
    assert!(alone.refresh().await.unwrap_err().is_unauthenticated(), "it has no refresh token");

    let both = SavedSession::new(access_token.clone(), soon).refresh_token(refresh_token.as_str()).unwrap();
    assert_eq!(both.expires_at(), soon);
    assert!(!format!("{both:?}").contains(access_token.expose()) && !format!("{both:?}").contains(&refresh_token));
    assert_eq!(SavedSession::new("a", soon).refresh_token("a b").unwrap_err().kind(), ErrorKind::InvalidRequest);
    // The name of the cookie is that of whoever restores it.
    let stored = serde_json::to_string(&both).unwrap();
    let session = world.replica().restore(stored.parse().unwrap());
    world.emulator.clock().advance(Duration::from_secs(2 * 60 * 60));
    is_adas(&session).await;
    let stranger = Frontegg::builder().base_url(world.emulator.url()).build().unwrap().restore(both);
    assert_eq!(stranger.refresh().await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}
