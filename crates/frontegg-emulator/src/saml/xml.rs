//! Documents of others, read without a document type and no deeper than they can mean.

use chrono::{DateTime, NaiveDateTime};
use uppsala::{Document, NodeId, NodeKind, Parser};

use crate::clock::Timestamp;

/// How many elements may stand within one another.
const MAX_DEPTH: u32 = 64;

/// A document is not well-formed, has a document type, or is too deep.
#[derive(Debug, thiserror::Error)]
#[error("no well-formed XML without a document type, at most {MAX_DEPTH} elements deep: {0}")]
pub(crate) struct XmlError(String);

/// Reads a text as XML. The parser takes no document type, so there are no entities but those of XML itself, and it
/// reads neither files nor the net.
pub(super) fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parser = Parser::new().with_forbid_dtd(true).with_forbid_entities(true).with_max_depth(MAX_DEPTH);
    parser.parse(text).map_err(|error| XmlError(error.to_string()))
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(super) struct Element<'d> {
    document: &'d Document<'d>,
    id: NodeId,
}

/// Something in an element is not what it has to be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ContentError {
    /// There is none.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// There are several where one is meant.
    #[error("{0} stands there more than once")]
    Repeated(&'static str),
    /// It cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(&'static str),
}

impl<'d> Element<'d> {
    /// The element that holds all others.
    pub(super) fn root(document: &'d Document<'d>) -> Option<Self> {
        document.document_element().map(|id| Self { document, id })
    }

    pub(super) fn at(document: &'d Document<'d>, id: NodeId) -> Option<Self> {
        document.element(id).map(|_| Self { document, id })
    }

    pub(super) fn id(self) -> NodeId {
        self.id
    }

    pub(super) fn is(self, namespace: &str, name: &str) -> bool {
        self.document.element(self.id).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    /// The value of an attribute without a namespace, as SAML and XML Signature have them all.
    pub(super) fn attribute(self, name: &str) -> Option<&'d str> {
        let attributes = &self.document.element(self.id)?.attributes;
        let found = attributes.iter().find(|one| one.name.namespace_uri.is_none() && *one.name.local_name == *name)?;
        Some(&found.value)
    }

    /// What the element may be referred to by, in whatever namespace: readers differ in which of them they look at.
    pub(super) fn ids(self) -> impl Iterator<Item = &'d str> {
        let attributes = self.document.element(self.id).map_or(&[][..], |element| &element.attributes);
        let is_id = |name: &str| name.eq_ignore_ascii_case("ID") || name == "AssertionID";
        attributes.iter().filter(move |one| is_id(&one.name.local_name)).map(|one| &*one.value)
    }

    pub(super) fn parent(self) -> Option<Self> {
        Self::at(self.document, self.document.parent(self.id)?)
    }

    /// The elements directly in this one.
    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        document.children_iter(self.id).filter_map(move |id| Self::at(document, id))
    }

    pub(super) fn children_named(self, namespace: &str, name: &str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.is(namespace, name))
    }

    /// The only child of that name, if there is any.
    pub(super) fn optional(self, namespace: &str, name: &'static str) -> Result<Option<Self>, ContentError> {
        let mut found = self.children_named(namespace, name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(ContentError::Repeated(name)),
            (first, None) => Ok(first),
        }
    }

    /// The only child of that name.
    pub(super) fn required(self, namespace: &str, name: &'static str) -> Result<Self, ContentError> {
        self.optional(namespace, name)?.ok_or(ContentError::Missing(name))
    }

    /// This element and all within, from the top.
    pub(super) fn all(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        let within = document.descendants(self.id).into_iter().filter_map(move |id| Self::at(document, id));
        std::iter::once(self).chain(within)
    }

    /// The whole text, whatever comments stand in it, without blanks around; none where elements stand in it.
    pub(super) fn text(self) -> Option<String> {
        let mut text = String::new();
        for id in self.document.children_iter(self.id) {
            match self.document.node_kind(id)? {
                NodeKind::Text(part) | NodeKind::CData(part) => text.push_str(part),
                NodeKind::Comment(_) | NodeKind::ProcessingInstruction(_) => {}
                _ => return None,
            }
        }
        Some(text.trim().to_owned())
    }

    /// All text in the element and in those within, as it stands.
    pub(super) fn whole_text(self) -> String {
        self.document.text_content_deep(self.id)
    }

    /// A moment in an attribute, if it is there.
    pub(super) fn moment(self, name: &'static str) -> Result<Option<Timestamp>, ContentError> {
        let read = |text| moment(text).ok_or(ContentError::Unreadable(name));
        self.attribute(name).map(read).transpose()
    }

    /// A yes or no in an attribute (`xs:boolean`), if it is there.
    pub(super) fn boolean(self, name: &'static str) -> Result<Option<bool>, ContentError> {
        match self.attribute(name).map(str::trim) {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(ContentError::Unreadable(name)),
        }
    }
}

/// `xs:dateTime`, which is meant in UTC where it names no zone (Core 1.3.3).
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc());
    let moment = zoned.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|it| it.and_utc()));
    moment.ok().map(Timestamp::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_with_a_type_or_without_an_end_are_refused() {
        let deep = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parse(&deep(64)).is_ok());
        for text in ["", "<a>", "<a/><b/>", "<!DOCTYPE a><a/>", "<a>&b;</a>", "<x:a/>", "<a b='1' b='2'/>", &deep(65)] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn text_is_whole() {
        let document = parse("<a> one<!-- -->two<![CDATA[<3]]>&amp;<?pi?> </a>").expect("well-formed");
        assert_eq!(Element::root(&document).and_then(Element::text).as_deref(), Some("onetwo<3&"));
        let document = parse("<a>one<b/></a>").expect("well-formed");
        assert_eq!(Element::root(&document).and_then(Element::text), None);
    }

    #[test]
    fn attributes_are_those_without_a_namespace() {
        let document = parse("<a xmlns:x='urn:x' x:ID='other' ID='own'/>").expect("well-formed");
        assert_eq!(Element::root(&document).and_then(|root| root.attribute("ID")), Some("own"));
    }

    #[test]
    fn moments_are_utc() {
        let moments = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T04:04:05.000+01:00"];
        let read: Vec<_> = moments.into_iter().map(moment).collect();
        assert_eq!(read, [Some(Timestamp::from_micros(1_767_323_045_000_000)); 3]);
        for text in ["", "2026-01-02", "tomorrow", "12026-01-02T03:04:05Z"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
