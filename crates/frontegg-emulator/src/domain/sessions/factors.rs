//! By what people prove who they are, and what a token says of it.

use serde::{Deserialize, Serialize};

/// What the person has proven first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FirstFactor {
    Password,
    /// The code of a mail.
    EmailCode,
    /// The link of a mail.
    MagicLink,
    SmsCode,
    /// The token of an activation mail.
    Activation,
    /// Nothing: they have just come.
    SignUp,
    /// A device that checks its owner.
    Passkey,
    /// A provider of social sign-in says who it is.
    Social,
    /// The identity provider of a tenant says so.
    SingleSignOn,
}

impl FirstFactor {
    /// What the token says about it in `amr`.
    pub(crate) fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::EmailCode | Self::MagicLink | Self::SmsCode => &["otp"],
            Self::Passkey => &["hwk", "mfa"],
            Self::Social | Self::SingleSignOn => &["sso"],
            Self::Activation | Self::SignUp => &[],
        }
    }

    /// What a session that is raised later began with, as far as that still counts.
    pub(crate) fn from_amr(amr: &str) -> Self {
        match amr.split_whitespace().next() {
            Some("pwd") => Self::Password,
            Some("otp") => Self::EmailCode,
            Some("hwk") => Self::Passkey,
            Some("sso") => Self::Social,
            _ => Self::SignUp,
        }
    }
}

/// What the person has proven second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecondFactor {
    /// The code of an authenticator app.
    Totp,
    Sms,
    EmailCode,
    WebAuthn,
}

impl SecondFactor {
    /// What the token says in `amr` where this was given after that.
    pub(crate) fn amr_after(self, first: FirstFactor) -> Vec<&'static str> {
        let first = first.amr().iter().copied().filter(|proof| *proof != self.proof());
        first.chain(["mfa", self.proof()]).collect()
    }

    /// What the token says about it in `amr`, besides `mfa`.
    fn proof(self) -> &'static str {
        match self {
            Self::Totp | Self::EmailCode => "otp",
            Self::Sms => "sms",
            Self::WebAuthn => "hwk",
        }
    }
}
