//! What the store keeps as text though it has a form: settings documents, reports of jobs, JSON, words
//! of a choice. The emulator writes only what it can read again; what comes from outside, with an
//! import, is held against this first.

use sea_orm::ActiveEnum;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::{
    domain::{
        DomainError, DomainResult, approvals, audits, groups,
        identifiers::usernames,
        input,
        joining::{bulk_invitation, migration, onboarding},
        jwt_templates::{self, targeting},
        login::{self, passwordless},
        memberships,
        messages::{mail_sender, sms_sender, templates::texts},
        mfa,
        passwords::{self, lockout},
        people::emails_policy,
        restrictions::{mail_domains, networks},
        sessions,
        settings::{self, Form, configuration, delegation},
        sso, tenants, user_pools,
    },
    ids,
    store::{
        derived,
        dump::{Batch, Row, Rows},
        entity::{
            AccessType, AssignmentType, AuditSeverity, CeremonyPurpose, Channel, ClientType, Decision, ExecutionStatus,
            MachineTokenKind, MembershipStatus, Purpose, RestrictionList, ScimSource, SsoKind, UserPoolKind,
            WebAuthnDevice,
        },
    },
};

/// All kinds of settings documents.
const SETTINGS: [Form; 29] = [
    configuration::FORM,
    delegation::FORM,
    groups::FORM,
    targeting::FORM,
    lockout::FORM,
    login::captcha::FORM,
    mail_sender::FORM,
    memberships::FORM,
    mfa::configuration::FORM,
    mfa::policy::FORM,
    onboarding::FORMS[0],
    onboarding::FORMS[1],
    mail_domains::FORM,
    networks::FORM,
    passwordless::FORM,
    passwords::complexity::FORM,
    passwords::history::FORM,
    passwords::leaked::FORM,
    passwords::rotation::FORM,
    sessions::FORM,
    sms_sender::FORM,
    sso::dns::FORM,
    sso::environment::FORMS[4],
    sso::key::FORM,
    sso::environment::FORMS[0],
    sso::environment::FORMS[1],
    sso::environment::FORMS[2],
    sso::environment::FORMS[3],
    emails_policy::FORM,
];

/// All kinds of jobs.
const JOBS: [Form; 3] = [bulk_invitation::FORM, migration::FORM, tenants::import::FORM];

/// What must hold for a column of a table.
type Rule = (&'static str, &'static str, fn(&str, &Row) -> DomainResult<()>);

const RULES: [Rule; 62] = [
    ("application_assignments", "app_id", |text, _| input::check_id("it", text)),
    ("application_clients", "client_type", |text, _| choice::<ClientType>(text)),
    ("application_clients", "external_metadata", |text, _| object(text)),
    ("application_clients", "id", |text, _| input::check_id("it", text)),
    ("application_clients", "redirect_urls", |text, _| settings::read::<Vec<String>>(text).map(drop)),
    ("application_tenants", "app_id", |text, _| input::check_id("it", text)),
    ("applications", "access_type", |text, _| choice::<AccessType>(text)),
    ("applications", "id", |text, _| input::check_id("it", text)),
    ("applications", "metadata", |text, _| object(text)),
    ("approval_executions", "definition", |text, _| (approvals::flows::FORM.read)(text)),
    ("approval_executions", "execution_data", |text, _| object(text)),
    ("approval_executions", "status", |text, _| choice::<ExecutionStatus>(text)),
    ("approval_flows", "definition", |text, _| (approvals::flows::FORM.read)(text)),
    ("approvers", "decision", |text, _| choice::<Decision>(text)),
    ("audits", "members", |text, _| audits::check_members(text)),
    ("audits", "severity", |text, _| choice::<AuditSeverity>(text)),
    ("authenticators", "secret", |text, _| mfa::read_secret(text).map(drop)),
    ("domain_restrictions", "domain", |text, _| mail_domains::check(text)),
    ("domain_restrictions", "list", |text, _| choice::<RestrictionList>(text)),
    ("groups", "id", |text, _| input::check_id("it", text)),
    ("groups", "metadata", |text, _| json_or_nothing(text)),
    ("ip_restrictions", "ip", |text, _| networks::check(text)),
    ("ip_restrictions", "list", |text, _| choice::<RestrictionList>(text)),
    ("jobs", "document", |text, row| document(&JOBS, text, row)),
    ("jwt_templates", "claims", jwt_templates::check_row),
    ("jwt_templates", "key", |text, _| input::check_id("it", text)),
    ("machine_tokens", "kind", |text, _| choice::<MachineTokenKind>(text)),
    ("machine_tokens", "metadata", |text, _| object(text)),
    ("memberships", "status", |text, _| choice::<MembershipStatus>(text)),
    ("one_time_tokens", "kind", |text, _| choice::<Purpose>(text)),
    ("one_time_tokens", "target", second_factor),
    ("outbox_messages", "channel", |text, _| choice::<Channel>(text)),
    ("outbox_messages", "context", |text, _| object(text)),
    ("password_history", "hash", |text, _| passwords::check_stored(text)),
    ("passwords", "hash", |text, _| passwords::check_stored(text)),
    ("permission_categories", "id", |text, _| input::check_id("it", text)),
    ("permissions", "assignment_type", |text, _| choice::<AssignmentType>(text)),
    ("roles", "id", |text, _| input::check_id("it", text)),
    ("roles", "key", |text, _| input::check_id("it", text)),
    ("scim_connections", "source", |text, _| choice::<ScimSource>(text)),
    ("scim_groups", "resource", |text, _| object(text)),
    ("scim_users", "resource", |text, _| object(text)),
    ("settings", "document", |text, row| document(&SETTINGS, text, row)),
    ("settings", "scope", |text, _| settings::check_owner(text)),
    ("sms_templates", "kind", |text, _| texts::SmsType::parse(text).map(drop)),
    ("sms_templates", "more", |text, _| object(text)),
    ("sso_connections", "certificates", |text, _| sso::connections::check_certificates(text)),
    ("sso_connections", "config_metadata", |text, _| object(text)),
    ("sso_connections", "kind", |text, _| choice::<SsoKind>(text)),
    ("sso_domains", "domain", |text, _| sso::domains::check(text)),
    ("tenant_applications", "access_type", |text, _| choice::<AccessType>(text)),
    ("tenants", "details", |text, _| object(text)),
    ("tenants", "metadata", |text, _| object(text)),
    ("tenants", "tenant_id", |text, _| tenants::check_id(text)),
    ("user_pool_accounts", "document", |text, _| user_pools::accounts::check_document(text)),
    ("user_pool_accounts", "password_hash", |text, _| passwords::check_stored(text)),
    ("user_pool_applications", "app_id", |text, _| input::check_id("it", text)),
    ("user_pools", "configuration", |text, row| user_pools::configuration::check(user_pool_kind(row)?, text)),
    ("user_pools", "kind", |_, row| user_pool_kind(row).map(drop)),
    ("users", "id", |text, _| input::check_id("it", text)),
    ("webauthn_challenges", "purpose", |text, _| choice::<CeremonyPurpose>(text)),
    ("webauthn_credentials", "device_type", |text, _| choice::<WebAuthnDevice>(text)),
];

/// A document of one of these kinds.
fn document(forms: &[Form], text: &str, row: &Row) -> DomainResult<()> {
    let kind = row.get("kind").and_then(Value::as_str).unwrap_or_default();
    let form = forms.iter().find(|form| form.kind == kind);
    let form = form.ok_or_else(|| DomainError::bad_request(format!("the kind {kind} is unknown")))?;
    (form.read)(text)
}

fn user_pool_kind(row: &Row) -> DomainResult<UserPoolKind> {
    read_choice(row.get("kind").and_then(Value::as_str).unwrap_or_default())
}

/// What was begun with a sign-in that is not over yet.
fn second_factor(text: &str, row: &Row) -> DomainResult<()> {
    if row.get("kind").and_then(Value::as_str) == Some(Purpose::SecondFactor.to_value().as_str()) {
        mfa::pending::check(text)?;
    }
    Ok(())
}

fn object(text: &str) -> DomainResult<()> {
    settings::read::<Map<String, Value>>(text).map(drop)
}

fn json_or_nothing(text: &str) -> DomainResult<()> {
    if text.is_empty() { Ok(()) } else { settings::read::<IgnoredAny>(text).map(drop) }
}

fn choice<T: ActiveEnum<Value = String>>(text: &str) -> DomainResult<()> {
    read_choice::<T>(text).map(drop)
}

fn read_choice<T: ActiveEnum<Value = String>>(text: &str) -> DomainResult<T> {
    T::try_from_value(&text.to_owned()).map_err(|_| DomainError::bad_request(format!("{text} is none of the choices")))
}

/// Columns with secrets that a document may leave out; they are made anew then, but for those that somebody else has given.
pub(super) fn secret_columns(table: &str) -> Option<&'static [&'static str]> {
    match table {
        "applications" => Some(&["client_secret", "shared_secret"]),
        "application_clients" => Some(&["client_secret"]),
        "sso_connections" => Some(&["oidc_secret", "idp_client_secret"]),
        "scim_connections" => Some(&["fingerprint"]),
        _ => None,
    }
}

/// Writes what may be written in several ways as the store keeps it, and makes what is made of it or left out.
pub(super) fn normalize(table: &str, rows: &mut Rows) -> DomainResult<()> {
    type Kept = fn(&str) -> DomainResult<String>;
    let kept: Option<(&str, Kept)> = match table {
        "authenticators" => Some(("secret", mfa::read_secret)),
        "usernames" => Some(("username", |name| Ok(usernames::key(name)))),
        _ => None,
    };
    if let Some((column, read)) = kept {
        for value in rows.iter_mut().filter_map(|row| row.get_mut(column)) {
            if let Some(text) = value.as_str() {
                *value = read(text)?.into();
            }
        }
    }
    complete(table, rows);
    derived::derive(table, rows);
    Ok(())
}

/// Makes secrets that were left out. Those of identity providers nobody can make: without them a connection takes no part
/// in sign-ins.
pub(super) fn complete(table: &str, rows: &mut Rows) {
    for column in secret_columns(table).unwrap_or_default() {
        for row in rows.iter_mut().filter(|row| !row.contains_key(*column)) {
            let secret = if table == "sso_connections" { String::new() } else { ids::new_secret() };
            row.insert((*column).to_owned(), secret.into());
        }
    }
}

/// Refuses rows with texts that the emulator could not read; a value that is no text is left to the
/// schema.
pub(super) fn check(batch: &Batch) -> DomainResult<()> {
    let Batch { table, first, rows } = batch;
    for (_, column, holds) in RULES.iter().filter(|(of, _, _)| of == table) {
        for (index, row) in (*first..).zip(rows) {
            let Some(text) = row.get(*column).and_then(Value::as_str) else { continue };
            holds(text, row).map_err(|error| {
                let why = error.messages().join("; ");
                DomainError::bad_request(format!("tables.{table}[{index}].{column}: {why}"))
            })?;
        }
    }
    Ok(())
}
