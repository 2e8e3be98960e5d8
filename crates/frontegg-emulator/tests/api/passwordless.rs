//! Tag “Passwordless”: signing in by link and code, over HTTP.

mod guessing;

use crate::support;

use std::{collections::BTreeSet, time::Duration};

use frontegg_emulator::{Emulator, Message};
use frontegg_identity::types::{
    AuthenticateUserPasswordlessDto, CreateUserDto, PasswordlessAuthenticationPreloginDto,
    PasswordlessAuthenticationSmsOtcPreloginDto, PreVerifyUserPhoneNumberRequestDto, UpdateUserInvisibleDto,
};
use serde_json::{Value, json};
use support::{
    World,
    browser::Browser,
    effort::{assert_alike, effort},
    refused,
};

const ADA: &str = "ada@acme.test";
const NUMBER: &str = "+4915112345678";

/// What is asked for, sent and answered with.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kind {
    strategy: &'static str,
    send: &'static str,
    sign_in: &'static str,
    sent: u16,
}

const CODE: Kind = Kind {
    strategy: "Code",
    send: "send_passwordless_email_code",
    sign_in: "authenticate_user_with_email_code",
    sent: 201,
};
const LINK: Kind = Kind {
    strategy: "MagicLink",
    send: "send_passwordless_magic_link",
    sign_in: "authenticate_user_with_magic_link",
    sent: 200,
};
const SMS: Kind = Kind {
    strategy: "SmsCode",
    send: "send_passwordless_sms_code",
    sign_in: "authenticate_user_with_sms_code",
    sent: 201,
};
const ALL: [Kind; 3] = [CODE, LINK, SMS];

impl Kind {
    /// A world in which people sign in like this, with Ada, who has a number.
    async fn world(self) -> (World, String) {
        let world = World::start().await;
        world.configure(json!({ "authStrategy": self.strategy })).await;
        world.tenant("acme").await;
        let ada = world.user("acme", ADA, &[]).await;
        phone(&world, &ada, NUMBER).await;
        (world, ada)
    }

    async fn ask(self, browser: &mut Browser, body: Value) {
        let reply = browser.call(self.send, &[], body).await;
        assert_eq!(reply.status, self.sent, "{}", reply.body);
    }

    /// What the message carries.
    fn secret(self, message: &Message) -> String {
        let secret = if self == LINK { message.token() } else { message.code() };
        secret.expect("a secret").to_owned()
    }

    async fn last(self, world: &World) -> String {
        let to = if self == SMS { NUMBER } else { ADA };
        self.secret(&world.emulator.outbox().last_to(to).await.expect("a message"))
    }

    fn wrong(self, secret: &str) -> &'static str {
        match self {
            LINK => "no-token",
            _ if secret == "000000" => "000001",
            _ => "000000",
        }
    }

    fn refusal(self) -> &'static str {
        if self == LINK { "The link is not valid or has expired" } else { "The code is wrong or has expired" }
    }

    async fn present(self, browser: &mut Browser, secret: &str) -> support::browser::Reply {
        browser.call(self.sign_in, &[], json!({ "token": secret })).await
    }
}

/// Gives somebody a proven number.
async fn phone(world: &World, user_id: &str, number: &str) {
    let body = PreVerifyUserPhoneNumberRequestDto::new(number);
    world.frontegg.management().users().add_user_phone_number_globally(user_id, &body).await.expect("a number");
}

async fn messages(world: &World) -> usize {
    world.emulator.outbox().messages().await.expect("messages").len()
}

#[tokio::test]
async fn each_way_signs_in_once() {
    for kind in ALL {
        let (world, ada) = kind.world().await;
        let mut browser = world.browser();
        kind.ask(&mut browser, json!({ "email": ADA })).await;
        let secret = kind.last(&world).await;
        assert_eq!(kind.present(&mut browser, kind.wrong(&secret)).await.refused(401), kind.refusal());
        let reply = kind.present(&mut browser, &secret).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        let claims = reply.claims();
        assert_eq!(
            (&claims["sub"], &claims["tenantId"], &claims["type"]),
            (&json!(ada), &json!("acme"), &json!("userToken"))
        );
        assert_eq!(claims["amr"], json!(["otp"]));
        assert_eq!((&reply.body["mfaRequired"], &reply.body["userEmail"]), (&json!(false), &json!(ADA)));
        assert!(browser.refresh_token().is_some());
        assert!((200..300).contains(&browser.refresh().await.status));
        // A replayed link or code signs nobody in.
        assert_eq!(kind.present(&mut world.browser(), &secret).await.refused(401), kind.refusal());
    }
}

#[tokio::test]
async fn messages_come_from_their_templates() {
    for (kind, template) in [(CODE, "OTC"), (LINK, "MagicLink"), (SMS, "OTC")] {
        let (world, ada) = kind.world().await;
        kind.ask(&mut world.browser(), json!({ "email": ADA })).await;
        let message = world.emulator.outbox().last().await.expect("a message");
        assert_eq!(
            (message.template(), message.is_sms(), message.user_id()),
            (template, kind == SMS, Some(ada.as_str()))
        );
        let secret = kind.secret(&message);
        assert!(message.body().contains(&secret));
        if kind == LINK {
            let link = format!("{}/account/login/magic-link?token={secret}", world.emulator.url());
            assert_eq!(message.link(), Some(link.as_str()));
            assert!(message.code().is_none() && secret.len() >= 43);
        } else {
            assert!(message.link().is_none() && message.token().is_none());
            assert!(secret.len() == 6 && secret.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }
}

#[tokio::test]
async fn people_are_found_by_each_of_their_names() {
    for kind in ALL {
        let (world, ada) = kind.world().await;
        let mut back_end = world.back_end(Some("acme")).await.with("frontegg-user-id", &ada);
        back_end.done("create_my_username", &[], json!({ "username": "Ada.Lovelace" })).await;
        let mut names =
            vec![json!({ "email": "ADA@Acme.test" }), json!({ "userId": ada }), json!({ "username": "ada.lovelace" })];
        if kind == SMS {
            names.push(json!({ "phoneNumber": NUMBER }));
        }
        for name in names {
            let mut browser = world.browser();
            kind.ask(&mut browser, name.clone()).await;
            let secret = kind.last(&world).await;
            assert_eq!(kind.present(&mut browser, &secret).await.claims()["sub"], json!(ada), "{name}");
        }
        let missing = world.browser().call(kind.send, &[], json!({})).await.refused(400);
        assert!(missing.contains("email, userId"), "{missing}");
        world.browser().call(kind.send, &[], json!({ "email": "" })).await.refused(400);
        world.browser().call(kind.sign_in, &[], json!({})).await.refused(400);
        world.browser().call(kind.sign_in, &[], json!({ "token": "" })).await.refused(400);
    }
}

#[tokio::test]
async fn only_the_chosen_way_is_open() {
    let (world, _) = CODE.world().await;
    for (strategy, open) in [
        ("EmailAndPassword", None),
        ("UsernameAndPassword", None),
        ("NoLocalAuthentication", None),
        ("Code", Some(CODE)),
        ("UsernameAndCode", Some(CODE)),
        ("MagicLink", Some(LINK)),
        ("UsernameAndMagicLink", Some(LINK)),
        ("SmsCode", Some(SMS)),
        ("UsernameAndSms", Some(SMS)),
    ] {
        world.configure(json!({ "authStrategy": strategy })).await;
        for kind in ALL {
            let send = world.browser().call(kind.send, &[], json!({ "email": ADA })).await;
            let sign_in = world.browser().call(kind.sign_in, &[], json!({ "token": "000000" })).await;
            if open == Some(kind) {
                assert_eq!((send.status, sign_in.status), (kind.sent, 401), "{strategy} {kind:?}");
            } else {
                assert!(send.refused(400).contains("is not the strategy"), "{strategy} {kind:?}");
                assert!(sign_in.refused(400).contains("is not the strategy"), "{strategy} {kind:?}");
            }
        }
        let password = world.browser().sign_in(ADA).await;
        assert_eq!(password.status == 400, open.is_some() || strategy.starts_with("No"), "{strategy}");
    }
}

#[tokio::test]
async fn a_new_message_voids_the_one_before() {
    for kind in ALL {
        let (world, _) = kind.world().await;
        let mut browser = world.browser();
        kind.ask(&mut browser, json!({ "email": ADA })).await;
        let first = kind.last(&world).await;
        kind.ask(&mut browser, json!({ "email": ADA })).await;
        let second = kind.last(&world).await;
        // Two codes may be equal by chance.
        if first != second {
            kind.present(&mut browser, &first).await.refused(401);
        }
        kind.present(&mut browser, &second).await.token();
    }
}

#[tokio::test]
async fn what_was_sent_lives_as_long_as_configured() {
    for kind in ALL {
        let (world, _) = kind.world().await;
        let mut browser = world.browser();
        let try_after = async |browser: &mut Browser, seconds| {
            kind.ask(browser, json!({ "email": ADA })).await;
            let secret = kind.last(&world).await;
            world.emulator.clock().advance(Duration::from_secs(seconds));
            kind.present(browser, &secret).await.status
        };
        world.emulator.clock().freeze();
        assert_eq!(try_after(&mut browser, 300).await, 401);
        assert_eq!(try_after(&mut browser, 299).await, 201);
        world.configure(json!({ "defaultPasswordlessTokenExpiration": 60 })).await;
        assert_eq!(try_after(&mut browser, 60).await, 401);
        assert_eq!(try_after(&mut browser, 59).await, 201);
    }
}

#[tokio::test]
async fn codes_go_to_a_proven_number() {
    let (world, ada) = SMS.world().await;
    // The first proven number, or the one that is named.
    phone(&world, &ada, "+12025550123").await;
    SMS.ask(&mut world.browser(), json!({ "email": ADA })).await;
    assert_eq!(world.emulator.outbox().last().await.expect("an SMS").recipient(), NUMBER);
    SMS.ask(&mut world.browser(), json!({ "phoneNumber": "+12025550123" })).await;
    assert_eq!(world.emulator.outbox().last().await.expect("an SMS").recipient(), "+12025550123");

    // One that is only claimed is none.
    let bob = world.user("acme", "bob@acme.test", &[]).await;
    let claim = json!({ "phoneNumber": "+12025550124", "verify": false });
    let token = world.token(&bob, "acme").await;
    world.browser().bearer(&token).done("add_my_phone_number", &[], claim).await;
    let sent = messages(&world).await;
    SMS.ask(&mut world.browser(), json!({ "email": "bob@acme.test" })).await;
    SMS.ask(&mut world.browser(), json!({ "phoneNumber": "+12025550124" })).await;
    assert_eq!(messages(&world).await, sent, "nobody has proven it");

    // A number that was taken away is good for nothing.
    SMS.ask(&mut world.browser(), json!({ "email": ADA })).await;
    let code = SMS.last(&world).await;
    let numbers = world.frontegg.tenant("acme").user(&ada).sms().list_my_phone_numbers().await.expect("numbers");
    let users = world.frontegg.management().users();
    users.delete_user_phone_number_globally(&ada, &numbers[0].id).await.expect("a deletion");
    SMS.present(&mut world.browser(), &code).await.refused(401);
}

#[tokio::test]
async fn a_mail_proves_the_address_it_was_sent_to() {
    for kind in [CODE, LINK] {
        let (world, ada) = kind.world().await;
        let acme = world.frontegg.tenant("acme");
        let new = CreateUserDto::new().email("bob@acme.test").skip_invite_email(false);
        let bob = acme.user_management().create_user_v2(&new).await.expect("a user");
        assert_eq!(bob.verified, Some(false));
        let mut browser = world.browser();
        kind.ask(&mut browser, json!({ "email": "bob@acme.test" })).await;
        let secret = kind.secret(&world.emulator.outbox().last_to("bob@acme.test").await.expect("a mail"));
        let reply = kind.present(&mut browser, &secret).await;
        assert_eq!((&reply.claims()["sub"], &reply.body["emailVerified"]), (&json!(bob.id), &json!(true)));

        // Of a later address it proves nothing.
        kind.ask(&mut world.browser(), json!({ "email": ADA })).await;
        let secret = kind.last(&world).await;
        let change = json!({ "email": "ada@globex.test" });
        world.back_end(None).await.done("set_user_email", &[&ada], change).await;
        kind.present(&mut world.browser(), &secret).await.refused(401);
    }
}

#[tokio::test]
async fn an_sms_proves_no_address() {
    let (world, _) = SMS.world().await;
    let new = CreateUserDto::new().email("bob@acme.test").skip_invite_email(false);
    let bob = world.frontegg.tenant("acme").user_management().create_user_v2(&new).await.expect("a user");
    phone(&world, &bob.id, "+12025550123").await;
    let try_it = async || {
        SMS.ask(&mut world.browser(), json!({ "email": "bob@acme.test" })).await;
        let code = world.emulator.outbox().last_to("+12025550123").code().await.expect("a code");
        SMS.present(&mut world.browser(), &code).await
    };
    assert_eq!(try_it().await.refused(403), "User is not verified");
    world.back_end(None).await.done("verify_user", &[&bob.id], json!(null)).await;
    try_it().await.token();
}

#[tokio::test]
async fn who_is_barred_stays_outside() {
    for kind in ALL {
        let (world, ada) = kind.world().await;
        let mut browser = world.browser();
        kind.ask(&mut browser, json!({ "email": ADA })).await;
        let secret = kind.last(&world).await;
        let mut back_end = world.back_end(None).await;
        back_end.done("lock_user", &[&ada], json!(null)).await;
        assert_eq!(kind.present(&mut browser, &secret).await.refused(401), "User is locked");
        back_end.done("unlock_user", &[&ada], json!(null)).await;
        kind.ask(&mut browser, json!({ "email": ADA })).await;
        let secret = kind.last(&world).await;
        world.back_end(Some("acme")).await.done("disable_user_in_tenant", &[&ada], json!(null)).await;
        kind.present(&mut browser, &secret).await.refused(403);
        assert!(browser.refresh_token().is_none());

        // Gone is gone.
        kind.ask(&mut browser, json!({ "email": ADA })).await;
        let secret = kind.last(&world).await;
        world.back_end(None).await.done("remove_user", &[&ada], json!(null)).await;
        assert_eq!(kind.present(&mut browser, &secret).await.refused(401), kind.refusal());
    }
}

#[tokio::test]
async fn the_same_browser_has_to_come_back_where_that_is_wanted() {
    for kind in ALL {
        let (world, _) = kind.world().await;
        world.configure(json!({ "forceSameDeviceOnAuth": true })).await;
        let (mut own, mut other) = (world.browser(), world.browser());
        let ask = json!({ "email": ADA });
        kind.ask(&mut own, ask.clone()).await;
        let secret = kind.last(&world).await;
        assert_eq!(own.cookies.len(), 1);
        let cookie = own.cookies.values().next().expect("a cookie").clone();
        assert!(cookie != secret && cookie.len() >= 43);
        for _ in 0..6 {
            assert_eq!(kind.present(&mut other, &secret).await.refused(401), kind.refusal());
        }
        // Another browser that has asked for somebody else is another one still.
        kind.ask(&mut other, json!({ "email": "eve@acme.test" })).await;
        assert_eq!(other.cookies.len(), 1, "a stranger's browser gets a cookie too");
        assert_eq!(kind.present(&mut other, &secret).await.refused(401), kind.refusal());
        kind.present(&mut own, &secret).await.token();

        // It keeps its name when it asks again.
        kind.ask(&mut own, ask).await;
        assert!(own.cookies.values().any(|value| *value == cookie));
        let secret = kind.last(&world).await;
        kind.present(&mut own, &secret).await.token();
    }
}

#[tokio::test]
async fn a_captcha_is_wanted_where_there_is_a_policy() {
    for kind in ALL {
        let (world, _) = kind.world().await;
        let policy = json!({
            "enabled": true, "siteKey": "site", "secretKey": "secret", "minScore": 0.5, "ignoredEmails": ["ada@ACME.test"],
        });
        world.back_end(None).await.done("create_captcha_policy", &[], policy).await;
        let ask = async |body: Value| world.browser().call(kind.send, &[], body).await;
        assert!(ask(json!({ "userId": "x" })).await.refused(400).contains("recaptchaToken"));
        assert!(ask(json!({ "email": "eve@acme.test" })).await.refused(400).contains("recaptchaToken"));
        assert_eq!(ask(json!({ "email": "eve@acme.test", "recaptchaToken": "x" })).await.status, kind.sent);
        assert_eq!(ask(json!({ "email": ADA })).await.status, kind.sent);
    }
}

/// Security case 48: links lead to the configured address, whatever a request says of its host.
#[tokio::test]
async fn case_48_links_lead_to_the_configured_address() {
    let world = World::of(Emulator::builder().base_url("https://login.acme.test")).await;
    world.configure(json!({ "authStrategy": "MagicLink" })).await;
    world.tenant("acme").await;
    world.user("acme", ADA, &[]).await;
    let mut browser = world.browser().with("x-forwarded-host", "evil.test").with("frontegg-vendor-host", "evil.test");
    browser = browser.with("host", "evil.test").with("origin", "https://evil.test");
    LINK.ask(&mut browser, json!({ "email": ADA })).await;
    let message = world.emulator.outbox().last().await.expect("a mail");
    assert!(message.link().expect("a link").starts_with("https://login.acme.test/account/login/magic-link?token="));
    assert!(!message.body().contains("evil.test"));
}

#[tokio::test]
async fn the_sdk_signs_people_in() {
    let (world, ada) = SMS.world().await;
    let passwordless = world.frontegg.authentication().passwordless();
    let ask = PasswordlessAuthenticationSmsOtcPreloginDto::new().phone_number(NUMBER);
    let sent = passwordless.send_passwordless_sms_code(&ask).await.expect("an SMS");
    assert_eq!(sent.phone_number.as_deref(), Some("********78"));
    assert!(sent.reset_phone_number_token.is_none());
    let code = AuthenticateUserPasswordlessDto::new(SMS.last(&world).await);
    let answer = passwordless.authenticate_user_with_sms_code(&code).await.expect("a session");
    assert_eq!(answer.user_id.as_deref(), Some(ada.as_str()));
    refused(passwordless.authenticate_user_with_sms_code(&code).await, 401);

    world.configure(json!({ "authStrategy": "Code" })).await;
    let ask = PasswordlessAuthenticationPreloginDto::new().email(ADA);
    passwordless.send_passwordless_email_code(&ask).await.expect("a mail");
    let code = AuthenticateUserPasswordlessDto::new(CODE.last(&world).await);
    let answer = passwordless.authenticate_user_with_email_code(&code).await.expect("a session");
    assert!(answer.access_token.is_some_and(|token| !token.is_empty()));

    world.configure(json!({ "authStrategy": "MagicLink" })).await;
    passwordless.send_passwordless_magic_link(&ask).await.expect("a mail");
    let token = AuthenticateUserPasswordlessDto::new(LINK.last(&world).await);
    let answer = passwordless.authenticate_user_with_magic_link(&token).await.expect("a session");
    assert_eq!(answer.expires_in, Some(86_400));
    // People who hide sign in all the same.
    let hidden = UpdateUserInvisibleDto::new(true);
    world.frontegg.management().users().set_user_invisible(&ada, &hidden).await.expect("a change");
    passwordless.send_passwordless_magic_link(&ask).await.expect("a mail");
    let token = AuthenticateUserPasswordlessDto::new(LINK.last(&world).await);
    passwordless.authenticate_user_with_magic_link(&token).await.expect("a session");
}
