//! What must hold for every operation, taken from the table of operations and not from a list of
//! our own: who may call it, and that nobody reaches what is another tenant's.

use crate::support;

use std::collections::{BTreeMap, BTreeSet};

use frontegg_contract::{ALSO_ANONYMOUS, SESSIONS_ONLY};
use frontegg_identity::model::{Method, Need, OPERATIONS, Operation, Token, operation};
use serde_json::{Value, json};
use support::{
    World,
    browser::{Browser, Reply},
};

/// The sample body of an operation; null where it takes none.
fn body(operation: &Operation) -> Value {
    let request = frontegg_samples::request(operation.id).expect("a sample");
    request.body.map_or(Value::Null, |body| serde_json::from_str(body).expect("JSON"))
}

/// The names of the places in an operation's path.
fn places(operation: &'static Operation) -> Vec<&'static str> {
    let segments = operation.path.split('/');
    segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect()
}

async fn call(browser: &mut Browser, operation: &'static Operation, values: &[&str]) -> Reply {
    browser.call(operation.id, values, body(operation)).await
}

/// What an answer tells, and nothing that differs between any two.
fn told(reply: &Reply) -> (u16, &Value) {
    (reply.status, &reply.body)
}

/// Security case 36: over the emulator's own tokens, as the contract's test is over made-up ones.
#[tokio::test]
async fn case_36_every_operation_takes_its_own_kind_of_token_only() {
    let world = World::start().await;
    world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    let token = world.token(&ada, "acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let machine = acme.done("create_tenant_api_token_v1", &[], json!({})).await;
    let credentials = json!({ "clientId": machine["clientId"], "secret": machine["secret"] });
    let machine = world.browser().done("authenticate_api_token", &[], credentials).await;
    let machine = machine["access_token"].as_str().or(machine["accessToken"].as_str()).expect("a token").to_owned();

    // They keep no cookies: none of these operations sets one.
    let [mut nobody, mut forged] = [world.browser(), world.browser().bearer("forged")];
    let users = [&token, &machine].map(|token| world.browser().bearer(token));
    let mut back_end = world.back_end(None).await;
    let mut scoped = back_end.clone().with("frontegg-tenant-id", "acme").with("frontegg-user-id", ada);

    for operation in OPERATIONS.iter().filter(|operation| operation.token != Token::None) {
        let values = vec!["nothing"; places(operation).len()];
        let nobody = call(&mut nobody, operation, &values).await.status;
        let forged = call(&mut forged, operation, &values).await.status;
        assert_eq!(nobody != 401, ALSO_ANONYMOUS.contains(&operation.id), "{}", operation.id);
        assert_eq!(forged, 401, "{}", operation.id);
        match operation.token {
            Token::None => {}
            Token::User => assert_eq!(call(&mut scoped, operation, &values).await.status, 401, "{}", operation.id),
            Token::Environment => {
                for mut user in users.clone() {
                    let reply = call(&mut user, operation, &values).await;
                    assert_eq!(reply.status, 403, "{}: {}", operation.id, reply.body);
                }
            }
            Token::EnvironmentOrUser => {
                let reply = call(&mut back_end, operation, &values).await;
                if operation.tenant == Need::Required {
                    assert_eq!(reply.refused(403), "Tenant ID is not specified", "{}", operation.id);
                } else if operation.user == Need::Required {
                    assert_eq!(reply.refused(403), "User ID is not specified", "{}", operation.id);
                }
            }
        }
    }
}

/// What an operation asks for it asks of everybody but the environment, before it looks at anything else.
#[tokio::test]
async fn every_operation_asks_for_its_permission() {
    let world = World::start().await;
    world.tenant("acme").await;
    let mut acme = world.back_end(Some("acme")).await;
    let bare = json!({ "email": "bare@acme.test", "roleIds": [], "skipInviteEmail": true });
    let bare = acme.done("create_user_v2", &[], bare).await;
    let token = world.token(bare["id"].as_str().expect("an id"), "acme").await;
    let machine = acme.done("create_tenant_api_token_v1", &[], json!({})).await;
    let credentials = json!({ "clientId": machine["clientId"], "secret": machine["secret"] });
    let machine = world.browser().done("authenticate_api_token_v1", &[], credentials).await;
    let machine = machine["accessToken"].as_str().expect("a token");
    let mut asking = 0;
    for operation in OPERATIONS.iter().filter(|operation| !operation.permission.keys().is_empty()) {
        let values = vec!["00000000-0000-4000-8000-000000000000"; places(operation).len()];
        for mut caller in [world.browser().bearer(&token), world.browser().bearer(machine)] {
            let reply = call(&mut caller, operation, &values).await;
            if SESSIONS_ONLY.contains(&operation.id) && reply.status == 401 {
                continue;
            }
            let missing = format!("The permission {} is required", operation.permission.keys().join(" or "));
            assert_eq!(reply.refused(403), missing, "{}", operation.id);
            asking += 1;
        }
    }
    assert!(asking >= 150, "{asking}");
}

/// Two tenants; what is in the second is made to be looked for from the first.
struct Neighbours {
    world: World,
    /// The token of an administrator of the first.
    ada: String,
    bob: String,
    bobs_token: String,
    /// What the second tenant owns, by the place in paths that takes its id.
    belongings: BTreeMap<(&'static str, &'static str), String>,
}

impl Neighbours {
    async fn start() -> Self {
        let world = World::start().await;
        let admin = world.role("Admin").await;
        for tenant in ["acme", "globex"] {
            world.tenant(tenant).await;
        }
        let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
        let bob = world.user("globex", "bob@globex.test", &[&admin]).await;
        world.user("globex", "eve@globex.test", &[]).await;
        let (ada, bobs_token) = (world.token(&ada, "acme").await, world.token(&bob, "globex").await);
        let mut own = world.browser().bearer(&bobs_token);
        let mut globex = world.back_end(Some("globex")).await;
        let role = globex.done("create_roles_v1", &[], json!([{ "key": "own", "name": "Own", "level": 5 }])).await;
        let group = globex.done("create_group", &[], json!({ "name": "Own" })).await;
        let api_token = globex.done("create_tenant_api_token_v1", &[], json!({})).await;
        let access_token = globex.done("create_tenant_access_token", &[], json!({ "description": "own" })).await;
        let own_api_token = own.done("create_user_api_token", &[], json!({ "description": "own" })).await;
        let own_access_token = own.done("create_user_access_token", &[], json!({ "description": "own" })).await;
        own.done("create_my_username", &[], json!({ "username": "bobby" })).await;
        let mut of_bob = world.back_end(None).await;
        let email = json!({ "email": "bob2@globex.test", "isVerified": true });
        of_bob.done("add_user_email", &[&bob], email).await;
        let number = json!({ "phoneNumber": "+4915112345678", "isVerified": true });
        of_bob.done("add_user_phone_number_globally", &[&bob], number).await;
        let connection = globex.done("create_sso_configuration", &[], json!({})).await;
        let connection = connection["id"].as_str().expect("an id").to_owned();
        let domain = globex.done("create_sso_domain", &[&connection], json!({ "domain": "globex.test" })).await;
        let mapping = globex.done("create_sso_group", &[&connection], json!({ "group": "staff" })).await;
        let sessions = own.done("list_my_sessions", &[], Value::Null).await;
        let numbers = own.done("list_my_phone_numbers", &[], Value::Null).await;
        let emails = own.done("list_my_emails", &[], Value::Null).await;
        let id = |value: &Value| value["id"].as_str().or(value["clientId"].as_str()).expect("an id").to_owned();
        let email = emails.as_array().and_then(|all| all.iter().find(|email| email["isPrimary"] == json!(false)));
        let belongings = [
            (("", "userId"), bob.clone()),
            (("", "tenantId"), "globex".to_owned()),
            (("", "username"), "bobby".to_owned()),
            (("", "roleId"), id(&role[0])),
            (("/resources/groups/", "groupId"), id(&group)),
            (("", "emailId"), id(email.expect("a second address"))),
            (("/tenants/api-tokens/", "id"), id(&api_token)),
            (("/tenants/access-tokens/", "id"), id(&access_token)),
            (("/users/api-tokens/", "id"), id(&own_api_token)),
            (("/users/access-tokens/", "id"), id(&own_access_token)),
            (("", "configurationId"), connection),
            (("", "domainId"), id(&domain)),
            (("/resources/sso/", "groupId"), id(&mapping)),
            (("/users/sessions/", "id"), id(&sessions[0])),
            (("/users/phone-numbers/", "id"), id(&numbers[0])),
        ];
        Self { world, ada, bob, bobs_token, belongings: belongings.into() }
    }

    /// The ids of the second tenant's for an operation's path; none where it owns nothing like that.
    fn foreign(&self, operation: &'static Operation) -> Option<Vec<&str>> {
        let of = |place: &'static str| {
            let mut fitting = self.belongings.iter();
            let found = fitting.find(|((path, name), _)| *name == place && operation.path.contains(path))?;
            Some(found.1.as_str())
        };
        places(operation).into_iter().map(of).collect()
    }

    /// All that the second tenant shows of itself.
    async fn state(&self) -> Vec<Value> {
        let mut globex = self.world.back_end(Some("globex")).await;
        let mut own = self.world.browser().bearer(&self.bobs_token);
        let mut state = Vec::new();
        for list in [
            "list_users",
            "list_groups_v1",
            "list_roles_v1",
            "list_sso_configurations",
            "list_tenant_api_tokens",
            "list_tenant_access_tokens",
        ] {
            state.push(globex.done(list, &[], Value::Null).await);
        }
        state.push(globex.done("get_user", &[&self.bob], Value::Null).await);
        for list in ["list_my_sessions", "list_my_phone_numbers", "list_my_emails", "list_user_api_tokens"] {
            state.push(own.done(list, &[], Value::Null).await);
        }
        state
    }
}

/// Security case 42: whoever asks for what is another tenant's learns as much as whoever asks for
/// what does not exist, and changes nothing.
#[tokio::test]
async fn case_42_what_is_another_tenants_does_not_exist() {
    let neighbours = Neighbours::start().await;
    let before = neighbours.state().await;
    let mut ada = neighbours.world.browser().bearer(&neighbours.ada);
    let mut tried = BTreeSet::new();
    let of_users = |operation: &&Operation| matches!(operation.token, Token::User | Token::EnvironmentOrUser);
    for operation in OPERATIONS.iter().filter(of_users).filter(|operation| operation.path.contains('{')) {
        let Some(foreign) = neighbours.foreign(operation) else { continue };
        let nowhere: Vec<&str> = foreign.iter().map(|_| "00000000-0000-4000-8000-000000000000").collect();
        let (theirs, nobodys) = (call(&mut ada, operation, &foreign).await, call(&mut ada, operation, &nowhere).await);
        assert_eq!(told(&theirs), told(&nobodys), "{}", operation.id);
        assert!(matches!(theirs.status, 403 | 404), "{}: {} {}", operation.id, theirs.status, theirs.body);
        tried.insert(operation.id);
    }
    assert_eq!(neighbours.state().await, before);
    assert!(tried.len() >= 25, "{tried:?}");
}

/// Security case 43: of all that can be read with a user's token nothing depends on the headers that
/// name a tenant and a user.
#[tokio::test]
async fn case_43_headers_do_not_move_a_users_token() {
    let neighbours = Neighbours::start().await;
    let mut plain = neighbours.world.browser().bearer(&neighbours.ada);
    let mut moved =
        plain.clone().with("frontegg-tenant-id", "globex").with("frontegg-user-id", neighbours.bob.as_str());
    let mut read = 0;
    let reads = |operation: &&Operation| {
        operation.method == Method::Get
            && matches!(operation.token, Token::User | Token::EnvironmentOrUser)
            && !operation.path.contains('{')
    };
    for operation in OPERATIONS.iter().filter(reads) {
        let (here, there) = (call(&mut plain, operation, &[]).await, call(&mut moved, operation, &[]).await);
        assert_eq!(told(&here), told(&there), "{}", operation.id);
        read += usize::from(here.status == 200);
    }
    assert!(read >= 20, "{read}");
    assert!(operation("list_users").is_some_and(|operation| reads(&operation)));
}

/// Whatever operations write, an export carries and an import takes: no kind of document is unknown to
/// it.
#[tokio::test]
async fn what_every_operation_leaves_can_be_imported() {
    let neighbours = Neighbours::start().await;
    let world = &neighbours.world;
    let mut back_end = world.back_end(Some("globex")).await.with("frontegg-user-id", neighbours.bob.as_str());
    let mut environment = world.back_end(None).await;
    let mut own = world.browser().bearer(&neighbours.bobs_token);
    let writes = |operation: &&Operation| !matches!(operation.method, Method::Get | Method::Delete);
    for operation in OPERATIONS.iter().filter(writes) {
        let values = neighbours.foreign(operation);
        let values = values.unwrap_or_else(|| vec!["nothing"; places(operation).len()]);
        for caller in [&mut environment, &mut back_end, &mut own] {
            let reply = call(caller, operation, &values).await;
            assert_ne!(reply.status, 500, "{}: {}", operation.id, reply.body);
        }
    }
    let document = world.emulator.export_with_secrets().await.expect("a document");
    let settings = document["tables"]["settings"].as_array().expect("rows");
    let kinds: BTreeSet<_> = settings.iter().filter_map(|row| row["kind"].as_str()).collect();
    eprintln!("settings documents: {kinds:?}");
    assert!(kinds.len() >= 12, "{kinds:?}");
    world.emulator.import(&document).await.expect("an import");
    let again = world.emulator.export_with_secrets().await.expect("a document");
    assert_eq!(again["tables"], document["tables"]);
}
