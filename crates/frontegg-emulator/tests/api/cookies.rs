//! Cookies: for whom they are set, and that others of a browser's do them no harm.

use frontegg_emulator::Emulator;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{World, browser::Browser};

const ADA: &str = "ada@acme.test";
const REFRESH: &str = "/identity/resources/auth/v1/user/token/refresh";

async fn world(base_url: Option<&str>) -> World {
    let builder = Emulator::builder();
    let world = World::of(match base_url {
        Some(url) => builder.base_url(url),
        None => builder,
    });
    let world = world.await;
    world.tenant("acme").await;
    world.member("acme", ADA).await;
    world
}

/// Sends the refresh with cookies as they are given, byte by byte; gives the status.
async fn refresh(world: &World, lines: &[&[u8]]) -> u16 {
    let mut request = format!("POST {REFRESH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n").into_bytes();
    request.extend_from_slice(b"content-type: application/json\r\ncontent-length: 2\r\n");
    for line in lines {
        request.extend_from_slice(b"cookie: ");
        request.extend_from_slice(line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n{}");
    let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
    stream.write_all(&request).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer}"))
}

/// The cookie of a fresh session.
async fn cookie(world: &World) -> (String, String) {
    let mut browser = world.browser();
    browser.sign_in(ADA).await.token();
    let found = browser.cookies.iter().find(|(name, _)| name.starts_with("fe_refresh_"));
    found.map(|(name, value)| (name.clone(), value.clone())).expect("a cookie")
}

#[tokio::test]
async fn they_are_for_tls_where_clients_use_it() {
    for (base_url, same_site, attributes) in [
        (None, "NONE", "SameSite=Lax"),
        (None, "LAX", "SameSite=Lax"),
        (None, "STRICT", "SameSite=Strict"),
        (Some("http://login.acme.test"), "NONE", "SameSite=Lax"),
        (Some("https://login.acme.test"), "NONE", "Secure; SameSite=None"),
        (Some("https://login.acme.test"), "LAX", "Secure; SameSite=Lax"),
        (Some("https://login.acme.test"), "STRICT", "Secure; SameSite=Strict"),
    ] {
        let world = world(base_url).await;
        let is_so = |lines: &[String]| {
            assert!(!lines.is_empty());
            for line in lines {
                let (_, given) = line.split_once("HttpOnly; ").expect("attributes");
                let (age, given) = given.split_once("; ").expect("an age");
                assert!(age.starts_with("Max-Age=") && given == attributes, "{base_url:?} {same_site}: {line}");
            }
        };
        let change = json!({ "cookieSameSite": same_site, "authStrategy": "MagicLink", "forceSameDeviceOnAuth": true });
        world.configure(change).await;
        let mut browser = world.browser();
        is_so(&browser.call("send_passwordless_magic_link", &[], json!({ "email": ADA })).await.cookies);
        let token = world.emulator.outbox().last_to(ADA).await.expect("a mail").token().expect("a token").to_owned();
        let signed_in = browser.call("authenticate_user_with_magic_link", &[], json!({ "token": token })).await;
        is_so(&signed_in.cookies);
        is_so(&browser.refresh().await.cookies);
        is_so(&browser.sign_out().await.cookies);
    }
}

#[tokio::test]
async fn what_others_have_set_does_no_harm() {
    let world = world(None).await;
    let (name, _) = cookie(&world).await;
    let good = |value: &str| format!("{name}={value}").into_bytes();
    let odd: [&[u8]; 6] = [
        "_utm=Kampagne-für-März".as_bytes(),
        b"_latin=\xfc\xdf",
        b"json={\"a\": \"b\"}; =; ;;",
        b"nothing",
        b"quoted=\"x; y",
        b"\xff\xfe",
    ];
    for odd in odd {
        let fresh = good(&cookie(&world).await.1);
        let line = [odd, b"; ", &fresh, b"; ", odd].concat();
        assert_eq!(refresh(&world, &[&line]).await, 201, "{}", String::from_utf8_lossy(odd));
        let fresh = good(&cookie(&world).await.1);
        assert_eq!(refresh(&world, &[odd, &fresh]).await, 201, "{}", String::from_utf8_lossy(odd));
    }
    // Of the same name, in front of the good one, behind it, or in a line of its own.
    for stale in ["stale", "", "\u{fc}", "a=b"] {
        let stale = good(stale);
        let fresh = good(&cookie(&world).await.1);
        assert_eq!(refresh(&world, &[&[&stale[..], b"; ", &fresh].concat()]).await, 201);
        let fresh = good(&cookie(&world).await.1);
        assert_eq!(refresh(&world, &[&[&fresh[..], b"; ", &stale].concat()]).await, 201);
        let fresh = good(&cookie(&world).await.1);
        assert_eq!(refresh(&world, &[&stale, &fresh]).await, 201);
    }
}

/// A spent token counts where there is no valid one beside it: then it is in wrong hands.
#[tokio::test]
async fn a_spent_token_beside_a_valid_one_is_old() {
    let world = world(None).await;
    let mut browser = world.browser();
    browser.sign_in(ADA).await.token();
    let spent = browser.refresh_token().expect("a token").to_owned();
    browser.refresh().await.token();
    let (name, valid) = browser.cookies.first_key_value().expect("a cookie");
    let line = format!("{name}={spent}; {name}={valid}");
    assert_eq!(refresh(&world, &[line.as_bytes()]).await, 201);
    let alone = format!("{name}={spent}");
    assert_eq!(refresh(&world, &[alone.as_bytes()]).await, 401);
}

/// The other cookies are looked for in the same way: that of a browser on which somebody asked to be
/// remembered, and that of the one in which a code was asked for.
#[tokio::test]
async fn every_browser_is_known_again() {
    let world = world(None).await;
    world.configure(json!({ "authStrategy": "Code", "forceSameDeviceOnAuth": true })).await;
    let mut browser = world.browser();
    browser.done("send_passwordless_email_code", &[], json!({ "email": ADA })).await;
    let (name, value) = browser.cookies.pop_first().expect("a cookie");
    let code = world.emulator.outbox().last_to(ADA).await.expect("a mail").code().expect("a code").to_owned();
    let mut other = beside(&browser, &name, &format!("stale; {name}={value}"));
    other.done("authenticate_user_with_email_code", &[], json!({ "token": code })).await;
}

/// The browser with a further cookie, its value as it is.
fn beside(browser: &Browser, name: &str, value: &str) -> Browser {
    let mut other = browser.clone();
    other.cookies.insert(name.to_owned(), value.to_owned());
    other
}

/// What is said of the session when nobody knows it stays the same.
#[tokio::test]
async fn without_a_good_one_nobody_is_signed_in() {
    let world = world(None).await;
    let (name, _) = cookie(&world).await;
    let stale = format!("{name}=stale; {name}=staler");
    assert_eq!(refresh(&world, &[stale.as_bytes()]).await, 401);
    assert_eq!(refresh(&world, &[]).await, 401);
    let many = format!("{name}=x").repeat(200);
    assert_eq!(refresh(&world, &[many.as_bytes()]).await, 401);
    let mut browser = world.browser();
    let reply = browser.call("refresh_user_token", &[], Value::Null).await;
    assert_ne!(reply.status, 201);
}
