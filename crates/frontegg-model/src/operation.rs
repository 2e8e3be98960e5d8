//! The rows of the table of operations.

use crate::generated::operations::OPERATIONS;

/// One operation of the API, as declared by the OpenAPI documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "independent columns of a table")]
pub struct Operation {
    /// Our name of the operation, snake_case and unique, e.g. `list_users_v3`.
    pub id: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Full path template under the base URL, e.g. `/identity/resources/roles/v1/{roleId}`.
    pub path: &'static str,
    /// Tag in the reference, e.g. `User Management`.
    pub tag: &'static str,
    /// Category in the reference.
    pub category: Category,
    /// Which bearer token the operation takes.
    pub token: Token,
    /// Whether a call with an environment token must name a tenant (`frontegg-tenant-id`).
    pub tenant: Need,
    /// Whether a call with an environment token must name a user (`frontegg-user-id`).
    pub user: Need,
    /// What a user's or API token needs.
    pub permission: Permission,
    /// Whether the operation reads `frontegg-application-id`.
    pub application: bool,
    /// Documented success status.
    pub status: u16,
    /// Whether repeating the request has the same effect as sending it once (RFC 9110 §9.2.2).
    pub idempotent: bool,
    /// Whether the operation lists page by page: by `_limit` and `_offset`, or by `count` and `offset`.
    pub paged: bool,
    /// Whether the vendor documents the operation. The SDK offers only those that are.
    pub published: bool,
    /// Schema of the request body, if there is one.
    pub request: Option<&'static str>,
    /// Schema of the answer, if there is one.
    pub answer: Option<&'static str>,
    /// Media type of an answer that is a file, e.g. `text/csv`.
    pub file: Option<&'static str>,
}

/// Finds an operation by its id.
///
/// ```
/// let operation = frontegg_model::operation("create_roles_v1").expect("documented");
/// assert_eq!(operation.path, "/identity/resources/roles/v1");
/// ```
pub fn operation(id: &str) -> Option<&'static Operation> {
    let at = OPERATIONS.binary_search_by(|row| row.id.cmp(id)).ok()?;
    Some(&OPERATIONS[at])
}

/// Says that no operation has that id, and which ones are spelled nearly so.
///
/// ```
/// let told = frontegg_model::no_operation("list_rolls_v1");
/// assert!(told.starts_with("there is no operation list_rolls_v1; did you mean list_roles_v1"), "{told}");
/// assert_eq!(frontegg_model::no_operation("fly"), "there is no operation fly");
/// ```
pub fn no_operation(id: &str) -> String {
    /// From 0, nothing alike, to 1, the same: by the measure of Jaro and Winkler.
    const NEAR: f64 = 0.9;
    let mut near: Vec<_> = OPERATIONS
        .iter()
        .map(|row| (strsim::jaro_winkler(id, row.id), row.id))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let near: Vec<_> = near.into_iter().take(3).map(|(_, id)| id).collect();
    if near.is_empty() {
        return format!("there is no operation {id}");
    }
    format!("there is no operation {id}; did you mean {}?", near.join(" or "))
}

/// What a user's or API token needs to call an operation. The environment's token needs nothing.
///
/// What depends on the object is no permission: that nobody manages people or roles stronger than themselves, or what lies
/// outside their tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// One of the permissions with these keys, or one that [covers](covers) it.
    OneOf(&'static [&'static str]),
    /// The same, unless `{userId}` of the path is the caller's own id.
    OneOfForOthers(&'static [&'static str]),
    /// None: the data is the caller's own.
    Own,
    /// None: whoever has such a token may. The documents say why.
    Open,
    /// No such token is taken.
    NotApplicable,
}

impl Permission {
    /// The keys of the permissions of which one is needed; none where none is.
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::OneOf(keys) | Self::OneOfForOthers(keys) => keys,
            Self::Own | Self::Open | Self::NotApplicable => &[],
        }
    }

    /// Whether somebody with these permissions may make a call about themselves or others.
    ///
    /// ```
    /// use frontegg_model::{About, operation};
    ///
    /// let remove = operation("remove_user").expect("documented").permission;
    /// assert!(remove.admits(["fe.secure.*"], About::Others));
    /// assert!(!remove.admits(["fe.secure.read.users"], About::Others));
    /// assert!(remove.admits::<&str>([], About::Oneself), "people may leave");
    /// ```
    pub fn admits<T: AsRef<str>>(self, held: impl IntoIterator<Item = T>, about: About) -> bool {
        let asked = match (self, about) {
            (Self::OneOfForOthers(_), About::Oneself) => &[],
            _ => self.keys(),
        };
        asked.is_empty() || held.into_iter().any(|held| asked.iter().any(|asked| covers(held.as_ref(), asked)))
    }
}

/// Whom a call is about, as far as its path says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// The caller.
    Oneself,
    /// Somebody else, or nobody.
    Others,
}

/// Whether a permission that is held covers one that is asked for: it is the same, or ends in `*` and the other begins
/// as it does before that.
///
/// ```
/// use frontegg_model::covers;
/// assert!(covers("fe.secure.*", "fe.secure.write.users") && covers("*", "fe.secure.write.users"));
/// assert!(!covers("fe.secure.write", "fe.secure.write.users") && !covers("fe.secure.*", "fe.secure"));
/// ```
pub fn covers(held: &str, asked: &str) -> bool {
    match held.strip_suffix('*') {
        Some(prefix) => asked.starts_with(prefix),
        None => held == asked,
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The name as the documents spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

named! {
    /// HTTP method of an operation.
    Method {
        /// Reads.
        Get = "GET",
        /// Creates or acts.
        Post = "POST",
        /// Replaces.
        Put = "PUT",
        /// Changes in part.
        Patch = "PATCH",
        /// Removes.
        Delete = "DELETE",
    }
}

named! {
    /// Category of an operation in the vendor's reference.
    Category {
        /// Signing in: no token, or the user's.
        Authentication = "authentication",
        /// Administration of the environment.
        Management = "management",
        /// What users and tenants do for themselves.
        SelfService = "self-service",
        /// Applications, and who may use them.
        Applications = "applications",
        /// Accounts (tenants) and their hierarchy.
        Tenants = "tenants",
    }
}

named! {
    /// Kind of bearer token that an operation takes.
    Token {
        /// No token.
        None = "none",
        /// A user's token (or an API token, which counts as one).
        User = "user",
        /// The environment's token, from client id and API key.
        Environment = "environment",
        /// Either of the two.
        EnvironmentOrUser = "environment_or_user",
    }
}

named! {
    /// Whether a call with the environment token must name a tenant or a user.
    Need {
        /// The operation has no such header.
        None = "none",
        /// The header narrows the call.
        Optional = "optional",
        /// Without the header the call is refused.
        Required = "required",
    }
}
