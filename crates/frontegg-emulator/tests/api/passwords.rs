//! The ways to a new password (tag “Password Settings”), over HTTP through the SDK, and what must
//! hold of passwords whichever way they came.

mod kept;
mod resets;
use crate::support;

use frontegg_identity::{
    Authorized, Environment, Error,
    types::{CreateUserDtoVendorOnly, ResetPasswordV1Dto, UpdateUserPasswordDto, ValidateUserPasswordRequest},
    views::PasswordSettings,
};
use support::World;

const OLD: &str = "Correct-horse-7";
const NEW: &str = "Another-horse-8";

/// Somebody in acme with a password.
async fn person(world: &World, email: &str) -> String {
    let new = CreateUserDtoVendorOnly::new("acme").email(email).username(email.replace('@', "-")).password(OLD);
    world.frontegg.management().users().create_user_globally(&new).await.expect("a user").id
}

async fn start() -> (World, PasswordSettings<Environment>, String) {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = person(&world, "ada@acme.test").await;
    let settings = world.frontegg.self_service().password_settings();
    (world, settings, ada)
}

/// Whether that is the person's password.
async fn is_password(world: &World, email: &str, password: &str) -> bool {
    let users = world.frontegg.management().users();
    let body = ValidateUserPasswordRequest::new(email, password);
    users.verify_user_password(&body).await.expect("an answer").is_valid
}

/// Asks for a mail and gives the token in it.
async fn mailed_token(world: &World, email: &str) -> String {
    let settings = world.frontegg.self_service().password_settings();
    settings.send_password_reset_email_v1(&ResetPasswordV1Dto::new().email(email)).await.expect("to be sent");
    world.emulator.outbox().last_to(email).template("ResetPassword").token().await.expect("a token")
}

async fn change<A: Authorized>(settings: &PasswordSettings<A>, from: &str, to: &str) -> Result<(), Error> {
    settings.change_my_password(&UpdateUserPasswordDto::new(from, to)).await
}
