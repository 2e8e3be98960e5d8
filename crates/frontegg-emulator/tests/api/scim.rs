//! The SCIM server of a connection (RFC 7643, RFC 7644), as identity providers ask it.

mod groups;
mod kept;
mod people;
mod protocol;
mod providers;
mod searches;
mod users;

use std::collections::BTreeMap;

use frontegg_identity::{
    enums::Scim2ConnectionSource,
    types::{Scim2CreateConnectionConfigRequest, Scim2PatchConnectionConfigRequest},
};
use reqwest::{Client, Method, header};
use serde_json::{Value, json};

use crate::support::{World, http};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// An identity provider with the token of a connection.
#[derive(Clone)]
struct Provider {
    http: Client,
    /// Where emulators are, without a slash at the end.
    emulator: String,
    id: String,
    token: String,
    headers: BTreeMap<&'static str, String>,
}

/// What came back.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: header::HeaderMap,
    body: Value,
}

impl Provider {
    /// One with a new connection of a tenant.
    async fn of(world: &World, tenant: &str) -> Self {
        let connections = world.frontegg.tenant(tenant).scim();
        let new = Scim2CreateConnectionConfigRequest::new(Scim2ConnectionSource::Okta);
        let made = connections.create_scim_configuration(new).await.expect("a connection");
        Self {
            http: http(),
            emulator: world.emulator.url().to_owned(),
            id: made.id,
            token: made.token.expose().to_owned(),
            headers: BTreeMap::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    fn base(&self) -> String {
        format!("{}/frontegg/directory/resources/scim/v2.0/{}", self.emulator, self.id)
    }

    /// Asks below the base; a body of null is none.
    async fn ask(&self, method: Method, path: &str, body: Value) -> Reply {
        self.ask_at(method, &format!("{}{path}", self.base()), body).await
    }

    async fn ask_at(&self, method: Method, url: &str, body: Value) -> Reply {
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.body(body.to_string());
            if !self.headers.contains_key("content-type") {
                request = request.header(header::CONTENT_TYPE, "application/scim+json");
            }
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") };
        if !body.is_null() {
            assert_eq!(headers[header::CONTENT_TYPE], "application/scim+json");
        }
        Reply { status, headers, body }
    }

    async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, Value::Null).await
    }

    /// Searches with a filter; the resources found.
    async fn find(&self, endpoint: &str, filter: &str) -> Vec<Value> {
        let query = serde_urlencoded::to_string([("filter", filter)]).expect("a query");
        let found = self.get(&format!("{endpoint}?{query}")).await.ok(200);
        found["Resources"].as_array().expect("resources").clone()
    }

    /// Creates somebody with an address as their name; gives their id here.
    async fn user(&self, email: &str) -> String {
        let user = json!({ "schemas": [USER], "userName": email, "active": true });
        id(&self.ask(Method::POST, "/Users", user).await.ok(201))
    }

    /// Creates a group with these members.
    async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let group = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        id(&self.ask(Method::POST, "/Groups", group).await.ok(201))
    }

    async fn patch(&self, path: &str, operations: Value) -> Reply {
        self.ask(Method::PATCH, path, json!({ "schemas": [PATCH], "Operations": operations })).await
    }

    /// Says whether what it writes becomes people and groups.
    async fn sync(&self, world: &World, sync: bool) {
        let change = Scim2PatchConnectionConfigRequest::new().sync_to_user_management(sync);
        let connections = world.frontegg.scim();
        connections.update_scim_configuration(&self.id, &change).await.expect("a change");
    }
}

impl Reply {
    #[track_caller]
    fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The keyword of a refusal with that status.
    #[track_caller]
    fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["schemas"], json!([ERROR]));
        assert_eq!(self.body["status"], status.to_string());
        assert!(self.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        self.body["scimType"].as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().expect("a text")
    }
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}
