//! A token that is about to be issued, as far as it decides which template shapes it.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    domain::{DomainResult, roles},
    store::{Fetch, Read, entity::machine_token_role, query::OneColumn},
    tokens::{BearerKind, Claims},
};

/// A token to be issued, as targeting sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bearer<'a> {
    pub(super) kind: BearerKind,
    /// The session, or the client id of credentials.
    pub(super) sid: &'a str,
    pub(super) user_id: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) tenant_id: &'a str,
    pub(super) application_id: &'a str,
}

impl<'a> Bearer<'a> {
    pub(super) fn of(claims: &'a Claims) -> Option<Self> {
        let (kind, claims) = match claims {
            Claims::Environment(_) | Claims::Templated(_) => return None,
            Claims::UserToken(claims) => {
                return Some(Self {
                    kind: BearerKind::User,
                    sid: &claims.sid,
                    user_id: Some(&claims.sub),
                    email: claims.email.as_deref(),
                    tenant_id: &claims.tenant_id,
                    application_id: claims.application_id.as_deref()?,
                });
            }
            Claims::TenantApiToken(claims) => (BearerKind::TenantApi, claims),
            Claims::UserApiToken(claims) => (BearerKind::UserApi, claims),
        };
        Some(Self {
            kind,
            sid: &claims.sub,
            user_id: claims.user_id.as_deref(),
            email: claims.email.as_deref(),
            tenant_id: &claims.tenant_id,
            application_id: claims.application_id.as_deref()?,
        })
    }

    /// The ids of the roles that hold for the token.
    pub(super) async fn role_ids(&self, tx: &Read) -> DomainResult<Vec<String>> {
        if let Some(user_id) = self.user_id {
            let held = roles::effective_in(tx, user_id, self.tenant_id).await?;
            return Ok(held.roles.into_iter().map(|held| held.role.id).collect());
        }
        let held = machine_token_role::Entity::find()
            .select_only()
            .column(machine_token_role::Column::RoleId)
            .filter(machine_token_role::Column::MachineTokenId.eq(self.sid));
        Ok(held.one_column().fetch_all(tx).await?)
    }
}
