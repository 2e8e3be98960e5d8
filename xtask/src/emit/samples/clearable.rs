//! Writes, for every member that a request can leave alone, clear or set, a call that does so: for the
//! test that looks at what is sent.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::Value;
use syn::Item;

use super::{calls::argument, value::value};
use crate::{
    documents::{
        api::{Api, members},
        prepare::clearable_members,
    },
    emit::{
        client::{arguments, signatures},
        syntax::{referent, spelled},
    },
};

/// Schema and member.
type Member = (String, String);

/// The file with the calls.
pub(super) fn clearable(api: &Api, calls: &[Item]) -> Result<String> {
    let mut out = String::from(
        "//! Every member of a request that can be left alone, cleared or set.\n\n\
         use frontegg_client::types;\n\n\
         use crate::{client::Clearable, read};\n\n\
         /// Every such member, by operation.\npub static CLEARABLE: &[Clearable] = &[\n",
    );
    let clearable = clearable_members(&api.document);
    for operation in api.published() {
        let id = &operation.id;
        let Some(request) = &operation.body else { continue };
        let mut places = Vec::new();
        find(&api.document, &request.schema, "", &clearable, &mut places);
        if places.is_empty() {
            continue;
        }
        let signature = signatures(calls).find(|signature| signature.ident == id);
        let values: Vec<String> = arguments(signature.with_context(|| format!("no call of {id}"))?)
            .map(|(name, ty)| match name.as_str() {
                "body" => Ok(format!("&read::<{}>(sample)", spelled(referent(ty)))),
                _ => Ok(argument(api, operation, &name, ty)?.to_string()),
            })
            .collect::<Result<_>>()?;
        let (sample, values) = (value(api, "body", &request.schema), values.join(", "));
        for place in places {
            writeln!(
                out,
                "    Clearable {{ operation: {id:?}, place: {place:?}, sample: r#\"{sample}\"#, \
                 send: |client, sample| Box::pin(async move {{ client.{id}({values}).await.map(drop) }}) }},"
            )?;
        }
    }
    out.push_str("];\n");
    Ok(out)
}

/// Notes the JSON pointers at which a sample of a schema has such members.
fn find(document: &Value, schema: &Value, place: &str, clearable: &[Member], places: &mut Vec<String>) {
    if place.matches('/').count() > 6 {
        // A schema that contains itself ends here.
        return;
    }
    let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/"));
    if let Some(name) = name {
        let target = &document["components"]["schemas"][name];
        for (property, _) in members(target, "properties") {
            if clearable.iter().any(|(schema, member)| schema == name && member == property) {
                places.push(format!("{place}/{property}"));
            }
        }
        return find(document, target, place, clearable, places);
    }
    for choice in ["allOf", "oneOf"] {
        // As samples do.
        if let Some(first) = schema[choice].as_array().and_then(|list| list.first()) {
            return find(document, first, place, clearable, places);
        }
    }
    if schema["type"] == "array" {
        return find(document, &schema["items"], &format!("{place}/0"), clearable, places);
    }
    for (property, value) in members(schema, "properties") {
        find(document, value, &format!("{place}/{property}"), clearable, places);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_found_wherever_they_stand() {
        let reference = json!({ "$ref": "#/components/schemas/Person" });
        let document = json!({ "components": { "schemas": {
            "People": { "type": "object", "properties": {
                "first": { "allOf": [reference], "description": "The first." },
                "all": { "type": "array", "items": reference },
            } },
            "Person": { "type": "object", "properties": { "id": {}, "picture": { "nullable": true } } },
        } } });
        let clearable = [("Person".to_owned(), "picture".to_owned())];
        let mut places = Vec::new();
        find(&document, &json!({ "$ref": "#/components/schemas/People" }), "", &clearable, &mut places);
        assert_eq!(places, ["/first/picture", "/all/0/picture"]);
    }
}
