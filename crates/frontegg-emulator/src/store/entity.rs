//! One module a table, in SeaORM's form: `Entity`, `Model`, `ActiveModel`, `Column`.
//!
//! Modules carry the singular of the table's name: `entity::role::Entity` reads `roles`. Relations
//! are written on the side that holds the foreign key.

// SeaORM's derives write `pub` items into modules that only this crate sees, and every table is
// mapped whole, whether or not each of its parts is asked for.
#![allow(unreachable_pub, missing_docs, unused_imports, dead_code)]
// A row has the columns that it has.
#![allow(clippy::struct_excessive_bools, clippy::struct_field_names)]

/// What holds of every row that is saved: it was not changed before it was made, and what it is found
/// by is made anew of what that is made of.
macro_rules! saved_rows {
    ($($column:ident of $($source:ident),+ by $make:expr;)*) => {
        #[sea_orm::prelude::async_trait::async_trait]
        impl ActiveModelBehavior for ActiveModel {
            async fn before_save<C: ConnectionTrait>(mut self, _: &C, inserting: bool) -> Result<Self, DbErr> {
                if let (Some(made), Some(changed)) = (self.created_at.try_as_ref(), self.updated_at.try_as_ref())
                    && changed < made
                {
                    self.updated_at = ActiveValue::Set(*made);
                }
                $(
                    if (inserting $(|| self.$source.is_set())+)
                        && let ($(Some($source),)+) = ($(self.$source.try_as_ref(),)+)
                    {
                        let make = $make;
                        self.$column = ActiveValue::Set(make($($source),+));
                    }
                )*
                // Not every row has such a column.
                let _ = inserting;
                Ok(self)
            }
        }
    };
}

mod applications;
mod approvals;
mod factors;
mod invitations;
mod jobs;
mod jwt_templates;
mod machine_tokens;
mod memberships;
mod outbox;
pub(crate) mod provider_sign_in;
mod restrictions;
mod roles;
mod sessions;
mod settings;
mod social;
mod sso;
mod templates;
mod tenants;
mod user_pools;
mod users;

pub(crate) use applications::{AccessType, ClientType, application, application_client, tenant_application};
pub(crate) use approvals::{Decision, ExecutionStatus, approval_execution, approval_flow, approver};
pub(crate) use factors::{
    CeremonyPurpose, WebAuthnDevice, authenticator, mfa_phone, recovery_code, remembered_device, webauthn_challenge,
    webauthn_credential,
};
pub(crate) use invitations::{Purpose, blind_guess, one_time_token, tenant_invite, tenant_invite_role};
pub(crate) use jobs::job;
pub(crate) use jwt_templates::jwt_template;
pub(crate) use machine_tokens::{
    MachineTokenKind, machine_token, machine_token_permission, machine_token_refresh, machine_token_role,
};
pub(crate) use memberships::{
    MembershipStatus, application_assignment, application_tenant, group, group_member, group_role, membership,
    membership_role, people_count,
};
pub(crate) use outbox::{Channel, outbox_message};
pub(crate) use restrictions::{RestrictionList, domain_restriction, ip_restriction};
pub(crate) use roles::{AssignmentType, permission, permission_category, role, role_permission};
pub(crate) use sessions::{refresh_token, session};
pub(crate) use settings::{clock_setting, dummy_write, environment, issuer, jwt_secret, setting, signing_key};
pub(crate) use social::{social_link, social_provider};
pub(crate) use sso::{
    SsoKind, sso_attempt, sso_connection, sso_default_role, sso_domain, sso_excluded_email, sso_group, sso_group_role,
    sso_link, sso_replay,
};
pub(crate) use templates::{email_template, sms_template};
pub(crate) use tenants::{tenant, tenant_edge};
pub(crate) use user_pools::{UserPoolKind, user_pool, user_pool_account, user_pool_application, user_pool_user};
pub(crate) use users::{old_password, password, phone_number, search_text, user, user_email, username};
