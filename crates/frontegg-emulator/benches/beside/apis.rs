//! How each program is asked for the same things.

use bytes::Bytes;
use http::{Method, Request, header::AUTHORIZATION};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::{
    connection::{Connection, bare, request, with_json},
    emulator::{BackEnd, PASSWORD, USERS},
};

/// What all are asked for.
#[derive(Clone, Copy)]
pub(crate) enum Call<'a> {
    Read {
        id: &'a str,
    },
    /// Of twenty people.
    List,
    SignIn {
        email: &'a str,
    },
    Create {
        email: &'a str,
    },
}

/// Where answers have what proves them: JSON pointers.
pub(crate) struct Proofs {
    /// The id of somebody created.
    pub(crate) id: &'static str,
    pub(crate) list: &'static str,
    pub(crate) token: &'static str,
}

pub(crate) trait Api: Send + Sync {
    fn proofs(&self) -> Proofs;

    fn request(&self, call: Call<'_>) -> Request<Full<Bytes>>;

    /// What is to be sent besides before somebody created can sign in.
    fn admit(&self, _email: &str) -> Option<Request<Full<Bytes>>> {
        None
    }
}

/// This emulator: a back end on behalf of one tenant, whose members all are; it lists the whole environment, as the
/// others do, who know no tenants here.
pub(crate) struct Frontegg(BackEnd);

const TENANT: &str = "acme";

impl Frontegg {
    pub(crate) async fn prepare(connection: &mut Connection) -> Box<dyn Api> {
        let back_end = BackEnd::log_in(connection).await;
        back_end.create_tenant(connection, TENANT).await;
        Box::new(Self(back_end))
    }
}

impl Api for Frontegg {
    fn proofs(&self) -> Proofs {
        Proofs { id: "/id", list: "/items", token: "/accessToken" }
    }

    fn request(&self, call: Call<'_>) -> Request<Full<Bytes>> {
        let to = |method, path: &str| self.0.in_tenant(TENANT, method, path);
        match call {
            Call::Read { id } => bare(to(Method::GET, &format!("{USERS}/v1/{id}"))),
            Call::List => bare(self.0.request(Method::GET, &format!("{USERS}/v3?_limit=20"))),
            Call::SignIn { email } => {
                let body = json!({ "email": email, "password": PASSWORD });
                with_json(request(Method::POST, "/identity/resources/auth/v1/user"), &body)
            }
            Call::Create { email } => {
                let body = json!({ "email": email, "password": PASSWORD, "skipInviteEmail": true });
                with_json(to(Method::POST, &format!("{USERS}/v2")), &body)
            }
        }
    }
}

/// Emulators of the WorkOS API.
pub(crate) struct WorkOs;

impl Api for WorkOs {
    fn proofs(&self) -> Proofs {
        Proofs { id: "/id", list: "/data", token: "/access_token" }
    }

    fn request(&self, call: Call<'_>) -> Request<Full<Bytes>> {
        let to = |method, path: &str| {
            request(method, &format!("/user_management/{path}")).header(AUTHORIZATION, "Bearer sk_test_default")
        };
        match call {
            Call::Read { id } => bare(to(Method::GET, &format!("users/{id}"))),
            Call::List => bare(to(Method::GET, "users?limit=20")),
            Call::SignIn { email } => {
                let body = json!({
                    "client_id": "client", "client_secret": "sk_test_default", "grant_type": "password",
                    "email": email, "password": PASSWORD,
                });
                with_json(to(Method::POST, "authenticate"), &body)
            }
            Call::Create { email } => {
                let body = json!({ "email": email, "password": PASSWORD, "email_verified": true });
                with_json(to(Method::POST, "users"), &body)
            }
        }
    }
}

/// Emulators of Amazon Cognito's user pools.
pub(crate) struct Cognito {
    pool: String,
    client: String,
}

impl Cognito {
    pub(crate) async fn prepare(connection: &mut Connection) -> Box<dyn Api> {
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let pool = connection.send(cognito("CreateUserPool", &json!({ "PoolName": "beside" }))).await;
        let pool = text(&pool.expect("an answer").json()["UserPool"]["Id"]);
        let body = json!({
            "UserPoolId": pool, "ClientName": "beside", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        });
        let client = connection.send(cognito("CreateUserPoolClient", &body)).await;
        let client = text(&client.expect("an answer").json()["UserPoolClient"]["ClientId"]);
        Box::new(Self { pool, client })
    }
}

/// All operations are one address; which is meant says a header. Nobody checks the signature.
fn cognito(operation: &str, body: &Value) -> Request<Full<Bytes>> {
    let head = request(Method::POST, "/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
        .header(
            AUTHORIZATION,
            "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=x",
        );
    with_json(head, body)
}

impl Api for Cognito {
    fn proofs(&self) -> Proofs {
        Proofs { id: "/User/Username", list: "/Users", token: "/AuthenticationResult/AccessToken" }
    }

    fn request(&self, call: Call<'_>) -> Request<Full<Bytes>> {
        let pool = &self.pool;
        match call {
            Call::Read { id } => cognito("AdminGetUser", &json!({ "UserPoolId": pool, "Username": id })),
            Call::List => cognito("ListUsers", &json!({ "UserPoolId": pool, "Limit": 20 })),
            Call::SignIn { email } => {
                let body = json!({
                    "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH",
                    "AuthParameters": { "USERNAME": email, "PASSWORD": PASSWORD },
                });
                cognito("InitiateAuth", &body)
            }
            Call::Create { email } => {
                let body = json!({
                    "UserPoolId": pool, "Username": email, "TemporaryPassword": PASSWORD, "MessageAction": "SUPPRESS",
                    "UserAttributes": [{ "Name": "email", "Value": email }],
                });
                cognito("AdminCreateUser", &body)
            }
        }
    }

    fn admit(&self, email: &str) -> Option<Request<Full<Bytes>>> {
        let body = json!({ "UserPoolId": self.pool, "Username": email, "Password": PASSWORD, "Permanent": true });
        Some(cognito("AdminSetUserPassword", &body))
    }
}

/// Emulators of Firebase Authentication.
pub(crate) struct Firebase;

/// A project that is known to be nobody's.
pub(crate) const PROJECT: &str = "demo-beside";

impl Api for Firebase {
    fn proofs(&self) -> Proofs {
        Proofs { id: "/localId", list: "/users", token: "/idToken" }
    }

    fn request(&self, call: Call<'_>) -> Request<Full<Bytes>> {
        let base = "/identitytoolkit.googleapis.com/v1";
        let to = |method, path: &str| {
            request(method, &format!("{base}/projects/{PROJECT}/{path}")).header(AUTHORIZATION, "Bearer owner")
        };
        match call {
            Call::Read { id } => with_json(to(Method::POST, "accounts:lookup"), &json!({ "localId": [id] })),
            Call::List => bare(to(Method::GET, "accounts:batchGet?maxResults=20")),
            Call::SignIn { email } => {
                let body = json!({ "email": email, "password": PASSWORD, "returnSecureToken": true });
                with_json(request(Method::POST, &format!("{base}/accounts:signInWithPassword?key=key")), &body)
            }
            Call::Create { email } => {
                with_json(to(Method::POST, "accounts"), &json!({ "email": email, "password": PASSWORD }))
            }
        }
    }
}
