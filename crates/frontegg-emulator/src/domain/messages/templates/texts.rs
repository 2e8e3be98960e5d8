//! Texts of SMS messages, one a type.

use std::fmt;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Map, Value};

use super::render::{fill, look_up};
use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult},
    store::{Fetch, Read, Write, entity::sms_template},
};

/// Why an SMS is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmsType {
    /// Signing in.
    Otc,
    /// The second step of a sign-in.
    MfaOtc,
    /// A new password.
    ResetPassword,
    /// Proving a number.
    PhoneVerification,
    /// Removing a number.
    PhoneDeletion,
    /// Making a phone a second factor.
    MfaEnroll,
    /// Taking a phone away as second factor.
    MfaUnenroll,
}

/// A text, built in or stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) kind: SmsType,
    pub(crate) template: String,
    /// What else its owner has stored with it.
    pub(crate) more: Map<String, Value>,
    /// When the environment's own text was first and last written.
    pub(crate) written: Option<(Timestamp, Timestamp)>,
}

impl SmsType {
    /// All types, by name.
    pub(crate) const ALL: [Self; 7] = [
        Self::MfaEnroll,
        Self::MfaOtc,
        Self::MfaUnenroll,
        Self::Otc,
        Self::PhoneDeletion,
        Self::PhoneVerification,
        Self::ResetPassword,
    ];

    /// The name that the API uses.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Otc => "OTC",
            Self::MfaOtc => "MFAOTC",
            Self::ResetPassword => "ResetPassword",
            Self::PhoneVerification => "PhoneVerification",
            Self::PhoneDeletion => "PhoneDeletion",
            Self::MfaEnroll => "MFAEnroll",
            Self::MfaUnenroll => "MFAUnenroll",
        }
    }

    /// The type of that name, or 404.
    pub(crate) fn parse(name: &str) -> DomainResult<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| DomainError::not_found("SMS template type not found"))
    }

    /// The built-in text.
    pub(crate) fn built_in(self) -> Text {
        let template = match self {
            Self::Otc => "Your sign-in code is {{code}}",
            Self::MfaOtc => "Your verification code is {{code}}",
            Self::ResetPassword => "Your code to reset your password is {{code}}",
            Self::PhoneVerification => "Your code to verify this phone number is {{code}}",
            Self::PhoneDeletion => "Your code to remove this phone number is {{code}}",
            Self::MfaEnroll => "Your code to add this phone as a second factor is {{code}}",
            Self::MfaUnenroll => "Your code to remove this phone as a second factor is {{code}}",
        };
        Text { kind: self, template: template.to_owned(), more: Map::new(), written: None }
    }
}

impl fmt::Display for SmsType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The environment's own texts, by type.
pub(crate) async fn stored(tx: &Read) -> DomainResult<Vec<Text>> {
    tx.catalog().await?.texts.iter().cloned().map(Text::try_from).collect()
}

/// The environment's own text of a type, if it has one.
pub(crate) async fn find(tx: &Read, kind: SmsType) -> DomainResult<Option<Text>> {
    let catalog = tx.catalog().await?;
    let own = catalog.texts.iter().find(|row| row.kind == kind.as_str());
    own.cloned().map(Text::try_from).transpose()
}

/// The text in force.
pub(crate) async fn in_force(tx: &Read, kind: SmsType) -> DomainResult<Text> {
    Ok(find(tx, kind).await?.unwrap_or_else(|| kind.built_in()))
}

/// Stores a text and what else comes with it, in place of what was there.
pub(crate) async fn set(
    tx: &Write,
    kind: SmsType,
    template: String,
    mut more: Map<String, Value>,
) -> DomainResult<Text> {
    for own in ["type", "createdAt", "updatedAt"] {
        more.remove(own);
    }
    let more = Value::Object(more).to_string();
    let row = sms_template::Entity::find_by_id(kind.as_str()).fetch_one(tx).await?;
    let row = if let Some(row) = row {
        let mut row = row.into_active_model();
        row.template = Set(template);
        row.more = Set(more);
        row.updated_at = Set(tx.now());
        row.update(tx).await?
    } else {
        let now = tx.now();
        let kind = kind.as_str().to_owned();
        let row = sms_template::ActiveModel {
            kind: Set(kind),
            template: Set(template),
            more: Set(more),
            created_at: Set(now),
            updated_at: Set(now),
        };
        row.insert(tx).await?
    };
    row.try_into()
}

/// Drops a text; the built-in one is back.
pub(crate) async fn delete(tx: &Write, kind: SmsType) -> DomainResult<()> {
    sms_template::Entity::delete_by_id(kind.as_str()).exec(tx).await?;
    Ok(())
}

impl TryFrom<sms_template::Model> for Text {
    type Error = DomainError;

    fn try_from(row: sms_template::Model) -> DomainResult<Self> {
        Ok(Self {
            kind: SmsType::parse(&row.kind)?,
            template: row.template,
            more: serde_json::from_str(&row.more).map_err(DomainError::internal)?,
            written: Some((row.created_at, row.updated_at)),
        })
    }
}

impl Text {
    /// The message as it leaves.
    pub(crate) fn render(&self, values: &Map<String, Value>) -> String {
        fill(&self.template, |name, _| Some(look_up(values, name).unwrap_or_default()))
    }
}
