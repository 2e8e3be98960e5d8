//! Imported states: one that does not fit is refused and changes nothing; one that is taken comes out as it
//! went in, and whatever the API tells of it, it can be told.
//!
//! Input: rows by table, as JSON. Their members take the place of those in a state with a bit of everything.

#![no_main]

use std::{collections::BTreeMap, sync::LazyLock};

use frontegg_emulator::{Emulator, Error};
use frontegg_model::{Method, OPERATIONS, Token};
use libfuzzer_sys::fuzz_target;
use reqwest::{Client, StatusCode};
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};

const EMAIL: &str = "ada@acme.test";
const PASSWORD: &str = "Correct-horse-1815";
const TENANT: &str = "acme";

/// Rows as an input has them, by table.
type Changes = BTreeMap<String, Vec<Map<String, Value>>>;

/// An emulator, and the state that inputs change.
struct World {
    runtime: Runtime,
    emulator: Emulator,
    http: Client,
    state: Value,
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let emulator = runtime.block_on(Emulator::builder().recorded_requests(0).start()).expect("an emulator");
        let mut world = Self { runtime, emulator, http: Client::new(), state: Value::Null };
        world.state = world.runtime.block_on(world.populate());
        world
    }

    /// Something in as many tables as a few requests fill.
    async fn populate(&self) -> Value {
        for (path, body) in [
            ("/tenants/resources/tenants/v1", json!({ "tenantId": TENANT, "name": "Acme" })),
            ("/identity/resources/users/v2", json!({ "email": EMAIL, "password": PASSWORD, "skipInviteEmail": true })),
            ("/identity/resources/users/v2", json!({ "email": "bob@acme.test", "metadata": "{\"a\":[1]}" })),
            ("/identity/resources/roles/v1", json!([{ "key": "auditor", "name": "Auditor", "level": 5 }])),
            ("/identity/resources/groups/v1", json!({ "name": "Board", "metadata": "{}" })),
            ("/identity/resources/tenants/api-tokens/v1", json!({ "description": "a machine" })),
            (
                "/identity/resources/configurations/v1/mfa-policy",
                json!({ "enforceMFAType": "DontForce", "allowRememberMyDevice": true, "mfaDeviceExpiration": 60 }),
            ),
            ("/identity/resources/configurations/v1/sms/templates/OTC", json!({ "template": "{{code}}" })),
            ("/identity/resources/users/v1/passwords/reset", json!({ "email": EMAIL })),
        ] {
            self.done(path, &body).await;
        }
        assert!(self.sign_in().await.is_success());
        // There is one way to sign in at a time.
        self.done("/identity/resources/configurations/v1", &json!({ "authStrategy": "MagicLink" })).await;
        let link = "/identity/resources/auth/v1/passwordless/magiclink/prelogin";
        self.done(link, &json!({ "email": EMAIL })).await;
        self.emulator.export_with_secrets().await.expect("a state")
    }

    async fn done(&self, path: &str, body: &Value) {
        let back_end = self.back_end().await.expect("a token");
        let status = self.post(path, body, Some(&back_end)).await;
        assert!(status.is_success(), "{path}: {status}");
    }

    /// The token of a back end, if it gets one.
    async fn back_end(&self) -> Option<String> {
        let body = json!({ "clientId": self.emulator.client_id(), "secret": self.emulator.api_key() });
        let answer = self.http.post(format!("{}/auth/vendor", self.emulator.url())).json(&body).send().await;
        let body: Value = answer.expect("an answer").json().await.ok()?;
        body["token"].as_str().map(str::to_owned)
    }

    async fn post(&self, path: &str, body: &Value, token: Option<&str>) -> StatusCode {
        let mut request = self.http.post(format!("{}{path}", self.emulator.url())).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token).header("frontegg-tenant-id", TENANT);
        }
        request.send().await.expect("an answer").status()
    }

    async fn sign_in(&self) -> StatusCode {
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        self.post("/identity/resources/auth/v1/user", &body, None).await
    }

    /// What the API can list is listed, and people may come in or not, but nothing breaks.
    async fn look_around(&self) {
        let is_sound = |status: StatusCode| !status.is_server_error() || status == StatusCode::NOT_IMPLEMENTED;
        assert!(is_sound(self.sign_in().await), "signing in");
        let token = self.back_end().await.expect("a token");
        let lists = OPERATIONS.iter().filter(|operation| {
            operation.method == Method::Get && operation.token != Token::User && !operation.path.contains('{')
        });
        for operation in lists {
            let request = self.http.get(format!("{}{}", self.emulator.url(), operation.path)).bearer_auth(&token);
            let answer = request.header("frontegg-tenant-id", TENANT).send().await.expect("an answer");
            assert!(is_sound(answer.status()), "{}: {}", operation.id, answer.status());
        }
    }
}

/// The state with these changes; nothing where they belong to no table.
fn changed(state: &Value, changes: Changes) -> Value {
    let mut state = state.clone();
    for (table, changes) in changes {
        let rows = state["tables"].as_object_mut().expect("tables").entry(table).or_insert_with(|| json!([]));
        let rows = rows.as_array_mut().expect("rows");
        for (index, change) in changes.into_iter().enumerate() {
            match rows.get_mut(index).and_then(Value::as_object_mut) {
                Some(row) => row.extend(change),
                None => rows.push(change.into()),
            }
        }
    }
    state
}

fuzz_target!(|input: &[u8]| {
    let Ok(changes) = serde_json::from_slice::<Changes>(input) else { return };
    let world = &*WORLD;
    let state = changed(&world.state, changes);
    world.runtime.block_on(async {
        let export = async || world.emulator.export_with_secrets().await.expect("a state")["tables"].take();
        let before = export().await;
        if let Err(error) = world.emulator.import(&state).await {
            assert!(!matches!(error, Error::Store(_)), "{error}");
            assert_eq!(export().await, before, "a refusal changed something");
            return;
        }
        let taken = world.emulator.export_with_secrets().await.expect("a state");
        world.emulator.import(&taken).await.expect("what was exported");
        assert_eq!(export().await, taken["tables"]);
        world.look_around().await;
    });
});
