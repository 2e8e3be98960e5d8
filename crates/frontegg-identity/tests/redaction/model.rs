//! Types of the model: each is read from a sample in which every text names its member, and shown. Which
//! members are secret is not taken from the documents, but judged by their names.

use std::collections::BTreeSet;

use frontegg_samples::{Shown, TYPES, Type};

/// Words by which a member is taken for a secret.
const SECRET_WORDS: [&str; 24] = [
    "auth",
    "bearer",
    "challenge",
    "code",
    "codes",
    "config",
    "configuration",
    "cookie",
    "credential",
    "hash",
    "jwt",
    "key",
    "link",
    "otc",
    "otp",
    "passphrase",
    "password",
    "pin",
    "private",
    "qr",
    "recovery",
    "secret",
    "signature",
    "token",
];

/// Members that such a word is in and that are none, with why.
const NO_SECRETS: &[(&str, &str)] = &[
    ("accessKeyId", "the public half of a pair of keys"),
    ("auth_provider_x509_cert_url", "an address"),
    ("auth_uri", "an address"),
    ("challenge", "what a device signs: public, and worth nothing without the device"),
    ("code_challenge_methods_supported", "names of methods"),
    ("configMetadata", "what portals keep beside a connection"),
    ("configuration", "of metadata: addresses and names; that of user pools is hidden"),
    ("errorCode", "an error's name"),
    ("errorCodes", "errors' names"),
    ("id_token_signing_alg_values_supported", "names of algorithms"),
    ("key", "the name of a role, a permission, a template"),
    ("private_key_id", "an id"),
    ("publicKey", "public"),
    ("residentKey", "a preference"),
    ("siteKey", "public: every page with the captcha has it"),
    ("ssoConfigId", "an id"),
    ("tokenType", "a kind"),
    ("tokenUrl", "an address"),
    ("token_endpoint", "an address"),
    ("token_endpoint_auth_methods_supported", "names of methods"),
    ("token_uri", "an address"),
];

/// The words of a name: `mfaToken` and `mfa_token` have two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for character in name.chars() {
        if character.is_uppercase() || !character.is_alphanumeric() {
            words.push(String::new());
        }
        words.last_mut().unwrap().extend(character.to_lowercase().filter(|character| character.is_alphanumeric()));
    }
    words
}

fn looks_secret(name: &str) -> bool {
    words(name).iter().any(|word| SECRET_WORDS.contains(&word.as_str()))
}

/// The members that stand in a text as `canary(name)`.
fn members(text: &str) -> BTreeSet<&str> {
    text.split("canary(").skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name).collect()
}

#[test]
fn no_type_shows_a_secret() {
    let (mut seen, mut hidden) = (BTreeSet::new(), BTreeSet::new());
    let mut wrong = Vec::new();
    for Type { name, sample, show } in TYPES {
        let Shown { debug, sent } = show(sample);
        assert_eq!(members(sample), members(&sent), "{name} loses members");
        for member in members(&debug) {
            if looks_secret(member) && !NO_SECRETS.iter().any(|(known, _)| *known == member) {
                wrong.push(format!("{name}.{member}"));
            }
        }
        seen.extend(members(&debug).into_iter().map(str::to_owned));
        hidden.extend(members(&sent).difference(&members(&debug)).map(|&member| member.to_owned()));
    }
    assert!(wrong.is_empty(), "these show and look secret: {wrong:#?}");
    let stale: Vec<_> = NO_SECRETS.iter().filter(|(member, _)| !seen.contains(*member)).collect();
    assert!(stale.is_empty(), "these need no exception: {stale:?}");
    // What is hidden, so that a change of it is seen.
    insta::assert_debug_snapshot!("hidden", hidden);
}
