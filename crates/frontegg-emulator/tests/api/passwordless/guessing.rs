//! Codes cannot be guessed, and strangers learn nothing.

use super::*;

/// Security case 17: five wrong guesses void a code, whoever makes them.
#[tokio::test]
async fn case_17_codes_cannot_be_guessed() {
    for kind in [CODE, SMS] {
        let (world, _) = kind.world().await;
        kind.ask(&mut world.browser(), json!({ "email": ADA })).await;
        let code = kind.last(&world).await;
        for _ in 0..5 {
            let reply = kind.present(&mut world.browser(), kind.wrong(&code)).await;
            assert_eq!(reply.refused(401), kind.refusal());
        }
        assert_eq!(kind.present(&mut world.browser(), &code).await.refused(401), kind.refusal());
        kind.ask(&mut world.browser(), json!({ "email": ADA })).await;
        let code = kind.last(&world).await;
        for _ in 0..4 {
            kind.present(&mut world.browser(), kind.wrong(&code)).await.refused(401);
        }
        kind.present(&mut world.browser(), &code).await.token();
    }
}

#[tokio::test]
async fn of_many_at_once_one_succeeds() {
    for kind in ALL {
        let (world, _) = kind.world().await;
        kind.ask(&mut world.browser(), json!({ "email": ADA })).await;
        let secret = kind.last(&world).await;
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (mut browser, secret) = (world.browser(), secret.clone());
                tokio::spawn(async move { kind.present(&mut browser, &secret).await.status })
            })
            .collect();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.expect("a task"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses[0], 201, "{kind:?}");
        assert!(statuses[1..].iter().all(|status| *status == 401), "{kind:?}: {statuses:?}");
    }
}

/// Cookies but for their values.
fn without_secrets(lines: &[String]) -> Vec<(&str, &str)> {
    let parts = |line| -> Option<_> {
        let (name, rest): (&str, &str) = str::split_once(line, '=')?;
        Some((name, rest.split_once(';')?.1))
    };
    lines.iter().map(|line| parts(line).expect("a cookie")).collect()
}

/// Faults of the kind "anybody voids everybody's codes": five wrong codes of a stranger harm nobody, nor do
/// seven hundred win anything.
#[tokio::test]
async fn a_stranger_guesses_in_vain_and_harms_nobody() {
    let (world, _) = CODE.world().await;
    let mut people = Vec::new();
    for name in ["bob", "carol", "dave"] {
        let email = format!("{name}@acme.test");
        world.user("acme", &email, &[]).await;
        let mut browser = world.browser();
        CODE.ask(&mut browser, json!({ "email": email })).await;
        let code = CODE.secret(&world.emulator.outbox().last_to(&email).await.expect("a mail"));
        people.push((browser, code));
    }
    let codes: Vec<_> = people.iter().map(|(_, code)| code.clone()).collect();
    let guesses = (0..).map(|number| format!("{number:06}")).filter(|code| !codes.contains(code));
    for guess in guesses.take(700) {
        CODE.present(&mut world.browser(), &guess).await.refused(401);
    }
    CODE.present(&mut world.browser(), &codes[0]).await.refused(401);
    for (mut browser, code) in people {
        CODE.present(&mut browser, &code).await.token();
    }
}

/// Security case 9: nobody learns who exists.
#[tokio::test]
async fn case_9_strangers_get_the_same_answer_and_no_message() {
    for kind in [CODE, LINK] {
        let (world, _) = kind.world().await;
        let known = world.browser().call(kind.send, &[], json!({ "email": ADA })).await;
        assert_eq!(messages(&world).await, 1);
        for name in [json!({ "email": "eve@acme.test" }), json!({ "userId": "eve" }), json!({ "username": "eve" })] {
            let unknown = world.browser().call(kind.send, &[], name).await;
            assert_eq!((unknown.status, &unknown.body), (known.status, &known.body));
            assert_eq!(without_secrets(&unknown.cookies), without_secrets(&known.cookies));
            assert_eq!(unknown.headers, known.headers);
        }
        assert_eq!(messages(&world).await, 1);
        // Who can sign in but has no address is not told either.
        let new = CreateUserDto::new().username("grace").password("Correct-horse-1815").skip_invite_email(true);
        world.frontegg.tenant("acme").user_management().create_user_v2(&new).await.expect("a user");
        kind.ask(&mut world.browser(), json!({ "username": "grace" })).await;
        assert_eq!(messages(&world).await, 1);
    }

    let (world, _) = SMS.world().await;
    let ask = async |name: Value| {
        let reply = world.browser().call(SMS.send, &[], name).await;
        assert_eq!(reply.status, 201);
        assert_eq!(reply.body.as_object().expect("an object").len(), 1, "{}", reply.body);
        reply.body["phoneNumber"].as_str().expect("a number").to_owned()
    };
    assert_eq!(ask(json!({ "email": ADA })).await, "********78");
    assert_eq!(ask(json!({ "phoneNumber": NUMBER })).await, "********78");
    assert_eq!(messages(&world).await, 2);
    assert_eq!(ask(json!({ "phoneNumber": "+12025550199" })).await, "********99");
    let mut shown = BTreeSet::new();
    for name in ["eve", "mallory", "trudy", "oscar", "peggy", "victor"] {
        let email = json!({ "email": format!("{name}@acme.test") });
        let number = ask(email.clone()).await;
        assert!(number.len() == 10 && number.starts_with("********"), "{number}");
        assert_eq!(ask(email).await, number, "always the same, as a real one would be");
        shown.insert(number);
    }
    assert!(shown.len() > 1, "not the same for all");
    assert_eq!(messages(&world).await, 2);
}

/// Security case 9, the time: the same work for both; the benchmark `alike` takes it.
#[tokio::test]
async fn case_9_strangers_are_as_much_work() {
    for kind in ALL {
        let (world, _) = kind.world().await;
        let ask = async |email: &str| {
            effort(&world, async |_| kind.ask(&mut world.browser(), json!({ "email": email })).await).await
        };
        assert_alike(ask(ADA).await, ask("eve@acme.test").await);
    }
}
