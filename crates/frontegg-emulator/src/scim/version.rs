//! Versions of resources, as entity tags (RFC 7644, 3.14; RFC 9110, 8.8.3 and 13.1).

/// The entity tag of a version. It is weak: other forms of the resource have it, too.
pub(crate) fn tag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// What `If-Match` or `If-None-Match` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tags {
    Any,
    /// Without the mark of weak ones.
    These(Vec<String>),
}

impl Tags {
    /// Reads a header.
    pub(crate) fn read(header: &str) -> Self {
        if header.trim() == "*" {
            return Self::Any;
        }
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        Self::These(header.split(',').map(opaque).filter(|tag| !tag.is_empty()).collect())
    }

    /// Whether a resource of that version is named.
    pub(crate) fn name(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.contains(&format!("\"{version}\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_versions() {
        for (header, names) in [
            ("*", true),
            ("W/\"3\"", true),
            ("\"3\"", true),
            ("W/\"2\", W/\"3\"", true),
            ("W/\"33\"", false),
            ("3", false),
            ("", false),
        ] {
            assert_eq!(Tags::read(header).name(3), names, "{header}");
        }
        assert!(Tags::read(&tag(7)).name(7));
    }
}
