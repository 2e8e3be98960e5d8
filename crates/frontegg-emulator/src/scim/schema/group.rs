//! The schema of groups (RFC 7643, 4.2), with users as their only members.

use super::{Attribute, Kind, ResourceType, Schema};

/// Groups.
pub(crate) static GROUP: ResourceType = ResourceType {
    name: "Group",
    endpoint: "/Groups",
    description: "Group",
    schema: Schema {
        id: "urn:ietf:params:scim:schemas:core:2.0:Group",
        name: "Group",
        description: "Group",
        attributes: &[
            Attribute::string("displayName", "Name of the group.").required().unique(),
            Attribute::new(
                "members",
                Kind::Complex(&[
                    Attribute::string("value", "Id of the member.").case_exact().immutable(),
                    Attribute::new("$ref", Kind::Reference(&["User"]), "Address of the member.")
                        .case_exact()
                        .immutable(),
                    Attribute::string("display", "Name of the member.").read_only(),
                    Attribute::string("type", "Always User.").canonical(&["User"]).immutable(),
                ]),
                "Users in the group.",
            )
            .many(),
        ],
    },
    extensions: &[],
};
