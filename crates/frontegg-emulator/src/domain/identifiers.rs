//! What people are known by: emails, a username, phone numbers. Each belongs to one person in the
//! whole environment.

pub(crate) mod emails;
pub(crate) mod lists;
pub(crate) mod phones;
pub(crate) mod usernames;
