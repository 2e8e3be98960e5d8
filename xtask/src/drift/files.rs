//! The comparison over files: which published document is which of ours, and whether it can be read at all.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use super::{
    Report, compare,
    operations::{operations, server_path},
    render::text,
    repair::Repair,
};
use crate::documents::{self, escape};

/// Our documents that mirror a published one.
const NAMES: [&str; 7] = ["identity", "tenants", "applications", "sso", "audits", "scim", "environment"];
const ENDINGS: [&str; 6] = ["json", "yaml", "yml", "structure.json", "structure.yaml", "structure.yml"];

/// Compares published documents with ours and writes the report.
///
/// `upstream` is one document or a folder with some of them, by their names, as `.json` or `.yaml`; `ours` is the folder of our documents and of `repairs.yaml`. With `check` the text ends in what to do about the
/// findings; with `json` the report is JSON and has the explained differences too.
///
/// Returns whether there are unexplained differences or stale repairs.
pub fn run(upstream: &Path, ours: &Path, check: bool, json: bool, out: &mut dyn Write) -> Result<bool> {
    let repairs = repairs(&ours.join("repairs.yaml"))?;
    let mut reports: Vec<Report> = Vec::new();
    let mut absent = Vec::new();
    if upstream.is_dir() {
        for name in NAMES {
            match find(upstream, name)? {
                Some(file) => reports.push(compare(&checked(&file)?, &our_document(ours, name)?, &repairs, name)),
                None => absent.push(name),
            }
        }
        if reports.is_empty() {
            bail!("{}: no document of {} in this folder", upstream.display(), NAMES.join(", "));
        }
    } else {
        let theirs = checked(upstream)?;
        let (name, mine) = recognize(upstream, &theirs, ours)?;
        reports.push(compare(&theirs, &mine, &repairs, name));
    }
    let drifted = !reports.iter().all(Report::is_clean);
    if json {
        let whole = json!({ "drifted": drifted, "documents": reports, "not_compared": absent });
        writeln!(out, "{}", serde_json::to_string_pretty(&whole)?)?;
        return Ok(drifted);
    }
    for report in &reports {
        write!(out, "{}", text(report))?;
    }
    for name in absent {
        writeln!(out, "{name}: not compared, there is no published document of it in {}", upstream.display())?;
    }
    if check && drifted {
        writeln!(
            out,
            "Take each difference over into the document, or write down in repairs.yaml why it stays; take stale \
             repairs out."
        )?;
    }
    Ok(drifted)
}

/// The file of a document in a folder.
fn find(folder: &Path, name: &str) -> Result<Option<PathBuf>> {
    let files = ENDINGS.map(|ending| folder.join(format!("{name}.{ending}")));
    let mut there = files.into_iter().filter(|file| file.is_file());
    let first = there.next();
    if let (Some(first), Some(second)) = (&first, there.next()) {
        bail!("{}: {} is the same document; remove one", second.display(), first.display());
    }
    Ok(first)
}

fn our_document(folder: &Path, name: &str) -> Result<Value> {
    checked(&folder.join(format!("{name}.yaml")))
}

/// Finds out which of our documents a published one is: by the paths they share.
fn recognize(file: &Path, theirs: &Value, folder: &Path) -> Result<(&'static str, Value)> {
    let mut best = None;
    for name in NAMES {
        let ours = our_document(folder, name)?;
        let our_prefix = server_path(&ours).unwrap_or_default();
        let prefix = server_path(theirs).unwrap_or(our_prefix);
        let known = operations(&ours, our_prefix);
        let shared = operations(theirs, prefix).keys().filter(|key| known.contains_key(*key)).count();
        if shared > 0 && best.as_ref().is_none_or(|(most, _, _)| shared > *most) {
            best = Some((shared, name, ours));
        }
    }
    let (_, name, ours) =
        best.ok_or_else(|| anyhow!("{}: #/paths: shares no operation with any of our documents", file.display()))?;
    Ok((name, ours))
}

/// Reads the list of intended differences.
fn repairs(file: &Path) -> Result<Vec<Repair>> {
    let list = match read(file)? {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        _ => bail!("{}: #: is not a list", file.display()),
    };
    let mut repairs = Vec::with_capacity(list.len());
    for (at, entry) in list.into_iter().enumerate() {
        let place = || format!("{}: #/{at}", file.display());
        let repair: Repair = serde_json::from_value(entry).map_err(|error| anyhow!("{}: {error}", place()))?;
        if !NAMES.contains(&repair.document.as_str()) {
            bail!("{}/document: is none of {}", place(), NAMES.join(", "));
        }
        if !repair.pointer.starts_with("#/") {
            bail!("{}/pointer: does not start with #/", place());
        }
        repairs.push(repair);
    }
    Ok(repairs)
}

/// Reads a file; the whole fault in one line.
fn read(file: &Path) -> Result<Value> {
    documents::read(file).map_err(|error| anyhow!("{error:#}"))
}

/// Reads a document and makes sure that the comparison does not overlook a malformed part of it.
fn checked(file: &Path) -> Result<Value> {
    let value = read(file)?;
    check_document(&value).map_err(|fault| anyhow!("{}: {fault}", file.display()))?;
    Ok(value)
}

/// Pointer and fault.
type Check = std::result::Result<(), String>;

fn check_document(document: &Value) -> Check {
    if !document.is_object() {
        return Err("#: is not an object".to_owned());
    }
    let Some(paths) = document.get("paths").and_then(Value::as_object) else {
        return Err("#/paths: is not an object".to_owned());
    };
    for (path, item) in paths {
        let pointer = format!("#/paths/{}", escape(path));
        let Some(item) = item.as_object() else {
            return Err(format!("{pointer}: is not an object"));
        };
        for (member, operation) in item.iter().filter(|(_, value)| value.get("responses").is_some()) {
            if !operation["responses"].is_object() {
                return Err(format!("{pointer}/{member}/responses: is not an object"));
            }
        }
    }
    check(document, document, "#", false)
}

/// Checks references and the members that the comparison reads. In a map of `names` the members are no keywords.
fn check(document: &Value, value: &Value, pointer: &str, names: bool) -> Check {
    const MAPS: [&str; 9] = [
        "properties",
        "schemas",
        "responses",
        "headers",
        "content",
        "paths",
        "securitySchemes",
        "variables",
        "mapping",
    ];
    const DATA: [&str; 4] = ["example", "examples", "default", "enum"];
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let below = format!("{pointer}/{}", escape(name));
                if names {
                    check(document, member, &below, false)?;
                    continue;
                }
                keyword(document, name, member).map_err(|fault| format!("{below}: {fault}"))?;
                if !DATA.contains(&name.as_str()) && !name.starts_with("x-") {
                    check(document, member, &below, MAPS.contains(&name.as_str()))?;
                }
            }
            Ok(())
        }
        Value::Array(list) => {
            let mut all = list.iter().enumerate();
            all.try_for_each(|(at, item)| check(document, item, &format!("{pointer}/{at}"), false))
        }
        _ => Ok(()),
    }
}

fn keyword(document: &Value, name: &str, value: &Value) -> Check {
    let expected = match name {
        "$ref" => {
            let target = value.as_str().and_then(|reference| reference.strip_prefix('#'));
            if target.is_none_or(|target| document.pointer(target).is_none()) {
                return Err(format!("{value} refers to nothing in this document"));
            }
            return Ok(());
        }
        "allOf" | "oneOf" | "anyOf" | "enum" if !value.is_array() => "an array",
        "properties" | "content" if !value.is_object() => "an object",
        "required" if !value.is_array() && !value.is_boolean() => "an array or a boolean",
        "type" if !value.is_array() && !value.is_string() => "a string or an array",
        _ => return Ok(()),
    };
    Err(format!("is not {expected}"))
}
