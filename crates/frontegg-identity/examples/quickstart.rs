//! The main job from end to end, against an emulator in this process: tenants, a role with a
//! permission, users, an application, and an error that says what is wrong.
//!
//! `cargo run --example quickstart`

use frontegg_emulator::Emulator;
use frontegg_identity::{Error, Frontegg, params::ListUsers, types};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let emulator = Emulator::start().await?;
    println!("emulator    {}", emulator.url());

    // Against the service it would be `.region(Region::Us)`; nothing else changes.
    let frontegg =
        Frontegg::builder().base_url(emulator.url()).credentials(emulator.client_id(), emulator.api_key()).build()?;

    let role = set_up_role(&frontegg).await?;
    let application = set_up_application(&frontegg).await?;
    set_up_tenants(&frontegg, &["acme", "globex"]).await?;
    let ada = create_user(&frontegg, "ada@acme.test", "Ada", &role.id).await?;
    let bob = create_user(&frontegg, "bob@acme.test", "Bob", &role.id).await?;
    list_users(&frontegg).await?;
    use_application(&frontegg, &application, &ada, &bob).await?;
    switch_tenant(&frontegg, &ada).await?;
    show_error(&frontegg).await?;

    emulator.stop().await;
    Ok(())
}

/// A permission in a category, and a role that grants it. The first call fetches the environment's token.
async fn set_up_role(frontegg: &Frontegg) -> Result<types::RoleResponse, Error> {
    let permission = types::AddPermissionRequest::new("invoices.read", "Read invoices");
    let permissions = frontegg.permissions().create_permissions(&[permission]).await?;
    println!("permission  {} ({})", permissions[0].key, permissions[0].name);

    let request = types::AddRoleRequest::new("accountant", "Accountant", 5).description("Sees the money");
    let roles = frontegg.roles().create_roles(&[request]).await?;
    let granted = types::AddPermissionToRoleRequest::new(permissions.iter().map(|permission| permission.id.as_str()));
    let role = frontegg.roles().set_role_permissions(&roles[0].id, &granted).await?;
    println!("role        {} at level {}", role.key, role.level.unwrap_or_default());
    Ok(role)
}

/// Tenants that are made from now on have it.
async fn set_up_application(frontegg: &Frontegg) -> Result<types::ApplicationsResponse, Error> {
    let request = types::CreateApplicationRequest::new("Billing", "https://billing.test", "https://billing.test/login");
    let application = frontegg.applications().create_application(&request).await?;
    println!("application {} as {}", application.name, application.id);
    Ok(application)
}

async fn set_up_tenants(frontegg: &Frontegg, ids: &[&str]) -> Result<(), Error> {
    let tenants = frontegg.tenants();
    for id in ids {
        let tenant = tenants.create_tenant(&types::CreateTenantRequest::new().tenant_id(*id).name(*id)).await?;
        println!("tenant      {}", tenant.tenant_id);
    }
    Ok(())
}

/// On behalf of the tenant: the scope sends its header, the token stays the environment's.
async fn create_user(frontegg: &Frontegg, email: &str, name: &str, role: &str) -> Result<String, Error> {
    let request = types::CreateUserDto::new().email(email).name(name).role_ids([role]).skip_invite_email(true);
    let user = frontegg.tenant("acme").users().create_user(&request).await?;
    println!("user        {name} <{email}> as {}", user.id);
    Ok(user.id)
}

async fn list_users(frontegg: &Frontegg) -> Result<(), Error> {
    let page = frontegg.tenant("acme").users().list_users(ListUsers::new().limit(10)).await?;
    for user in &page.items {
        println!("  in acme   {}", user.email.as_deref().unwrap_or("(no address)"));
    }
    println!("            {} in all", page.metadata.total_items);
    Ok(())
}

async fn use_application(
    frontegg: &Frontegg,
    application: &types::ApplicationsResponse,
    ada: &str,
    bob: &str,
) -> Result<(), Error> {
    let applications = frontegg.applications();
    let assignment = types::AssignUsersToAppRequestDto::new(application.id.as_str(), "acme", [ada, bob]);
    applications.assign_users_to_application(&assignment).await?;
    let users = applications.list_application_users(&application.id).await?;
    println!("  {} is used by {} people", application.name, users.len());
    let of_ada = applications.list_user_applications(ada).await?;
    println!("  Ada uses  {}", of_ada.join(", "));
    Ok(())
}

async fn switch_tenant(frontegg: &Frontegg, ada: &str) -> Result<(), Error> {
    let globex = types::UpdateUserTenantWithValidationDto::new("globex");
    frontegg.users().set_user_active_tenant(ada, &globex).await?;
    let user = frontegg.users().get_user_globally(ada).await?;
    println!("active      Ada now works in {}", user.tenant_id);
    Ok(())
}

/// Errors are values: a status, messages, a code, and the id that support asks for.
async fn show_error(frontegg: &Frontegg) -> anyhow::Result<()> {
    let tenants = frontegg.tenants();
    match tenants.delete_tenant("nowhere").await {
        Err(error) if error.is_not_found() => println!("error       {error}"),
        Err(error) => return Err(error.into()),
        Ok(()) => anyhow::bail!("a tenant that does not exist was deleted"),
    }
    Ok(())
}
