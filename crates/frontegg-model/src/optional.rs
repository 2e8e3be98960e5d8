//! What optional members of requests are set to: a value, or an `Option` of one.

/// The forms in which an optional member is given. They only tell implementations apart; nobody names them.
pub mod form {
    /// As a value.
    #[derive(Debug)]
    pub enum Value {}
    /// As an `Option` of a value.
    #[derive(Debug)]
    pub enum Option {}
}

/// What an optional text is set to: anything that becomes one, or an `Option` of it.
///
/// `None` leaves the member out. Written out it says nothing of its type; one leaves out the setter instead.
///
/// ```
/// use frontegg_model::types::CreateUserDto;
///
/// let known: Option<String> = None;
/// let user = CreateUserDto::new().email("ada@acme.test").name(Some("Ada")).phone_number(known);
/// assert_eq!(user.name.as_deref(), Some("Ada"));
/// assert_eq!(user.phone_number, None);
/// ```
pub trait Optional<T, Form> {
    /// The member's value.
    fn into_optional(self) -> Option<T>;
}

impl<T, V: Into<T>> Optional<T, form::Value> for V {
    fn into_optional(self) -> Option<T> {
        Some(self.into())
    }
}

impl<T, V: Into<T>> Optional<T, form::Option> for Option<V> {
    fn into_optional(self) -> Option<T> {
        self.map(Into::into)
    }
}

/// What an optional list is set to: anything that gives what becomes its items, or an `Option` of it.
///
/// ```
/// use frontegg_model::types::CreateUserDto;
///
/// let known = Some(vec!["viewer".to_owned()]);
/// assert_eq!(CreateUserDto::new().role_ids(["admin"]).role_ids.unwrap(), ["admin"]);
/// assert_eq!(CreateUserDto::new().role_ids(known).role_ids.unwrap(), ["viewer"]);
/// ```
pub trait OptionalList<T, Form> {
    /// The member's value.
    fn into_optional_list(self) -> Option<Vec<T>>;
}

impl<T, L: IntoIterator<Item = V>, V: Into<T>> OptionalList<T, form::Value> for L {
    fn into_optional_list(self) -> Option<Vec<T>> {
        Some(self.into_iter().map(Into::into).collect())
    }
}

impl<T, L: IntoIterator<Item = V>, V: Into<T>> OptionalList<T, form::Option> for Option<L> {
    fn into_optional_list(self) -> Option<Vec<T>> {
        self.map(|list| list.into_iter().map(Into::into).collect())
    }
}
