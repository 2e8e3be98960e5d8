//! A browser: keeps cookies, sends what it is told to, and shows what comes back.

use std::collections::BTreeMap;

use frontegg_identity::types::CreateUserDto;
use reqwest::{Client, Method, RequestBuilder, Response, Url, header};
use serde_json::{Value, json};

use super::{World, addressed, claims, http};

/// What people of tests sign in with.
pub(crate) const PASSWORD: &str = "Correct-horse-1815";

/// A browser somewhere.
#[derive(Clone)]
pub(crate) struct Browser {
    http: Client,
    base: Url,
    pub(crate) cookies: BTreeMap<String, String>,
    headers: BTreeMap<&'static str, String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Null where there is none; a text where it is no JSON.
    pub(crate) body: Value,
    /// The lines of `Set-Cookie`.
    pub(crate) cookies: Vec<String>,
    /// Names of headers that came along.
    pub(crate) headers: Vec<String>,
    /// Where the browser is to go.
    pub(crate) location: Option<String>,
}

impl World {
    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        let base = self.emulator.url().parse().expect("an address");
        Browser { http: http(), base, cookies: BTreeMap::new(), headers: BTreeMap::new() }
    }

    /// A back end: sends the environment's token, and the tenant where one is given.
    pub(crate) async fn back_end(&self, tenant: Option<&str>) -> Browser {
        let body = json!({ "clientId": self.emulator.client_id(), "secret": self.emulator.api_key() });
        let login = self.browser().call("authenticate_environment", &[], body).await;
        let back_end = self.browser().bearer(login.body["token"].as_str().expect("a token"));
        match tenant {
            Some(tenant) => back_end.with("frontegg-tenant-id", tenant),
            None => back_end,
        }
    }

    /// Changes the identity configuration.
    pub(crate) async fn configure(&self, change: Value) {
        self.back_end(None).await.done("update_identity_configuration", &[], change).await;
    }

    /// Makes somebody a member of a further tenant, at once or by an invitation.
    pub(crate) async fn add_to_tenant(&self, user_id: &str, tenant: &str, silent: bool) {
        let body = json!({ "tenantId": tenant, "skipInviteEmail": silent });
        self.back_end(None).await.done("add_user_to_tenant", &[user_id], body).await;
    }

    /// Adds somebody with a password to a tenant; gives their id.
    pub(crate) async fn member(&self, tenant: &str, email: &str) -> String {
        let new = CreateUserDto::new().email(email).password(PASSWORD).skip_invite_email(true);
        let users = self.frontegg.tenant(tenant).user_management();
        users.create_user_v2(&new).await.expect("a user").id
    }
}

impl Browser {
    /// The same, sending a header with every request.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// The same with a bearer token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    /// Calls an operation; a body of null is none.
    pub(crate) async fn call(&mut self, operation_id: &str, path: &[&str], body: Value) -> Reply {
        let (method, url) = addressed(&self.base, operation_id, path);
        self.send(method, url, body).await
    }

    /// Asks an operation with a query, which must succeed; gives the body of its answer.
    pub(crate) async fn query(&mut self, operation_id: &str, query: &str) -> Value {
        let (method, mut url) = addressed(&self.base, operation_id, &[]);
        url.set_query(Some(query));
        let reply = self.send(method, url, Value::Null).await;
        assert_eq!(reply.status, 200, "{operation_id}?{query}: {}", reply.body);
        reply.body
    }

    /// Calls an operation with values for its path and its query; a body of null is none.
    pub(crate) async fn ask(
        &mut self,
        operation_id: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: Value,
    ) -> Reply {
        let (method, mut url) = addressed(&self.base, operation_id, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(method, url, body).await
    }

    async fn send(&mut self, method: Method, url: Url, body: Value) -> Reply {
        let mut request = self.http.request(method, url);
        if !body.is_null() {
            request = request.json(&body);
        }
        self.exchange(request).await
    }

    /// Submits a form to an operation, as a page does.
    pub(crate) async fn submit(&mut self, operation_id: &str, fields: &[(&str, &str)]) -> Reply {
        let (method, url) = addressed(&self.base, operation_id, &[]);
        let request = self.http.request(method, url);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.exchange(request.body(serde_urlencoded::to_string(fields).expect("a form"))).await
    }

    async fn exchange(&mut self, mut request: RequestBuilder) -> Reply {
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        let reply = Reply::of(request.send().await.expect("an answer")).await;
        for line in &reply.cookies {
            let (pair, attributes) = line.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a value");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Calls an operation that must succeed; gives the body of its answer.
    pub(crate) async fn done(&mut self, operation_id: &str, path: &[&str], body: Value) -> Value {
        let reply = self.call(operation_id, path, body).await;
        assert!((200..300).contains(&reply.status), "{operation_id}: {} {}", reply.status, reply.body);
        reply.body
    }

    /// Signs in with [`PASSWORD`].
    pub(crate) async fn sign_in(&mut self, email: &str) -> Reply {
        self.sign_in_with(email, PASSWORD).await
    }

    /// Signs in with some password.
    pub(crate) async fn sign_in_with(&mut self, email: &str, password: &str) -> Reply {
        let body = json!({ "email": email, "password": password });
        self.call("authenticate_user_with_password", &[], body).await
    }

    /// Renews the session.
    pub(crate) async fn refresh(&mut self) -> Reply {
        self.call("refresh_user_token", &[], json!({})).await
    }

    /// Signs out.
    pub(crate) async fn sign_out(&mut self) -> Reply {
        self.call("log_out_user", &[], Value::Null).await
    }

    /// Its refresh token.
    pub(crate) fn refresh_token(&self) -> Option<&str> {
        let cookie = self.cookies.iter().find(|(name, _)| name.starts_with("fe_refresh_"))?;
        Some(cookie.1)
    }

    /// The same browser with another refresh token.
    pub(crate) fn with_refresh_token(&self, token: &str) -> Self {
        let mut other = self.clone();
        for (name, value) in &mut other.cookies {
            if name.starts_with("fe_refresh_") {
                token.clone_into(value);
            }
        }
        other
    }
}

impl Reply {
    async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers();
        let cookies = headers.get_all(header::SET_COOKIE).into_iter();
        let cookies = cookies.map(|line| line.to_str().expect("text").to_owned()).collect();
        let location = headers.get(header::LOCATION).map(|value| value.to_str().expect("text").to_owned());
        let kind = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().expect("text"));
        let is_json = kind.is_none_or(|kind| kind.starts_with("application/json"));
        let headers = headers.keys().map(|name| name.as_str().to_owned()).collect();
        let text = response.text().await.expect("a body");
        let body = match (text.as_str(), is_json) {
            ("", _) => Value::Null,
            (text, true) => serde_json::from_str(text).expect("JSON"),
            (text, false) => text.into(),
        };
        Self { status, body, cookies, headers, location }
    }

    /// The texts of a refusal with that status.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let errors = self.body["errors"].as_array().expect("errors");
        errors.iter().map(|error| error.as_str().expect("a text")).collect::<Vec<_>>().join("; ")
    }

    /// The access token of a finished sign-in.
    #[track_caller]
    pub(crate) fn token(&self) -> &str {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        let token = self.body["accessToken"].as_str().filter(|token| !token.is_empty());
        token.unwrap_or_else(|| panic!("no token: {}", self.body))
    }

    /// What the access token claims.
    #[track_caller]
    pub(crate) fn claims(&self) -> Value {
        claims(self.token())
    }
}
