//! Which check refuses an answer, and why.

use std::borrow::Cow;

/// A check, by its number. Some are made by whoever keeps sign-ins and connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Check {
    /// It is base64 of UTF-8, and not too long.
    Encoding = 1,
    /// It is well-formed, not too deep, and has no document type.
    Xml = 2,
    /// It is a response with one assertion, at its place.
    Shape = 3,
    /// No ID stands there twice.
    Ids = 4,
    /// The provider tells of success.
    Status = 5,
    /// A sign-in is under way that it can be an answer to.
    SignIn = 6,
    /// Response, assertion or both are signed, and every signature is valid.
    Signature = 7,
    /// Every signature covers the element it stands in, and nothing else.
    Reference = 8,
    /// Algorithms are strong, and have keys with a public half.
    Algorithm = 9,
    /// The key is one of the connection.
    Key = 10,
    /// It was sent to the address that it reached.
    Destination = 12,
    /// It is of the provider that was asked.
    Issuer = 13,
    /// It is to the request that was made.
    Request = 14,
    /// The subject is confirmed by bearer, to us, and in time.
    Confirmation = 15,
    /// Its conditions hold now.
    Conditions = 16,
    /// It is meant for us.
    Audience = 17,
    /// It tells of an authentication.
    Statement = 18,
    /// It was not accepted before.
    Replay = 19,
    /// The provider may speak for the person.
    Person = 20,
}

impl Check {
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    pub(crate) fn refuses(self, reason: impl Into<Cow<'static, str>>) -> Refused {
        Refused { check: self, reason: reason.into() }
    }
}

/// An answer that is not accepted. The reason is for logs and operators: whoever sent the answer must not learn it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("check {}: {reason}", check.number())]
pub(crate) struct Refused {
    pub(crate) check: Check,
    /// Tells nothing of what the assertion says of people.
    pub(crate) reason: Cow<'static, str>,
}
