//! The schema of users and its extension for enterprises (RFC 7643, 4.1 and 4.3), but for passwords, which are not kept.

use super::{Attribute, Kind, ResourceType, Schema};

const VALUE: &str = "The value.";
const DISPLAY: &str = "What people see of it.";
const TYPE: &str = "What it is for.";
const PRIMARY: &str = "Whether it is the preferred one; at most one is.";

const fn primary() -> Attribute {
    Attribute::new("primary", Kind::Boolean, PRIMARY)
}

const fn display() -> Attribute {
    Attribute::string("display", DISPLAY)
}

/// Several of something, each a text.
const fn labelled(name: &'static str, description: &'static str) -> Attribute {
    const PARTS: &[Attribute] =
        &[Attribute::string("value", VALUE), display(), Attribute::string("type", TYPE), primary()];
    Attribute::new(name, Kind::Complex(PARTS), description).many()
}

/// Users.
pub(crate) static USER: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "User Account",
    schema: Schema {
        id: "urn:ietf:params:scim:schemas:core:2.0:User",
        name: "User",
        description: "User Account",
        attributes: &[
            Attribute::string("userName", "Name that the identity provider knows the user by.").required().unique(),
            Attribute::new(
                "name",
                Kind::Complex(&[
                    Attribute::string("formatted", "Full name, for display."),
                    Attribute::string("familyName", "Family name."),
                    Attribute::string("givenName", "Given name."),
                    Attribute::string("middleName", "Middle names."),
                    Attribute::string("honorificPrefix", "Title before the name."),
                    Attribute::string("honorificSuffix", "What follows the name."),
                ]),
                "Parts of the user's name.",
            ),
            Attribute::string("displayName", "Name for display."),
            Attribute::string("nickName", "Casual name."),
            Attribute::new("profileUrl", Kind::Reference(&["external"]), "Address of a profile.").case_exact(),
            Attribute::string("title", "Title, such as Vice President."),
            Attribute::string("userType", "Relation to the organization, such as Contractor."),
            Attribute::string("preferredLanguage", "Preferred languages, as in Accept-Language."),
            Attribute::string("locale", "Locale for numbers and dates."),
            Attribute::string("timezone", "Time zone, as the IANA database has it."),
            Attribute::new("active", Kind::Boolean, "Whether the user may sign in; true when absent."),
            Attribute::new(
                "emails",
                Kind::Complex(&[
                    Attribute::string("value", "Email address."),
                    display(),
                    Attribute::string("type", TYPE).canonical(&["work", "home", "other"]),
                    primary(),
                ]),
                "Email addresses.",
            )
            .many(),
            Attribute::new(
                "phoneNumbers",
                Kind::Complex(&[
                    Attribute::string("value", "Phone number."),
                    display(),
                    Attribute::string("type", TYPE).canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
                    primary(),
                ]),
                "Phone numbers.",
            )
            .many(),
            Attribute::new(
                "ims",
                Kind::Complex(&[
                    Attribute::string("value", "Address of instant messages."),
                    display(),
                    Attribute::string("type", TYPE),
                    primary(),
                ]),
                "Addresses of instant messages.",
            )
            .many(),
            Attribute::new(
                "photos",
                Kind::Complex(&[
                    Attribute::new("value", Kind::Reference(&["external"]), "Address of a picture.").case_exact(),
                    display(),
                    Attribute::string("type", TYPE).canonical(&["photo", "thumbnail"]),
                    primary(),
                ]),
                "Pictures.",
            )
            .many(),
            Attribute::new(
                "addresses",
                Kind::Complex(&[
                    Attribute::string("formatted", "Whole address, for display or labels."),
                    Attribute::string("streetAddress", "Street and house, maybe in several lines."),
                    Attribute::string("locality", "City."),
                    Attribute::string("region", "State or region."),
                    Attribute::string("postalCode", "Postal code."),
                    Attribute::string("country", "Country, in two letters."),
                    Attribute::string("type", TYPE).canonical(&["work", "home", "other"]),
                    primary(),
                ]),
                "Postal addresses.",
            )
            .many(),
            Attribute::new(
                "groups",
                Kind::Complex(&[
                    Attribute::string("value", "Id of the group.").case_exact().read_only(),
                    Attribute::new("$ref", Kind::Reference(&["Group"]), "Address of the group.")
                        .case_exact()
                        .read_only(),
                    Attribute::string("display", "Name of the group.").read_only(),
                    Attribute::string("type", "Always direct.").canonical(&["direct"]).read_only(),
                ]),
                "Groups that the user is in.",
            )
            .many()
            .read_only(),
            labelled("entitlements", "Entitlements."),
            labelled("roles", "Roles at the identity provider."),
            Attribute::new(
                "x509Certificates",
                Kind::Complex(&[
                    Attribute::new("value", Kind::Binary, "Certificate in base64.").case_exact(),
                    display(),
                    Attribute::string("type", TYPE),
                    primary(),
                ]),
                "Certificates.",
            )
            .many(),
        ],
    },
    extensions: &[Schema {
        id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        name: "EnterpriseUser",
        description: "Enterprise User",
        attributes: &[
            Attribute::string("employeeNumber", "Identifier within the organization."),
            Attribute::string("costCenter", "Cost center."),
            Attribute::string("organization", "Organization."),
            Attribute::string("division", "Division."),
            Attribute::string("department", "Department."),
            Attribute::new(
                "manager",
                Kind::Complex(&[
                    Attribute::string("value", "Id of the manager.").case_exact(),
                    Attribute::new("$ref", Kind::Reference(&["User"]), "Address of the manager.").case_exact(),
                    Attribute::string("displayName", "Name of the manager.").read_only(),
                ]),
                "Manager of the user.",
            ),
        ],
    }],
};
