//! Paths of patches (RFC 7644, 3.5.2): an attribute, one of its parts, or those of its values that a filter chooses.

use super::{
    Error, Fault,
    filter::{Filter, check_length},
    schema::{Named, ResourceType, Schema, Target},
    syntax::Cursor,
};

/// What an operation is about.
#[derive(Clone, Debug)]
pub(crate) enum Path {
    /// All attributes of an extension.
    Extension(&'static Schema),
    /// An attribute, or a part of it; of every value, where it has several.
    Attribute(Target),
    /// Those values of an attribute, or a part of them.
    Values { target: Target, filter: Filter },
}

impl Path {
    /// Reads a path within resources of that kind.
    pub(crate) fn parse(text: &str, of: &'static ResourceType) -> Result<Self, Error> {
        check_length(text, Fault::InvalidPath)?;
        let mut cursor = Cursor::new(text);
        let name = cursor.word().ok_or_else(|| invalid("The path names no attribute"))?;
        if !cursor.sees('[') {
            if !cursor.is_at_end() {
                return Err(invalid("The path does not end where it should"));
            }
            return match of.named(name) {
                Some(Named::Attribute(target)) => Ok(Self::Attribute(target)),
                Some(Named::Extension(extension)) => Ok(Self::Extension(extension)),
                None => Err(Error::new(Fault::InvalidPath, format!("{} has no attribute of that name", of.name))),
            };
        }
        let target = of.target(name, Fault::InvalidPath)?;
        if target.part.is_some() || !target.attribute.is_many() {
            return Err(invalid("Only an attribute with several values has a filter in brackets"));
        }
        cursor.eat('[');
        let filter = Filter::parse_value_filter(&mut cursor, target)?;
        let part = if cursor.eat('.') {
            let name = cursor.word().ok_or_else(|| invalid("The name of a part is missing"))?;
            Some(target.attribute.part(name).ok_or_else(|| invalid("There is no part of that name"))?)
        } else {
            None
        };
        if !cursor.is_at_end() {
            return Err(invalid("The path does not end where it should"));
        }
        Ok(Self::Values { target: Target { part, ..target }, filter })
    }
}

fn invalid(detail: &str) -> Error {
    Error::new(Fault::InvalidPath, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::{GROUP, USER};

    #[test]
    fn paths_are_read_in_every_form() {
        for text in ["userName", "NAME.givenname", "emails", "emails.value", "active", "title"] {
            assert!(matches!(Path::parse(text, &USER), Ok(Path::Attribute(_))), "{text}");
        }
        for text in [
            "emails[type eq \"work\"]",
            "emails[type eq \"work\"].value",
            "emails[type EQ \"work\" and (primary eq true or value co \"x\")].value",
            "roles[primary eq \"True\"].value",
            "addresses[type eq \"]\"].locality",
        ] {
            assert!(matches!(Path::parse(text, &USER), Ok(Path::Values { .. })), "{text}");
        }
        assert!(matches!(Path::parse("members[value eq \"1\"]", &GROUP), Ok(Path::Values { .. })));
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert!(matches!(Path::parse(enterprise, &USER), Ok(Path::Extension(_))));
        assert!(matches!(Path::parse(&format!("{enterprise}:manager.value"), &USER), Ok(Path::Attribute(_))));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let long = "a".repeat(3 * 1024);
        for (text, fault) in [
            ("", Fault::InvalidPath),
            ("nobody", Fault::InvalidPath),
            ("name.nobody", Fault::InvalidPath),
            ("name[formatted eq \"x\"]", Fault::InvalidPath),
            ("userName[value eq \"x\"]", Fault::InvalidPath),
            ("emails.value[type eq \"work\"]", Fault::InvalidPath),
            ("emails[type eq \"work\"]x", Fault::InvalidPath),
            ("emails[type eq \"work\"].", Fault::InvalidPath),
            ("emails[type eq \"work\"].nobody", Fault::InvalidPath),
            ("emails[type eq \"work\"", Fault::InvalidFilter),
            ("emails[]", Fault::InvalidFilter),
            ("emails[nobody eq \"x\"]", Fault::InvalidFilter),
            ("userName ", Fault::InvalidPath),
            (" userName", Fault::InvalidPath),
            ("user name", Fault::InvalidPath),
            (&long, Fault::InvalidPath),
        ] {
            assert_eq!(Path::parse(text, &USER).expect_err(text).fault, fault, "{text}");
        }
    }
}
