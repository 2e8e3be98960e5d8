//! Schemas: which attributes a resource has, and what holds of each (RFC 7643, 2.2 and 7).

mod group;
mod user;

use super::{Error, Fault};

pub(crate) use group::GROUP;
pub(crate) use user::USER;

/// The kind of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    String,
    Boolean,
    DateTime,
    Binary,
    /// An address, of these kinds of things.
    Reference(&'static [&'static str]),
    /// An object of these.
    Complex(&'static [Attribute]),
}

/// Who may set an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutability {
    ReadOnly,
    ReadWrite,
    /// Set once, with what it is part of.
    Immutable,
}

/// When an attribute is in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    Always,
    Default,
}

/// How often a value may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uniqueness {
    None,
    /// Once in a connection.
    Server,
}

/// How many values an attribute has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    One,
    Many,
}

/// An attribute, or a part of a complex one.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) kind: Kind,
    pub(crate) count: Count,
    pub(crate) is_required: bool,
    pub(crate) is_case_exact: bool,
    pub(crate) mutability: Mutability,
    pub(crate) returned: Returned,
    pub(crate) uniqueness: Uniqueness,
    /// Values that one might find; others are taken as well.
    pub(crate) canonical: &'static [&'static str],
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            description,
            kind,
            count: Count::One,
            is_required: false,
            is_case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical: &[],
        }
    }

    const fn string(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::String, description)
    }

    const fn many(self) -> Self {
        Self { count: Count::Many, ..self }
    }

    const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    const fn case_exact(self) -> Self {
        Self { is_case_exact: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    const fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    const fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    const fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    const fn canonical(self, values: &'static [&'static str]) -> Self {
        Self { canonical: values, ..self }
    }

    pub(crate) fn is_many(&self) -> bool {
        self.count == Count::Many
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// Its parts; none where it is not complex.
    pub(crate) fn parts(&self) -> &'static [Self] {
        match self.kind {
            Kind::Complex(parts) => parts,
            _ => &[],
        }
    }

    /// The part of that name, in any letter case.
    pub(crate) fn part(&self, name: &str) -> Option<&'static Self> {
        self.parts().iter().find(|part| part.name.eq_ignore_ascii_case(name))
    }

    /// What is compared of it where no part is named: `value`, as most complex ones have it.
    pub(crate) fn compared(&'static self) -> Option<&'static Self> {
        match self.kind {
            Kind::Complex(_) => self.part("value"),
            _ => Some(self),
        }
    }
}

/// A schema.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of that name, in any letter case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A kind of resource.
#[derive(Debug)]
pub(crate) struct ResourceType {
    pub(crate) name: &'static str,
    /// Below the base of the server.
    pub(crate) endpoint: &'static str,
    pub(crate) description: &'static str,
    pub(crate) schema: Schema,
    pub(crate) extensions: &'static [Schema],
}

/// What every resource has (RFC 7643, 3.1).
const COMMON: &[Attribute] = &[
    Attribute::string("schemas", "Schemas of the resource.").many().case_exact().read_only().always(),
    Attribute::string("id", "Identifier that the server gave.").case_exact().read_only().always(),
    Attribute::string("externalId", "Identifier that the client gave.").case_exact(),
    Attribute::new(
        "meta",
        Kind::Complex(&[
            Attribute::string("resourceType", "Kind of the resource.").case_exact().read_only(),
            Attribute::new("created", Kind::DateTime, "Time of creation.").read_only(),
            Attribute::new("lastModified", Kind::DateTime, "Time of the last change.").read_only(),
            Attribute::new("location", Kind::Reference(&["uri"]), "Address of the resource.").case_exact().read_only(),
            Attribute::string("version", "Version of the resource, as the header ETag has it.")
                .case_exact()
                .read_only(),
        ]),
        "What the server knows of the resource.",
    )
    .read_only(),
];

/// An attribute of a kind of resources, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// The extension, where it is of one.
    pub(crate) extension: Option<&'static Schema>,
    pub(crate) attribute: &'static Attribute,
    pub(crate) part: Option<&'static Attribute>,
}

/// What a name without filter means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    Attribute(Target),
    /// All attributes of an extension.
    Extension(&'static Schema),
}

impl ResourceType {
    /// The extension whose schema has that id, in any letter case.
    pub(crate) fn extension(&self, id: &str) -> Option<&'static Schema> {
        self.extensions.iter().find(|extension| extension.id.eq_ignore_ascii_case(id))
    }

    /// The attribute of that name that is of no extension.
    pub(crate) fn core(&self, name: &str) -> Option<&'static Attribute> {
        let common = COMMON.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        common.or_else(|| self.schema.attribute(name))
    }

    /// What `userName`, `name.givenName`, `urn:…:User:name` or the id of an extension means (RFC 7644, 3.10).
    pub(crate) fn named(&self, text: &str) -> Option<Named> {
        let (schema, rest) = self.split_schema(text);
        let extension = schema.and_then(|schema| self.extension(schema.id));
        if rest.is_empty() {
            return extension.map(Named::Extension);
        }
        let (name, part) = match rest.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (rest, None),
        };
        let attribute = match extension {
            Some(extension) => extension.attribute(name)?,
            None => self.core(name)?,
        };
        let part = match part {
            Some(part) => Some(attribute.part(part)?),
            None => None,
        };
        Some(Named::Attribute(Target { extension, attribute, part }))
    }

    /// The schema that a name begins with, and the rest of it.
    fn split_schema<'t>(&self, text: &'t str) -> (Option<&Schema>, &'t str) {
        for schema in self.extensions.iter().chain([&self.schema]) {
            let Some((id, rest)) = text.split_at_checked(schema.id.len()) else { continue };
            if id.eq_ignore_ascii_case(schema.id)
                && let Some(rest) = if rest.is_empty() { Some(rest) } else { rest.strip_prefix(':') }
            {
                return (Some(schema), rest);
            }
        }
        (None, text)
    }

    /// The same where an attribute is meant.
    pub(crate) fn target(&self, text: &str, fault: Fault) -> Result<Target, Error> {
        match self.named(text) {
            Some(Named::Attribute(target)) => Ok(target),
            _ => Err(Error::new(fault, format!("{} has no attribute of that name", self.name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_form() {
        for (name, attribute, part) in [
            ("USERNAME", "userName", None),
            ("name.GivenName", "name", Some("givenName")),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName", None),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", "manager", Some("value")),
            ("meta.created", "meta", Some("created")),
            ("externalid", "externalId", None),
        ] {
            let target = USER.target(name, Fault::InvalidPath).expect(name);
            assert_eq!((target.attribute.name, target.part.map(|part| part.name)), (attribute, part), "{name}");
        }
        let extension = "urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User";
        assert!(matches!(USER.named(extension), Some(Named::Extension(_))));
        for name in ["", "nobody", "name.nobody", "userName.x", "department", "urn:x:userName", ":", "."] {
            assert!(USER.target(name, Fault::InvalidPath).is_err(), "{name}");
        }
    }
}
