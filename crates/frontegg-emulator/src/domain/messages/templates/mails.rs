//! Templates of mails: 29 types, each built in, each to be overlaid and switched off.

use frontegg_model::enums::EmailTemplateType;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use serde_json::{Map, Value};

use super::{
    Environment,
    mail_defaults::{self, Default},
    render::{escape_html, escape_query, fill, look_up, single_line, with_query},
};
use crate::{
    domain::{DomainError, DomainResult, input::is_redirect},
    store::{Read, Write, entity::email_template},
};

/// Who signs a built-in mail.
const FROM_NAME: &str = "Frontegg emulator";

/// Types whose link must lead somewhere.
const REDIRECTING: [EmailTemplateType; 5] = [
    EmailTemplateType::ResetPassword,
    EmailTemplateType::ActivateUser,
    EmailTemplateType::InviteToTenant,
    EmailTemplateType::MagicLink,
    EmailTemplateType::BulkInvitesToTenant,
];

/// What a mail of some type is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// That of the stored one.
    pub(crate) id: Option<String>,
    pub(crate) kind: EmailTemplateType,
    pub(crate) sender_email: String,
    pub(crate) from_name: String,
    pub(crate) subject: String,
    pub(crate) html: String,
    /// Where the link leads, with its placeholders; likewise the next.
    pub(crate) redirect_url: Option<String>,
    pub(crate) success_redirect_url: Option<String>,
    pub(crate) active: bool,
}

/// What to change of a template; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) sender_email: Option<String>,
    pub(crate) from_name: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) success_redirect_url: Option<String>,
    pub(crate) active: Option<bool>,
}

/// A mail as it leaves.
pub(crate) struct Rendered {
    pub(crate) sender: String,
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) link: Option<String>,
}

/// The built-in template of a type.
pub(crate) fn built_in(kind: &EmailTemplateType, environment: &Environment) -> DomainResult<Template> {
    let default: &Default = mail_defaults::of(kind)
        .ok_or_else(|| DomainError::bad_request("type must be one of the known types of mail"))?;
    Ok(Template {
        id: None,
        kind: kind.clone(),
        sender_email: environment.no_reply(),
        from_name: FROM_NAME.to_owned(),
        subject: default.subject.to_owned(),
        html: default.html(),
        redirect_url: default.redirect_url(),
        success_redirect_url: None,
        active: true,
    })
}

/// What the environment has laid over built-in templates, by type.
pub(crate) async fn stored(tx: &Read, kind: Option<&EmailTemplateType>) -> DomainResult<Vec<Template>> {
    let catalog = tx.catalog().await?;
    let wanted = |row: &&email_template::Model| kind.is_none_or(|kind| row.kind == kind.as_str());
    Ok(catalog.mails.iter().filter(wanted).cloned().map(Template::from).collect())
}

/// What mails of a type are made from now.
pub(crate) async fn in_force(tx: &Read, kind: &EmailTemplateType, environment: &Environment) -> DomainResult<Template> {
    let catalog = tx.catalog().await?;
    let own = catalog.mails.iter().find(|row| row.kind == kind.as_str());
    own.map_or_else(|| built_in(kind, environment), |row| Ok(row.clone().into()))
}

/// The link that a mail of a type would carry with these parameters; empty when the environment's
/// template leads nowhere.
pub(crate) async fn link(tx: &Read, kind: &EmailTemplateType, parameters: &[(&str, &str)]) -> DomainResult<String> {
    let environment = Environment::of(tx).await?;
    let template = in_force(tx, kind, &environment).await?;
    Ok(template.link(&environment, &Map::new(), parameters).unwrap_or_default())
}

/// Writes the environment's template of a type, the first time on top of the built-in one.
pub(crate) async fn set(
    tx: &Write,
    kind: &EmailTemplateType,
    changes: Changes,
    environment: &Environment,
) -> DomainResult<()> {
    changes.check(kind, environment)?;
    let template = changes.onto(in_force(tx, kind, environment).await?);
    let row = email_template::ActiveModel {
        kind: Set(kind.as_str().to_owned()),
        id: Set(template.id.unwrap_or_else(|| tx.id_of("email-template", &[kind.as_str()]))),
        sender_email: Set(template.sender_email),
        from_name: Set(template.from_name),
        subject: Set(template.subject),
        html_template: Set(template.html),
        redirect_url: Set(template.redirect_url),
        success_redirect_url: Set(template.success_redirect_url),
        active: Set(template.active),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let over = OnConflict::column(email_template::Column::Kind)
        .update_columns([
            email_template::Column::SenderEmail,
            email_template::Column::FromName,
            email_template::Column::Subject,
            email_template::Column::HtmlTemplate,
            email_template::Column::RedirectUrl,
            email_template::Column::SuccessRedirectUrl,
            email_template::Column::Active,
            email_template::Column::UpdatedAt,
        ])
        .to_owned();
    email_template::Entity::insert(row).on_conflict(over).exec_without_returning(tx).await?;
    Ok(())
}

/// Drops a stored template; the built-in one is back.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    let gone = email_template::Entity::delete_many().filter(email_template::Column::Id.eq(id)).exec(tx).await?;
    if gone.rows_affected == 0 { Err(DomainError::not_found("Template not found")) } else { Ok(()) }
}

/// Whether an address may turn out as one that people may be sent to, which it may begin with a placeholder
/// for; empty, it leads nowhere.
fn may_be_redirect(address: &str, environment: &Environment) -> bool {
    let filled = environment.fill(address);
    filled.trim().is_empty() || filled.starts_with("{{") || is_redirect(&filled)
}

impl Changes {
    /// Refuses what would break out of a header, leave a link without an aim or send people astray.
    fn check(&self, kind: &EmailTemplateType, environment: &Environment) -> DomainResult<()> {
        let lines = [
            ("senderEmail", &self.sender_email),
            ("fromName", &self.from_name),
            ("subject", &self.subject),
            ("redirectURL", &self.redirect_url),
            ("successRedirectUrl", &self.success_redirect_url),
        ];
        let mut faults: Vec<String> = lines
            .into_iter()
            .filter(|(_, text)| text.as_ref().is_some_and(|text| single_line(text) != *text))
            .map(|(name, _)| format!("{name} must not contain control characters"))
            .collect();
        for (name, address) in [("redirectURL", &self.redirect_url), ("successRedirectUrl", &self.success_redirect_url)]
        {
            if address.as_deref().is_some_and(|address| !may_be_redirect(address, environment)) {
                faults.push(format!("{name} must be a URL of http, https or an app"));
            }
        }
        let aimless = self.redirect_url.as_ref().is_some_and(|url| url.trim().is_empty());
        if aimless && REDIRECTING.contains(kind) {
            faults.push(format!("redirectURL is required for the type {kind}"));
        }
        if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
    }

    fn onto(self, template: Template) -> Template {
        Template {
            sender_email: self.sender_email.unwrap_or(template.sender_email),
            from_name: self.from_name.unwrap_or(template.from_name),
            subject: self.subject.unwrap_or(template.subject),
            html: self.html.unwrap_or(template.html),
            redirect_url: self.redirect_url.or(template.redirect_url),
            success_redirect_url: self.success_redirect_url.or(template.success_redirect_url),
            active: self.active.unwrap_or(template.active),
            ..template
        }
    }
}

impl From<email_template::Model> for Template {
    fn from(row: email_template::Model) -> Self {
        Self {
            id: Some(row.id),
            kind: row.kind.into(),
            sender_email: row.sender_email,
            from_name: row.from_name,
            subject: row.subject,
            html: row.html_template,
            redirect_url: row.redirect_url,
            success_redirect_url: row.success_redirect_url,
            active: row.active,
        }
    }
}

impl Template {
    /// Makes a mail. `parameters` join the query of the link; without any there is no link.
    pub(crate) fn render(
        &self,
        environment: &Environment,
        values: &Map<String, Value>,
        parameters: &[(&str, &str)],
    ) -> Rendered {
        let mut values = values.clone();
        for (name, value) in &environment.0 {
            values.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let link = self.link(environment, &values, parameters);
        if let Some(link) = &link {
            values.insert("link".to_owned(), Value::String(link.clone()));
            values.insert("redirectURL".to_owned(), Value::String(link.clone()));
        }
        let plain =
            |template: &str| single_line(&fill(template, |name, _| Some(look_up(&values, name).unwrap_or_default())));
        let html = fill(&self.html, |name, raw| {
            let text = look_up(&values, name).unwrap_or_default();
            Some(if raw { text } else { escape_html(&text) })
        });
        let (name, address) = (plain(&self.from_name), plain(&self.sender_email));
        Rendered {
            sender: if name.is_empty() { address } else { format!("{name} <{address}>") },
            subject: plain(&self.subject),
            html,
            link,
        }
    }

    fn link(
        &self,
        environment: &Environment,
        values: &Map<String, Value>,
        parameters: &[(&str, &str)],
    ) -> Option<String> {
        let pattern = self.redirect_url.as_deref().filter(|url| !url.trim().is_empty())?;
        if parameters.is_empty() {
            return None;
        }
        // The environment's own values are addresses and ids; all others come from elsewhere.
        let url = fill(pattern, |name, _| {
            look_up(&environment.0, name)
                .or_else(|| look_up(values, name).map(|text| escape_query(&text)))
                .or(Some(String::new()))
        });
        // Some parts of it are known only now.
        Some(with_query(&single_line(&url), parameters.iter().copied())).filter(|link| is_redirect(link))
    }
}
