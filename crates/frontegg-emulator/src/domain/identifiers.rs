//! What people are known by: emails, a username, phone numbers. Each belongs to one person in the
//! whole environment.

pub(crate) mod emails;
pub(crate) mod lists;
pub(crate) mod phones;
pub(crate) mod usernames;

/// Whether it was shown that an address or number is the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Proven,
    Unproven,
}

impl Proof {
    pub(crate) fn is_proven(self) -> bool {
        self == Self::Proven
    }
}

/// As an administrator or the store says it.
impl From<bool> for Proof {
    fn from(verified: bool) -> Self {
        if verified { Self::Proven } else { Self::Unproven }
    }
}
