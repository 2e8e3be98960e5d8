//! Recovery codes.

use frontegg_emulator::StoreTarget;
use serde_json::{Value, json};

use super::{ADA, App, enroll, is_enrolled, policy, populate, self_service, switch, templates};
use crate::support::World;

/// Everything that is stored: the files, where there are any, else what can be read.
async fn stored(world: &World) -> Vec<Vec<u8>> {
    let StoreTarget::SqliteFile(path) = world.store() else {
        return vec![world.emulator.export_with_secrets().await.expect("a document").to_string().into_bytes()];
    };
    let files = std::fs::read_dir(path.parent().expect("a folder")).expect("the files");
    files.map(|file| std::fs::read(file.expect("a file").path()).expect("its bytes")).collect()
}

/// Security case 24, in memory and in a file.
#[tokio::test]
async fn case_24_a_recovery_code_is_good_once_and_kept_as_a_digest() {
    for world in World::each().await {
        let ada = populate(&world).await;
        switch(&world, "SMS", true).await;
        let (_, code) = enroll(&world, &ada).await;
        super::enroll_phone(&world, &ada, "+14155550100").await;
        let mut session = self_service(&world, &ada).await;
        let mut browser = world.browser();
        let recover = "recover_mfa";
        for missing in [json!({ "email": ADA }), json!({ "recoveryCode": code })] {
            assert_eq!(browser.call(recover, &[], missing).await.status, 400);
        }
        // Nobody learns who exists, nor who has a second factor.
        world.member("acme", "bob@acme.test").await;
        let wrong = |email: &str| json!({ "email": email, "recoveryCode": "ABCDEF-ABCDEF-ABCDEF-ABCDEF" });
        let unknown = browser.call(recover, &[], wrong("nobody@acme.test")).await;
        assert_eq!(unknown.refused(401), "Email or recovery code is wrong");
        for email in [ADA, "bob@acme.test"] {
            let reply = browser.call(recover, &[], wrong(email)).await;
            assert_eq!((reply.status, &reply.body), (unknown.status, &unknown.body), "{email}");
        }
        assert!(is_enrolled(&world, &ada).await);
        let stolen = json!({ "email": "bob@acme.test", "recoveryCode": code });
        assert_eq!(browser.call(recover, &[], stolen).await.status, 401);

        // However it is written.
        let right = json!({ "email": ADA, "recoveryCode": code.to_lowercase().replace('-', " ") });
        let reply = browser.call(recover, &[], right).await;
        assert_eq!((reply.status, &reply.body), (200, &Value::Null));
        assert!(reply.cookies.is_empty() && !is_enrolled(&world, &ada).await);
        assert_eq!(templates(&world, ADA).await.last().expect("a mail"), "MFARecoveryCode");
        session.done("get_my_profile_v2", &[], Value::Null).await;
        world.browser().sign_in(ADA).await.token();
        let again = browser.call(recover, &[], json!({ "email": ADA, "recoveryCode": code })).await;
        assert_eq!(
            (again.refused(400), &again.body["errorCode"]),
            ("MFA is not enrolled".to_owned(), &json!("ER-01097"))
        );

        // A new first factor brings a new code, and the old one stays dead.
        let (_, new) = enroll(&world, &ada).await;
        assert_ne!(code, new);
        let old = json!({ "email": ADA, "recoveryCode": code });
        assert_eq!(browser.call(recover, &[], old).await.status, 401);
        browser.done(recover, &[], json!({ "email": ADA, "recoveryCode": new })).await;
        for bytes in stored(&world).await {
            for code in [&code, &new] {
                assert!(!bytes.windows(code.len()).any(|part| part == code.as_bytes()), "the code is in the store");
            }
        }
    }
}

#[tokio::test]
async fn a_forced_person_sets_up_a_factor_anew_after_recovery() {
    let (world, ada) = super::world().await;
    let (_, code) = enroll(&world, &ada).await;
    policy(&world, None, json!({})).await;
    let mut browser = world.browser();
    browser.done("recover_mfa", &[], json!({ "email": ADA, "recoveryCode": code })).await;
    let reply = browser.sign_in(ADA).await;
    assert_eq!(reply.body["mfaEnrolled"], false);
    let mfa_token = reply.body["mfaToken"].clone();
    let offer = browser.done("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": mfa_token })).await;
    let code = App::of(&offer["secret"]).code(&world);
    let body = json!({ "mfaToken": mfa_token, "token": code });
    let reply = browser.call("verify_login_mfa_authenticator_enrollment", &[], body).await;
    reply.token();
    assert!(reply.body["recoveryCode"].is_string());
}
