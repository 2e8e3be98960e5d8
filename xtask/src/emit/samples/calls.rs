//! Writes one call of every published operation through the generated client.

use std::fmt::{self, Write as _};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use syn::{Item, Type};

use super::value::value;
use crate::{
    documents::api::{Api, Operation},
    emit::{
        client::{arguments, signatures},
        syntax::{argument_of, is_str, last_segment, referent, spelled},
    },
};

/// The file of calls.
pub(super) fn calls(api: &Api, calls: &[Item]) -> Result<String> {
    let mut out = String::from(
        "//! One call of every published operation, with samples made from the document.\n\n\
         use frontegg_client::{Secret, enums, types};\n\n\
         use crate::{client::Call, read};\n\n\
         /// Every published operation, sorted by id.\npub static CALLS: &[Call] = &[\n",
    );
    for operation in api.published() {
        let id = &operation.id;
        let signature = signatures(calls).find(|signature| signature.ident == id);
        let values: Vec<String> = arguments(signature.with_context(|| format!("no call of {id}"))?)
            .map(|(name, ty)| Ok(argument(api, operation, &name, ty)?.to_string()))
            .collect::<Result<_>>()?;
        writeln!(
            out,
            "    Call {{ operation: {id:?}, send: |client| Box::pin(async move {{ client.{id}({}).await.map(drop) }}) }},",
            values.join(", ")
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

/// Rust source of a value for one argument of a generated call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    /// The value.
    pub(super) value: String,
    /// Whether the call borrows it.
    pub(super) borrowed: bool,
    /// Whether the call takes an `Option`.
    pub(super) optional: bool,
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.optional { ("Some(", ")") } else { ("", "") };
        let borrow = if self.borrowed { "&" } else { "" };
        write!(f, "{open}{borrow}{}{close}", self.value)
    }
}

/// A sample for an argument of a given name and type.
pub(super) fn argument(api: &Api, operation: &Operation, name: &str, ty: &Type) -> Result<Argument> {
    if name == "body" {
        let body = operation.body.as_ref().context("a body argument without a body")?;
        let value = format!("read::<{}>(r#\"{}\"#)", spelled(referent(ty)), value(api, "body", &body.schema));
        return Ok(Argument { value, borrowed: true, optional: false });
    }
    let parameter = operation
        .parameters
        .iter()
        .find(|parameter| parameter.ident() == name)
        .with_context(|| format!("{} has no parameter for {name}", operation.id))?;
    let inner = argument_of(ty, "Option");
    let taken = inner.unwrap_or(ty);
    let plain = referent(taken);
    let name = last_segment(plain).map(|segment| segment.ident.to_string()).unwrap_or_default();
    let value = match &value(api, &parameter.name, &parameter.schema) {
        // Its literal is borrowed as it stands.
        Value::String(text) if is_str(plain) => {
            return Ok(Argument { value: format!("{text:?}"), borrowed: false, optional: inner.is_some() });
        }
        Value::String(text) if name == "DateTime" => {
            format!("read::<::chrono::DateTime<::chrono::Utc>>(r#\"{text:?}\"#)")
        }
        Value::String(text) if name == "Secret" => format!("Secret::from({text:?})"),
        Value::String(text) => format!("enums::{name}::from({text:?})"),
        Value::Array(_) => bail!("{}: no sample of a list for {name}", operation.id),
        other => other.to_string(),
    };
    Ok(Argument { value, borrowed: matches!(taken, Type::Reference(_)), optional: inner.is_some() })
}
