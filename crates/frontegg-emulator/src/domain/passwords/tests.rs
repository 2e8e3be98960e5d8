//! Imported hashes: each kind is verified, upgraded, and refused where it is hostile.

use base64::Engine;

use super::{
    Cost,
    hasher::Passwords,
    import,
    memory::Memory,
    stored::{BASE64, COMPUTED, StoredHash},
};

const FIREBASE: &str = r#"{"memCost":14,"rounds":8,"saltSeparator":"Bw==",
    "signerKey":"jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="}"#;
const FIREBASE_KEY: &str = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

/// Kind, hash, parameters, password. Made by the reference implementations or taken from their tests.
fn samples() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let horse = "correct horse";
    let sample = |kind, hash: &str, parameters, password| (kind, hash.to_owned(), parameters, password);
    vec![
        sample("bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "", "U*U"),
        sample("bcrypt", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "{}", "U*U*"),
        sample(
            "argon2",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "",
            "password",
        ),
        sample(
            "argon2",
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            "",
            "password",
        ),
        sample(
            "scrypt",
            "0011223344556677:451250afb3793cf688ca4360846fb825aa7371c3be7e479e7b2266e2aef4b22c\
             36ee8c1321af7f778931b7cd7671160852282277f623426f7fdf9fb808654e46",
            r#"{"saltSeparator":":","N":16384,"r":8,"p":1,"keyLen":64}"#,
            horse,
        ),
        sample(
            "scrypt",
            "AAECAwQFBgcICQoLDA0ODw==$RBjCXYboo4yjHH0P1K75vrL4xGciLt6io+o2v0yqSlo=",
            r#"{"saltSeparator":"$","N":1024,"r":8,"p":2,"keyLen":32,"saltEncoding":"base64"}"#,
            horse,
        ),
        sample(
            "scrypt",
            "$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$RBjCXYboo4yjHH0P1K75vrL4xGciLt6io+o2v0yqSlo",
            "",
            horse,
        ),
        ("firebase-scrypt", format!("42xEC+ixf3L2lw==Bw=={FIREBASE_KEY}"), FIREBASE, "user1password"),
        sample("pbkdf2", "pbkdf2_sha256$1000$NaCl$y6UK+57OG2yJnZIbS3E5E599IliwIIbBdkxEFXXGYlM=", "", horse),
        sample(
            "pbkdf2",
            "$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$Xpx07WjVx4vCIvrmBRj8uOoVVtGqJqtUv2J5bhizSQs7osCteF7W4A61dZDqSIqQjO.dxO6p5FT/Uy7QRBXSXA",
            "",
            horse,
        ),
        sample("pbkdf2", "$pbkdf2$1000$AAECAwQFBgcICQoLDA0ODw$ndhWw3a4srcTtr4HQFTLiKRlVuA", "", horse),
        sample(
            "pbkdf2",
            "pepper.a0b051ba2f6b70a7ea45475f49802024fd5afc80720cf849",
            r#"{"saltSeparator":".","iterations":2000,"digest":"SHA-256","keyLen":24}"#,
            horse,
        ),
        sample("sha256", "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631", "", horse),
        sample("sha1", "salt|619a8b7fb0e2b3f5d24ab3bc0b53ce167a50f893", r#"{"saltSeparator":"|"}"#, horse),
        sample(
            "sha256",
            "n+NyCAC8BTzorAU7AQEsEfh4qDAh0HpRtPLX0dsQdAo=",
            r#"{"salt":"salt","saltPosition":"after"}"#,
            horse,
        ),
    ]
}

#[tokio::test]
async fn imported_hashes_are_verified_and_upgraded() {
    for passwords in [Passwords::new(Cost::Cheap), Passwords::new(Cost::Normal)] {
        for (kind, hash, parameters, password) in samples() {
            let stored =
                import::read(kind, &hash, Some(parameters)).unwrap_or_else(|error| panic!("{kind} {hash}: {error:?}"));
            assert_eq!(StoredHash::parse(&stored).expect("what was written is read").to_string(), stored);
            let wrong = passwords.verify_and_upgrade("wrong", Some(&stored)).await.expect("an answer");
            assert!(!wrong.is_right && wrong.better.is_none(), "{kind} {hash}");
            let right = passwords.verify_and_upgrade(password, Some(&stored)).await.expect("an answer");
            assert!(right.is_right, "{kind} {hash}");
            // Only what is as good as our own stays.
            if stored.starts_with("$argon2id$") {
                assert_eq!(right.better, None);
            } else {
                let better = right.better.unwrap_or_else(|| panic!("{kind} {hash} is upgraded"));
                assert!(better.starts_with("$argon2id$v=19$"), "{better}");
                assert!(passwords.verify(password, Some(&better)).await.expect("an answer"));
            }
        }
    }
}

#[test]
fn a_firebase_salt_may_stand_among_the_parameters() {
    let parameters = FIREBASE.replace("\"memCost\"", "\"salt\":\"42xEC+ixf3L2lw==\",\"memCost\"");
    let alone = import::read("firebase-scrypt", FIREBASE_KEY, Some(&parameters)).expect("a hash");
    let joined = import::read("firebase-scrypt", &format!("42xEC+ixf3L2lw==Bw=={FIREBASE_KEY}"), Some(FIREBASE));
    assert_eq!(alone, joined.expect("a hash"));
}

/// Security case 7: refused without any hashing, which for some would not end.
#[test]
fn case_7_hostile_hashes_are_refused_at_once() {
    let (key, salt) = ("A".repeat(43), "c29tZXNhbHQ");
    let sha256 = "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631";
    let joined = format!("salt${sha256}");
    for (kind, hash, parameters, text) in [
        // Too much work.
        ("bcrypt", "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "", "too much"),
        ("bcrypt", "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "", "too much"),
        ("argon2", &format!("$argon2id$v=19$m=4194304,t=1,p=1${salt}${key}"), "", "too much"),
        ("argon2", &format!("$argon2id$v=19$m=65536,t=4294967295,p=1${salt}${key}"), "", "too much"),
        ("scrypt", &joined, r#"{"N":1073741824}"#, "too much"),
        ("scrypt", &joined, r#"{"N":16384,"r":1000000}"#, "too much"),
        ("scrypt", &joined, r#"{"N":16384,"r":8,"p":1000000}"#, "too much"),
        ("scrypt", &joined, r#"{"N":16384,"r":4294967295,"p":4294967295}"#, "too much"),
        ("scrypt", &format!("$scrypt$ln=31,r=8,p=1${salt}${key}"), "", "too much"),
        ("scrypt", &format!("$scrypt$ln=4294967295,r=8,p=1${salt}${key}"), "", "too much"),
        // Nothing to mix, and 128 GiB to derive; and once more, with a product that leaves 32 bits.
        ("scrypt", &format!("$scrypt$ln=1,r=1,p=1073741823${salt}${key}"), "", "too much"),
        ("scrypt", &format!("$scrypt$ln=1,r=3,p=1431655766${salt}${key}"), "", "too much"),
        ("scrypt", &joined, r#"{"N":2,"r":4,"p":1000000}"#, "too much"),
        ("firebase-scrypt", &joined, r#"{"memCost":31,"rounds":8,"signerKey":"AAAA"}"#, "too much"),
        ("pbkdf2", &joined, r#"{"iterations":4294967295}"#, "too much"),
        ("pbkdf2", &format!("pbkdf2_sha256$4000001$salt${key}"), "", "too much"),
        // Malformed.
        ("bcrypt", "$2b$05$short", "", "malformed"),
        (
            "bcrypt",
            "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "",
            "kind 2x, which is not supported",
        ),
        ("bcrypt", "$2b$é5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "", "malformed"),
        ("bcrypt", "$2b$05$é.CCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "", "malformed"),
        ("bcrypt", sha256, "", "malformed"),
        ("argon2", "$argon2id$v=19$m=65536", "", "malformed"),
        ("argon2", &format!("$argon2id$v=20$m=65536,t=2,p=1${salt}${key}"), "", "version 20"),
        ("argon2", &format!("$argon2id$v=19$m=64,t=2,p=1,keyid=Zm9v${salt}${key}"), "", "parameter keyid"),
        ("argon2", &format!("$argon2id$v=19$data=Zm9v,m=64,t=2,p=1${salt}${key}"), "", "parameter data"),
        ("argon2", &format!("$argon2id$v=19$m=64,t=2,p=1,t=2${salt}${key}"), "", "malformed"),
        ("argon2", &format!("$argon2id$v=19$m=64,p=1${salt}${key}"), "", "malformed"),
        ("argon2", &format!("$argon2ds$v=19$m=64,t=2,p=1${salt}${key}"), "", "kind argon2ds"),
        ("pbkdf2", &format!("$pbkdf2-sha256$i=29000,l=31${salt}${key}"), "", "malformed"),
        ("pbkdf2", &format!("$pbkdf2-sha256$i=29000,x=1${salt}${key}"), "", "parameter x"),
        ("argon2", &format!("$argon2id$v=19$m=65536,t=2,p=0${salt}${key}"), "", "malformed"),
        ("argon2", &format!("$argon2id$v=19$m=65536,t=2,p=1$AAAA${key}"), "", "malformed"),
        ("argon2", &format!("$argon2id$v=19$m=65536,t=2,p=1${salt}$AAAA"), "", "malformed"),
        ("argon2", &format!("$argon2id$v=19$m=65536,t=2,p=1${salt}$!!"), "", "malformed"),
        ("argon2", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "", "malformed"),
        ("scrypt", &joined, r#"{"N":16383}"#, "malformed"),
        ("scrypt", &joined, r#"{"N":0}"#, "malformed"),
        ("scrypt", &joined, r#"{"N":1}"#, "malformed"),
        ("scrypt", &joined, r#"{"r":0}"#, "malformed"),
        ("scrypt", &joined, r#"{"keyLen":31}"#, "malformed"),
        ("scrypt", sha256, "", "malformed"),
        ("firebase-scrypt", &joined, "", "malformed"),
        ("firebase-scrypt", &joined, r#"{"memCost":14,"rounds":8,"signerKey":"AAAA"}"#, "malformed"),
        ("pbkdf2", &joined, "", "malformed"),
        ("pbkdf2", &joined, r#"{"iterations":0}"#, "malformed"),
        ("pbkdf2", &joined, r#"{"iterations":1,"digest":"md5"}"#, "malformed"),
        ("sha256", "4104", "", "malformed"),
        ("sha1", sha256, "", "malformed"),
        ("sha256", "", "", "malformed"),
        // Parameters and kind.
        ("scrypt", &joined, "N=1", "passwordHashConfig"),
        ("scrypt", &joined, "[1]", "passwordHashConfig"),
        ("scrypt", &joined, r#"{"N":-1}"#, "passwordHashConfig"),
        ("md5", sha256, "", "passwordHashType"),
    ] {
        let error = import::read(kind, hash, Some(parameters)).expect_err(hash);
        assert!(error.messages()[0].contains(text), "{kind} {hash} {parameters}: {:?}", error.messages());
        assert!(!error.messages()[0].contains(salt), "no secrets");
    }
    let huge = "A".repeat(1 << 20);
    for kind in ["bcrypt", "argon2", "scrypt", "pbkdf2", "sha256"] {
        assert!(import::read(kind, &huge, None).is_err());
        assert!(import::read(kind, &format!("{huge}${huge}"), None).is_err());
    }
    assert_eq!(COMPUTED.get(), 0);
    // It counts what is read and compared with.
    let (kind, hash, parameters, password) = &samples()[0];
    let stored = import::read(kind, hash, Some(parameters)).expect("a hash");
    assert!(StoredHash::parse(&stored).expect("a hash").matches(password.as_bytes(), &mut Memory::default()));
    assert_eq!(COMPUTED.get(), 1);
}

/// What is stored can be read again, however long its parts are.
#[test]
fn salts_and_keys_have_a_length() {
    let sha256 = "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631";
    let salted = |length| {
        let parameters = format!(r#"{{"salt":"{}"}}"#, "s".repeat(length));
        import::read("sha256", sha256, Some(&parameters))
    };
    assert!(StoredHash::parse(&salted(1_024).expect("a hash")).is_ok());
    assert_eq!(salted(1_025).expect_err("a refusal").messages(), ["passwordHash is malformed"]);
    // All three of its parts as long as they may be.
    let part = BASE64.encode([7; 1_024]);
    let parameters = format!(r#"{{"memCost":4,"rounds":8,"signerKey":"{part}"}}"#);
    let stored = import::read("firebase-scrypt", &format!("{part}${part}"), Some(&parameters)).expect("a hash");
    assert_eq!(StoredHash::parse(&stored).expect("what was stored").to_string(), stored);
}

/// PHC strings name their parameters; their order says nothing.
#[test]
fn parameters_are_read_by_their_names() {
    let (salt, key) = ("c29tZXNhbHQ", "A".repeat(43));
    let read = |text: String| StoredHash::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string();
    for (orders, rest) in [
        (vec!["argon2id$v=19$m=64,t=2,p=1", "argon2id$v=19$m=64,p=1,t=2", "argon2id$v=19$t=2,p=1,m=64"], ""),
        (vec!["argon2i$m=64,t=2,p=1", "argon2i$p=1,t=2,m=64"], ""),
        (vec!["scrypt$ln=4,r=8,p=1", "scrypt$r=8,p=1,ln=4"], ""),
        (vec!["firebase-scrypt$ln=4,r=8", "firebase-scrypt$r=8,ln=4"], "c29tZXNhbHRzb21lc2FsdHNvbWVzYWx0c29tZXNhbHQ$"),
        (vec!["pbkdf2-sha256$i=1000", "pbkdf2-sha256$i=1000,l=32", "pbkdf2-sha256$l=32,i=1000"], ""),
    ] {
        let made: Vec<String> = orders.iter().map(|order| read(format!("${order}${salt}${rest}{key}"))).collect();
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]), "{made:?}");
    }
}

/// Whatever was stored by other means is refused in the same way.
#[test]
fn texts_of_any_kind_do_no_harm() {
    for text in [
        "",
        "$",
        "$$",
        "$$$$",
        "$2b$",
        "$argon2id$",
        "$scrypt$$$",
        "$pbkdf2-$$$",
        "$pbkdf2-é$i=1$$",
        "$sha256$before$$",
    ] {
        assert!(StoredHash::parse(text).is_err(), "{text}");
    }
    assert_eq!(format!("{:?}", StoredHash::parse(&samples()[0].1).expect("a hash")), "bcrypt { .. }");
}
