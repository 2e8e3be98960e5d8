//! People who come over from another system.

use frontegg_contract::{
    ApiResult, RequestContext,
    data_migration::{DataMigrationApi, GetUserMigrationStatusParams},
};
use frontegg_model::{
    Secret,
    enums::{PasswordHashingType, PhoneNumberType},
    types,
};

use super::{imports, paging::count, user_answers};
use crate::{
    domain::{
        DomainError, DomainResult,
        jobs::ImportReport,
        joining::migration::{self, Entry, FurtherEmail, Migrant},
        passwords,
        people::profiles::{self, Viewer},
        users::NewUser,
    },
    service::Service,
    store::Write,
};

/// So many people are brought over in one transaction, so that other requests get their turn.
const AT_ONCE: usize = 100;

impl DataMigrationApi for Service {
    async fn get_user_migration_status(
        &self,
        _: &RequestContext,
        params: GetUserMigrationStatusParams,
    ) -> ApiResult<types::MigrationObject> {
        let tx = self.store().read().await?;
        let report = migration::report(&tx, &params.migration_id).await?;
        Ok(types::MigrationObject {
            id: Some(params.migration_id),
            state: Some(imports::state(&report.faults)),
            total_users: Some(count(report.total)),
            migrated_users: Some(count(report.migrated)),
            errors: Some(imports::errors(report.faults)),
        })
    }

    async fn migrate_user(&self, _: &RequestContext, body: types::MigrateUserRequestV1) -> ApiResult<types::UserDto> {
        let migrant = first_form(body)?;
        let tenant_id = migrant.tenant_id.clone();
        let migrate = async |tx: &Write| {
            let person = migration::migrate(tx, migrant).await?;
            Ok(profiles::full_of(tx, person, Viewer::Administrator, Some(&tenant_id)).await?)
        };
        let full = self.write(migrate).await?;
        Ok(user_answers::full(self, full))
    }

    /// Nothing is asked of another service: who is there is not known here.
    async fn migrate_users_from_auth0(&self, _: &RequestContext, _: types::Auth0Configuration) -> ApiResult<()> {
        Ok(())
    }

    async fn migrate_users_in_bulk_v1(
        &self,
        _: &RequestContext,
        body: types::MigrateUsersRequestV1,
    ) -> ApiResult<types::MigrationContext> {
        migration::check_count(body.users.len())?;
        migrate(self, body.users.into_iter().map(|user| entry(Ok(user))).collect()).await
    }

    async fn migrate_users_in_bulk_v2(
        &self,
        _: &RequestContext,
        body: types::MigrateUsersRequestV2,
    ) -> ApiResult<types::MigrationContext> {
        migration::check_count(body.users.len())?;
        migrate(self, body.users.into_iter().map(|user| usable(second_form(user))).collect()).await
    }
}

/// Brings them over, some at a time; what was done stays done, whatever comes of the rest.
pub(super) async fn migrate(service: &Service, mut entries: Vec<Entry>) -> ApiResult<types::MigrationContext> {
    let mut report = ImportReport { total: entries.len(), ..ImportReport::default() };
    let mut first = 0;
    loop {
        let later = entries.split_off(entries.len().min(AT_ONCE));
        let migrate = async |tx: &Write| {
            migration::migrate_all(tx, first, entries, &mut report).await?;
            if later.is_empty() { Ok(Some(migration::keep(tx, &report).await?)) } else { Ok(None) }
        };
        if let Some(migration_id) = service.write(migrate).await? {
            return Ok(types::MigrationContext { migration_id });
        }
        first += AT_ONCE;
        entries = later;
    }
}

/// Somebody to bring over as the first form says it, or why they cannot be.
pub(super) fn entry(body: DomainResult<types::MigrateUserRequestV1>) -> Entry {
    usable(body.and_then(first_form))
}

fn usable(migrant: DomainResult<Migrant>) -> Entry {
    migrant.map_err(|error| error.messages().join("; "))
}

/// What both forms of an entry say alike, with their addresses.
macro_rules! migrant {
    ($body:ident, $emails:expr) => {{
        let Emails { primary, further } = $emails;
        let phone = Phone { number: $body.phone_number, kind: $body.phone_number_type }.read()?;
        let hash =
            Hash { text: $body.password_hash, kind: $body.password_hash_type, parameters: $body.password_hash_config };
        Ok(Migrant {
            tenant_id: $body.tenant_id,
            person: NewUser {
                verified: primary.as_ref().is_some_and(|email| email.verified),
                email: primary.map(|email| email.email),
                username: $body.username,
                name: $body.name,
                profile_picture_url: $body.profile_picture_url,
                phone_number: phone.sign_in,
                password_hash: hash.read()?,
                provider: $body.provider.map(|provider| provider.as_str().to_owned()),
                metadata: $body.metadata,
                vendor_metadata: $body.vendor_metadata,
                external_id: $body.external_id,
                ..NewUser::default()
            },
            further_emails: further,
            // An empty list says nothing.
            role_ids: $body.role_ids.filter(|ids| !ids.is_empty()),
            authenticator_secret: $body.authenticator_app_mfa_secret.map(|secret| secret.expose().to_owned()),
            second_factor_phone: phone.second_factor,
        })
    }};
}

/// An entry with one address.
fn first_form(body: types::MigrateUserRequestV1) -> DomainResult<Migrant> {
    let verified = body.verify_user.unwrap_or_default();
    let primary = body.email.map(|email| types::EmailObjectDto::new(email, true, verified));
    migrant!(body, Emails { primary, further: Vec::new() })
}

/// An entry with several.
fn second_form(body: types::MigrateUserRequestV2) -> DomainResult<Migrant> {
    migrant!(body, Emails::by_rank(body.emails.unwrap_or_default())?)
}

/// The addresses of somebody.
struct Emails {
    primary: Option<types::EmailObjectDto>,
    further: Vec<FurtherEmail>,
}

impl Emails {
    /// The first is the primary one where none says that it is.
    fn by_rank(mut emails: Vec<types::EmailObjectDto>) -> DomainResult<Self> {
        if emails.iter().filter(|email| email.primary).count() > 1 {
            return Err(DomainError::bad_request("emails must have one primary address"));
        }
        if emails.is_empty() {
            return Ok(Self { primary: None, further: Vec::new() });
        }
        let primary = emails.remove(emails.iter().position(|email| email.primary).unwrap_or_default());
        let further =
            |email: types::EmailObjectDto| FurtherEmail { address: email.email, proof: email.verified.into() };
        Ok(Self { primary: Some(primary), further: emails.into_iter().map(further).collect() })
    }
}

/// A password as another system has kept it.
struct Hash {
    text: Option<Secret>,
    kind: Option<PasswordHashingType>,
    parameters: Option<Secret>,
}

impl Hash {
    /// As it is kept here. Without a kind it is one of bcrypt.
    fn read(&self) -> DomainResult<Option<String>> {
        let Some(text) = &self.text else { return Ok(None) };
        let kind = self.kind.as_ref().unwrap_or(&PasswordHashingType::Bcrypt).as_str();
        let parameters = self.parameters.as_ref().map(Secret::expose);
        passwords::import::read(kind, text.expose(), parameters).map(Some)
    }
}

/// A phone number and what it is for.
struct Phone {
    number: Option<String>,
    kind: Option<PhoneNumberType>,
}

/// The same by its use.
struct PhoneUse {
    sign_in: Option<String>,
    second_factor: Option<String>,
}

impl Phone {
    /// Without a kind it is for signing in.
    fn read(self) -> DomainResult<PhoneUse> {
        match self.kind {
            None | Some(PhoneNumberType::Auth) => Ok(PhoneUse { sign_in: self.number, second_factor: None }),
            Some(PhoneNumberType::Mfa) => Ok(PhoneUse { sign_in: None, second_factor: self.number }),
            Some(_) => Err(DomainError::bad_request("phoneNumberType must be one of the following values: auth, mfa")),
        }
    }
}
