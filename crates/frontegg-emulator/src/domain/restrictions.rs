//! Who may not come in, wherever else they are welcome: by the address that they call from, or by the domain of their
//! mail address. There are two lists of each, of those who may and of those who may not, and one of them is in force.

pub(crate) mod mail_domains;
pub(crate) mod networks;
