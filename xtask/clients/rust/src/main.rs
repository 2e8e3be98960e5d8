//! What the crate `frontegg` does, against an emulator, as it was published; only the base URL is another one.

use std::{env, error::Error};

use frontegg::{Client, ClientConfig, TenantRequest, UserListConfig, UserRequest};
use futures_util::{TryStreamExt, pin_mut};
use serde_json::json;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = ClientConfig { client_id: env::var("FRONTEGG_CLIENT_ID")?, secret_key: env::var("FRONTEGG_API_KEY")? };
    let endpoint = env::var("FRONTEGG_API_GATEWAY_URL")?.parse()?;
    let client = Client::builder().with_vendor_endpoint(endpoint).build(config);

    let id = Uuid::new_v4();
    let new = TenantRequest { id, name: "acme", metadata: json!({ "plan": "small" }), ..TenantRequest::default() };
    let created = client.create_tenant(&new).await?;
    assert_eq!((created.id, created.name.as_str(), created.deleted_at), (id, "acme", None));
    assert_eq!(client.get_tenant(id).await?.metadata, json!({ "plan": "small" }));
    assert!(client.list_tenants().await?.iter().any(|tenant| tenant.id == id));
    client.set_tenant_metadata(id, &json!({ "seats": 3 })).await?;
    let left = client.delete_tenant_metadata(id, "plan").await?;
    assert_eq!(left.metadata, json!({ "seats": 3 }));
    println!("ok  tenants are created, read, listed and changed");

    let mut ids = Vec::new();
    for name in ["Ada", "Bob", "Cy"] {
        let email = format!("{name}-{}@acme.test", Uuid::new_v4()).to_lowercase();
        let new = UserRequest { tenant_id: id, name, email: &email, metadata: json!({ "n": name }), ..UserRequest::default() };
        let user = client.create_user(&UserRequest { skip_invite_email: true, ..new }).await?;
        assert_eq!((user.name.as_str(), &user.email), (name, &email));
        assert!(!user.roles.is_empty() && !user.permissions.is_empty());
        let read = client.get_user(user.id).await?;
        assert_eq!((read.id, read.tenants[0].tenant_id), (user.id, id));
        assert_eq!(read.tenants[0].roles.len(), user.roles.len());
        ids.push(user.id);
    }
    println!("ok  users are created and read");

    let users = client.list_users(UserListConfig::default().tenant_id(id).page_size(2));
    pin_mut!(users);
    let mut listed = Vec::new();
    while let Some(user) = users.try_next().await? {
        listed.push(user.id);
    }
    ids.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, ids, "page by page");
    println!("ok  users are listed, each once");

    client.delete_user(ids[0]).await?;
    assert!(client.get_user(ids[0]).await.is_err());
    client.delete_tenant(id).await?;
    assert!(client.get_tenant(id).await.is_err());
    println!("ok  users and tenants are deleted");
    Ok(())
}
