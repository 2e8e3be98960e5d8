//! How names of the documents are spelled in Rust, where the rules of casing alone would spell them badly.

use anyhow::{Result, ensure};
use heck::{ToSnakeCase, ToUpperCamelCase};

use super::api::{Api, enum_values, members};

/// One row: what stands in a name, and what is read in its place before the name is cased.
type Row = (&'static str, &'static str);

/// Types, and variants of enums.
const TYPES: &[Row] = &[
    // Two abbreviations in a row are two words.
    ("MFASMS", "MfaSms"),
    ("MFAOTC", "MfaOtc"),
    // As its standard writes it, and as most of the documents do.
    ("WebAuthN", "WebAuthn"),
    ("Oauth2", "OAuth2"),
    // As these companies write themselves.
    ("github", "GitHub"),
    ("sendgrid", "SendGrid"),
    // What a person has, and no interface of a program.
    ("IRole", "AssignedRole"),
];

/// Members, parameters, and modules.
const MEMBERS: &[Row] = &[
    ("OAuth", "Oauth"),
    // A plural of capitals is one word.
    ("URLs", "Urls"),
];

/// The name of a type or variant, e.g. `DisableMfaSmsRequest` for `DisableMFASMSRequest`.
pub fn of_type(name: &str) -> String {
    spelled(name, TYPES).to_upper_camel_case()
}

/// The name of a member, parameter or module, e.g. `redirect_urls` for `redirectURLs`.
pub fn of_member(name: &str) -> String {
    spelled(name, MEMBERS).to_snake_case()
}

fn spelled(name: &str, rows: &[Row]) -> String {
    rows.iter().fold(name.to_owned(), |name, (written, read)| name.replace(written, read))
}

/// Fails for a row that no name needs any more.
pub fn check(api: &Api) -> Result<()> {
    let mut types: Vec<&str> = Vec::new();
    let mut names: Vec<&str> = api.tags.iter().map(|tag| tag.name.as_str()).collect();
    for (schema, value) in api.schemas() {
        types.push(schema);
        types.extend(enum_values(value).into_iter().flatten().filter_map(|value| value.as_str()));
        names.extend(members(value, "properties").map(|(member, _)| member.as_str()));
    }
    idle(TYPES, &types)?;
    idle(MEMBERS, &names)
}

fn idle(rows: &[Row], names: &[&str]) -> Result<()> {
    for (written, _) in rows {
        ensure!(names.iter().any(|name| name.contains(written)), "no name has {written:?} in it any more");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_the_field_does() {
        for (name, spelled) in [
            ("RequestEnrollMFASMSRequest", "RequestEnrollMfaSmsRequest"),
            ("MFAOTC", "MfaOtc"),
            ("WebAuthNResponse", "WebAuthnResponse"),
            ("Oauth2UserSourceConfig", "OAuth2UserSourceConfig"),
            ("Custom Social OAuth Provider", "CustomSocialOAuthProvider"),
            ("MFAStrategyResponse", "MfaStrategyResponse"),
            ("github", "GitHub"),
            ("IRole", "AssignedRole"),
        ] {
            assert_eq!(of_type(name), spelled);
            assert_eq!(of_type(spelled), spelled, "what is spelled well stays");
        }
        for (name, spelled) in [
            ("Custom Social OAuth Provider", "custom_social_oauth_provider"),
            ("redirectURLs", "redirect_urls"),
            ("redirectURL", "redirect_url"),
        ] {
            assert_eq!(of_member(name), spelled);
        }
    }

    #[test]
    fn a_row_without_a_name_is_an_error() {
        idle(&[("Bed", "Beet")], &["GardenBed"]).unwrap();
        let error = idle(&[("Bed", "Beet")], &["Garden"]).unwrap_err().to_string();
        assert_eq!(error, "no name has \"Bed\" in it any more");
    }
}
