//! What a server tells of itself: what it can do, its kinds of resources, its schemas (RFC 7643, 5 to 7; RFC 7644, 4).

use serde_json::{Value, json};

use super::{
    message::MOST,
    schema::{Attribute, GROUP, Kind, Mutability, ResourceType, Returned, Schema, USER, Uniqueness},
};

/// All kinds of resources.
pub(crate) const RESOURCE_TYPES: [&ResourceType; 2] = [&USER, &GROUP];

/// What the server below `base` can do.
pub(crate) fn service_provider_config(base: &str) -> Value {
    let no = json!({ "supported": false });
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MOST },
        "changePassword": no,
        "sort": no,
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The token that the connection was created with.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}

/// The kinds of resources of the server below `base`.
pub(crate) fn resource_types(base: &str) -> Vec<Value> {
    RESOURCE_TYPES.iter().map(|of| resource_type(base, of)).collect()
}

fn resource_type(base: &str, of: &ResourceType) -> Value {
    let extensions: Vec<Value> =
        of.extensions.iter().map(|extension| json!({ "schema": extension.id, "required": false })).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": of.name,
        "name": of.name,
        "endpoint": of.endpoint,
        "description": of.description,
        "schema": of.schema.id,
        "schemaExtensions": extensions,
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", of.name) },
    })
}

/// The schemas of the server below `base`.
pub(crate) fn schemas(base: &str) -> Vec<Value> {
    let all = RESOURCE_TYPES.iter().flat_map(|of| std::iter::once(&of.schema).chain(of.extensions));
    all.map(|schema| shown(base, schema)).collect()
}

fn shown(base: &str, schema: &Schema) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{}", schema.id) },
    })
}

fn attribute(of: &Attribute) -> Value {
    let kind = match of.kind {
        Kind::String => "string",
        Kind::Boolean => "boolean",
        Kind::DateTime => "dateTime",
        Kind::Binary => "binary",
        Kind::Reference(_) => "reference",
        Kind::Complex(_) => "complex",
    };
    let mutability = match of.mutability {
        Mutability::ReadOnly => "readOnly",
        Mutability::ReadWrite => "readWrite",
        Mutability::Immutable => "immutable",
    };
    let returned = match of.returned {
        Returned::Always => "always",
        Returned::Default => "default",
    };
    let uniqueness = match of.uniqueness {
        Uniqueness::None => "none",
        Uniqueness::Server => "server",
    };
    let mut shown = json!({
        "name": of.name,
        "type": kind,
        "multiValued": of.is_many(),
        "description": of.description,
        "required": of.is_required,
        "caseExact": of.is_case_exact,
        "mutability": mutability,
        "returned": returned,
        "uniqueness": uniqueness,
    });
    if !of.canonical.is_empty() {
        shown["canonicalValues"] = json!(of.canonical);
    }
    match of.kind {
        Kind::Reference(types) => shown["referenceTypes"] = json!(types),
        Kind::Complex(parts) => shown["subAttributes"] = parts.iter().map(attribute).collect(),
        _ => {}
    }
    shown
}
