//! How complex a password has to be. Names and meaning are those of the OWASP strength test.

use serde::{Deserialize, Serialize};

use super::{leaked, overrides::Rules};
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        policies,
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
};

/// The kind of the settings document.
const KIND: &str = "password-complexity";
/// How it reads.
pub(crate) const FORM: Form = Form { kind: KIND, read: |text| settings::read::<Complexity>(text)?.check_ranges() };

/// No rule may ask for more characters than can be hashed.
const MOST_CHARACTERS: i64 = 1_024;

/// The rules; one document for the environment and one for each tenant that wants its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Complexity {
    pub(crate) allow_passphrases: bool,
    pub(crate) min_length: i64,
    pub(crate) max_length: i64,
    pub(crate) min_phrase_length: i64,
    pub(crate) min_optional_tests_to_pass: i64,
    pub(crate) block_pwned_passwords: bool,
    pub(crate) optional_tests: OptionalTests,
    pub(crate) required_tests: RequiredTests,
}

/// Tests of which so many have to be passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "as many switches as the API has")]
pub(crate) struct OptionalTests {
    pub(crate) require_lowercase: bool,
    pub(crate) require_uppercase: bool,
    pub(crate) require_numbers: bool,
    pub(crate) require_special_chars: bool,
}

/// Tests that all have to be passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RequiredTests {
    pub(crate) check_three_repeated_chars: bool,
}

/// What to change of the rules; what is absent stays, tests are replaced as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change {
    pub(crate) allow_passphrases: Option<bool>,
    pub(crate) min_length: Option<i64>,
    pub(crate) max_length: Option<i64>,
    pub(crate) min_phrase_length: Option<i64>,
    pub(crate) min_optional_tests_to_pass: Option<i64>,
    pub(crate) block_pwned_passwords: Option<bool>,
    pub(crate) optional_tests: Option<OptionalTests>,
    pub(crate) required_tests: Option<RequiredTests>,
}

impl Default for Complexity {
    fn default() -> Self {
        Self {
            allow_passphrases: true,
            min_length: 6,
            max_length: 128,
            min_phrase_length: 20,
            min_optional_tests_to_pass: 1,
            block_pwned_passwords: false,
            optional_tests: OptionalTests {
                require_lowercase: true,
                require_uppercase: true,
                require_numbers: true,
                require_special_chars: true,
            },
            required_tests: RequiredTests { check_three_repeated_chars: true },
        }
    }
}

/// The rules of a level; those of the environment where a tenant has none.
pub(crate) async fn of(tx: &Read, owner: Owner<'_>) -> DomainResult<Complexity> {
    match settings::find(tx, owner, KIND).await? {
        Some(own) => Ok(own),
        None => settings::get(tx, Owner::Environment, KIND).await,
    }
}

/// Changes the rules of a level. Passwords that exist are not looked at again.
pub(crate) async fn change(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    change: Change,
) -> DomainResult<Complexity> {
    let level = policies::level_to_write(tx, caller, tenant).await?;
    Rules::Complexity.require(tx, level).await?;
    let mut rules = of(tx, level).await?;
    rules.apply(change);
    rules.check_ranges()?;
    settings::put(tx, level, KIND, &rules).await?;
    Ok(rules)
}

/// The strictest rules that bind a person: the environment's and those of all their tenants.
pub(crate) async fn binding_user(tx: &Read, user_id: &str) -> DomainResult<Complexity> {
    let mut applying = policies::applying_to(tx, user_id, KIND).await?;
    if !Rules::Complexity.are_free(tx).await? {
        applying.tenants.clear();
    }
    let rules: Complexity = applying.environment.unwrap_or_default();
    Ok(applying.tenants.iter().fold(rules, |rules, other| rules.stricter(other)))
}

/// The rules that bind somebody who comes into a tenant, or into none yet.
pub(crate) async fn binding_newcomer(tx: &Read, tenant_id: Option<&str>) -> DomainResult<Complexity> {
    let rules: Complexity = settings::get(tx, Owner::Environment, KIND).await?;
    let Some(tenant_id) = tenant_id else {
        return Ok(rules);
    };
    if !Rules::Complexity.are_free(tx).await? {
        return Ok(rules);
    }
    let own: Option<Complexity> = settings::find(tx, Owner::Tenant(tenant_id), KIND).await?;
    Ok(own.map_or(rules.clone(), |own| rules.stricter(&own)))
}

impl Complexity {
    fn apply(&mut self, change: Change) {
        set(&mut self.allow_passphrases, change.allow_passphrases);
        set(&mut self.min_length, change.min_length);
        set(&mut self.max_length, change.max_length);
        set(&mut self.min_phrase_length, change.min_phrase_length);
        set(&mut self.min_optional_tests_to_pass, change.min_optional_tests_to_pass);
        set(&mut self.block_pwned_passwords, change.block_pwned_passwords);
        set(&mut self.optional_tests, change.optional_tests);
        set(&mut self.required_tests, change.required_tests);
    }

    /// Refuses rules that nothing or everything would satisfy.
    fn check_ranges(&self) -> DomainResult<()> {
        let mut broken = Vec::new();
        for (name, value) in [
            ("minLength", self.min_length),
            ("maxLength", self.max_length),
            ("minPhraseLength", self.min_phrase_length),
        ] {
            if value < 1 {
                broken.push(format!("{name} must not be less than 1"));
            } else if value > MOST_CHARACTERS {
                broken.push(format!("{name} must not be greater than {MOST_CHARACTERS}"));
            }
        }
        if self.min_length > self.max_length {
            broken.push("minLength must not be greater than maxLength".to_owned());
        }
        if !(0..=4).contains(&self.min_optional_tests_to_pass) {
            broken.push("minOptionalTestsToPass must be between 0 and 4".to_owned());
        }
        if broken.is_empty() { Ok(()) } else { Err(DomainError::invalid(broken)) }
    }

    /// The stricter value of each.
    fn stricter(&self, other: &Self) -> Self {
        let (tests, others) = (self.optional_tests, other.optional_tests);
        Self {
            allow_passphrases: self.allow_passphrases && other.allow_passphrases,
            min_length: self.min_length.max(other.min_length),
            max_length: self.max_length.min(other.max_length),
            min_phrase_length: self.min_phrase_length.max(other.min_phrase_length),
            min_optional_tests_to_pass: self.min_optional_tests_to_pass.max(other.min_optional_tests_to_pass),
            block_pwned_passwords: self.block_pwned_passwords || other.block_pwned_passwords,
            optional_tests: OptionalTests {
                require_lowercase: tests.require_lowercase || others.require_lowercase,
                require_uppercase: tests.require_uppercase || others.require_uppercase,
                require_numbers: tests.require_numbers || others.require_numbers,
                require_special_chars: tests.require_special_chars || others.require_special_chars,
            },
            required_tests: RequiredTests {
                check_three_repeated_chars: self.required_tests.check_three_repeated_chars
                    || other.required_tests.check_three_repeated_chars,
            },
        }
    }

    /// Refuses a password that breaks these rules, with a text for each that it breaks.
    pub(crate) async fn check(&self, tx: &Read, password: &str) -> DomainResult<()> {
        let mut broken = self.broken_by(password);
        if self.block_pwned_passwords && leaked::is_leaked(tx, password).await? {
            broken.push("The password is known from a data leak.".to_owned());
        }
        if broken.is_empty() { Ok(()) } else { Err(DomainError::invalid(broken)) }
    }

    fn broken_by(&self, password: &str) -> Vec<String> {
        let mut broken = Vec::new();
        let length = i64::try_from(password.chars().count()).unwrap_or(i64::MAX);
        if length < self.min_length {
            broken.push(format!("The password must be at least {} characters long.", self.min_length));
        }
        if length > self.max_length {
            broken.push(format!("The password must be at most {} characters long.", self.max_length));
        }
        if self.required_tests.check_three_repeated_chars && repeats(password) {
            broken.push("The password may not contain three or more equal characters in a row.".to_owned());
        }
        if self.allow_passphrases && length >= self.min_phrase_length {
            return broken;
        }
        let tests = self.optional_tests;
        let wanted = [
            (tests.require_lowercase, password.contains(|c: char| c.is_ascii_lowercase()), "one lowercase letter"),
            (tests.require_uppercase, password.contains(|c: char| c.is_ascii_uppercase()), "one uppercase letter"),
            (tests.require_numbers, password.contains(|c: char| c.is_ascii_digit()), "one number"),
            (tests.require_special_chars, password.contains(is_special), "one special character"),
        ];
        let wanted: Vec<_> = wanted.into_iter().filter(|(wanted, ..)| *wanted).collect();
        let passed = wanted.iter().filter(|(_, passed, _)| *passed).count();
        // More tests than there are cannot be passed.
        let enough = usize::try_from(self.min_optional_tests_to_pass).unwrap_or(0).min(wanted.len());
        if passed < enough {
            let missed = wanted.iter().filter(|(_, passed, _)| !passed);
            broken.extend(missed.map(|(.., what)| format!("The password must contain at least {what}.")));
        }
        broken
    }
}

fn set<T>(member: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *member = value;
    }
}

fn repeats(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    characters.windows(3).any(|three| three[0] == three[1] && three[1] == three[2])
}

fn is_special(character: char) -> bool {
    !character.is_ascii_alphanumeric() && character != ' '
}

#[cfg(test)]
mod tests {
    use super::*;

    fn medium() -> Complexity {
        Complexity { min_length: 8, min_optional_tests_to_pass: 4, ..Complexity::default() }
    }

    #[test]
    fn each_test_has_its_text() {
        let broken = |password| medium().broken_by(password);
        assert!(broken("Secret1!").is_empty());
        assert_eq!(broken("secret1!"), ["The password must contain at least one uppercase letter."]);
        assert_eq!(broken("SECRET1!"), ["The password must contain at least one lowercase letter."]);
        assert_eq!(broken("Secrets!"), ["The password must contain at least one number."]);
        assert_eq!(broken("Secret 1"), ["The password must contain at least one special character."]);
        assert_eq!(broken("Secrettt1!"), ["The password may not contain three or more equal characters in a row."]);
        assert_eq!(broken("Se1!"), ["The password must be at least 8 characters long."]);
        let long = format!("Aa1!{}", "ab".repeat(63));
        assert_eq!(broken(&long), ["The password must be at most 128 characters long."]);
        assert!(broken(&long[..128]).is_empty());
    }

    #[test]
    fn some_of_the_tests_may_be_enough() {
        let rules = Complexity { min_optional_tests_to_pass: 2, ..Complexity::default() };
        assert!(rules.broken_by("secret1").is_empty());
        assert_eq!(rules.broken_by("secret").len(), 3, "what would help is told");
        let tests = OptionalTests { require_numbers: true, ..OptionalTests::default() };
        let rules = Complexity { min_optional_tests_to_pass: 4, optional_tests: tests, ..Complexity::default() };
        assert!(rules.broken_by("secret1").is_empty());
    }

    #[test]
    fn a_passphrase_is_spared_the_optional_tests() {
        let (phrase, tests) = ("correct horse battery", 4);
        let rules = Complexity { min_optional_tests_to_pass: tests, ..Complexity::default() };
        assert!(rules.broken_by(phrase).is_empty());
        assert_eq!(rules.broken_by("correct horsee batteryyy").len(), 1, "but not the required one");
        let rules = Complexity { allow_passphrases: false, ..rules };
        assert!(!rules.broken_by(phrase).is_empty());
    }

    #[test]
    fn length_counts_characters() {
        let rules = Complexity { max_length: 8, ..Complexity::default() };
        assert!(rules.broken_by("пароль12").is_empty());
    }

    #[test]
    fn the_stricter_value_counts() {
        let loose = Complexity { max_length: 100, min_phrase_length: 30, ..Complexity::default() };
        let stricter = medium().stricter(&loose);
        assert_eq!(stricter, Complexity { max_length: 100, min_phrase_length: 30, ..medium() });
        let none = Complexity {
            allow_passphrases: false,
            block_pwned_passwords: true,
            optional_tests: OptionalTests::default(),
            required_tests: RequiredTests::default(),
            ..Complexity::default()
        };
        let both = none.stricter(&Complexity::default());
        assert!(!both.allow_passphrases && both.block_pwned_passwords);
        assert_eq!(both.optional_tests, Complexity::default().optional_tests);
        assert_eq!(both.required_tests, Complexity::default().required_tests);
    }
}
