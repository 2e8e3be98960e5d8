//! Codes of authenticator apps: RFC 6238 with SHA-1, six digits, steps of 30 seconds.
//!
//! A secret cannot be stored as a digest, as a password is: the emulator computes the same codes
//! from it as the app does, and needs it for that as it is.

use base64::{Engine, engine::general_purpose::STANDARD};
use qrcode::{Color, EcLevel, QrCode};
use totp_rs::{Builder, Secret, Totp};

use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult},
    ids, text,
};

/// How long a code is shown, in seconds.
const STEP: i64 = 30;
/// Codes of so many steps before and after the present one are taken, since clocks differ.
const SKEW: i64 = 1;
/// Pixels that a module of a QR code is wide, and modules of white around it.
const SCALE: usize = 4;
const MARGIN: usize = 4;
/// Longest name, of issuer or account, that a QR code shows: a longer one would fit no code.
const NAME_LIMIT: usize = 64;

/// Shortest secret in bytes: some apps still make such.
const SHORTEST: usize = 10;

/// A secret as it is kept: base32 in capitals, without the blanks, dashes and padding that it may be
/// written with. 400 for what is none.
pub(crate) fn read_secret(text: &str) -> DomainResult<String> {
    let secret = text::typed_code(text).trim_end_matches('=').to_ascii_uppercase();
    match Secret::try_from_base32(&secret) {
        Ok(bytes) if bytes.as_bytes().len() >= SHORTEST => Ok(secret),
        Ok(_) => Err(DomainError::bad_request(format!("a secret must have {SHORTEST} bytes or more"))),
        Err(_) => Err(DomainError::bad_request("a secret must be base32")),
    }
}

/// A fresh secret of 160 bits, in base32.
pub(super) fn new_secret() -> String {
    Secret::from(ids::random::<20>()).to_base32()
}

/// The step of time for which a code is right, among those around `now` that come after `last_step`.
pub(super) fn matching_step(secret: &str, code: &str, now: Timestamp, last_step: Option<i64>) -> Option<i64> {
    let Ok(totp) = totp(secret, "", "") else {
        tracing::error!("a stored secret of an authenticator app cannot be used");
        return None;
    };
    let code = text::typed_code(code);
    let present = now.utc().timestamp().div_euclid(STEP);
    let fresh = (present - SKEW..=present + SKEW).filter(|step| last_step.is_none_or(|last| *step > last));
    // Each is compared in constant time.
    let is_right = |step: &i64| u64::try_from(step * STEP).is_ok_and(|time| totp.check(&code, time).is_some());
    fresh.into_iter().find(is_right)
}

/// A code that is right now: of the present step or, where that was used already, of the next.
pub(super) fn right_code(secret: &str, now: Timestamp, last_step: Option<i64>) -> DomainResult<String> {
    let present = now.utc().timestamp().div_euclid(STEP);
    let step = if last_step.is_some_and(|last| last >= present) { present + SKEW } else { present };
    let time = u64::try_from(step * STEP).map_err(DomainError::internal)?;
    Ok(totp(secret, "", "")?.generate(time).to_string())
}

/// What an app scans to be set up, as the data URL of a PNG.
pub(super) fn qr_code(secret: &str, issuer: &str, account: &str) -> DomainResult<String> {
    let address = totp(secret, issuer, account)?.to_url().map_err(DomainError::internal)?;
    let code = QrCode::with_error_correction_level(address, EcLevel::L).map_err(DomainError::internal)?;
    let png = draw(&code).map_err(DomainError::internal)?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

fn totp(secret: &str, issuer: &str, account: &str) -> DomainResult<Totp> {
    // One from before it was checked where it comes in is read in the same way.
    let secret = read_secret(secret)?;
    let secret = Secret::try_from_base32(&secret).map_err(|_| DomainError::bad_request("a secret must be base32"))?;
    let builder = Builder::new().with_secret(secret).with_skew(0).with_account_name(name(account));
    let issuer = Some(name(issuer)).filter(|issuer| !issuer.is_empty());
    // The standard wants longer secrets than some apps make.
    Ok(builder.with_issuer(issuer).build_noncompliant())
}

/// A name without what parts the two.
fn name(text: &str) -> String {
    text.chars().take(NAME_LIMIT).map(|character| if character == ':' { ' ' } else { character }).collect()
}

/// The picture: one byte a pixel, dark on white.
fn draw(code: &QrCode) -> Result<Vec<u8>, png::EncodingError> {
    let modules = code.width();
    let side = (modules + 2 * MARGIN) * SCALE;
    let is_dark = |x: usize, y: usize| {
        let module = |at: usize| (at / SCALE).checked_sub(MARGIN).filter(|at| *at < modules);
        module(x).zip(module(y)).is_some_and(|at| code[at] == Color::Dark)
    };
    let mut pixels = Vec::with_capacity(side * side);
    for y in 0..side {
        pixels.extend((0..side).map(|x| if is_dark(x, y) { 0 } else { u8::MAX }));
    }
    let mut picture = Vec::new();
    let length = u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut picture, length, length);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B, "12345678901234567890".
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn step(code: &str, seconds: i64, last: Option<i64>) -> Option<i64> {
        matching_step(SECRET, code, at(seconds), last)
    }

    /// Security case 20: the table of appendix B, whose codes of eight digits end in ours.
    #[test]
    fn case_20_the_vectors_of_the_standard() {
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in vectors {
            assert_eq!(step(code, seconds, None), Some(seconds / STEP), "{seconds}");
        }
    }

    /// Security case 20.
    #[test]
    fn case_20_one_step_before_and_after_is_taken() {
        let (seconds, code) = (1_111_111_111, "050471");
        for (offset, right) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = step(code, seconds + offset * STEP, None);
            assert_eq!(found, right.then_some(seconds / STEP), "{offset}");
        }
    }

    #[test]
    fn a_step_counts_once() {
        let (seconds, code) = (1_111_111_111, "050471");
        let this = seconds / STEP;
        assert_eq!(step(code, seconds, Some(this - 1)), Some(this));
        assert_eq!(step(code, seconds, Some(this)), None);
        assert_eq!(step(code, seconds, Some(this + 1)), None);
        for code in ["", "50471", "0504711", " 50471", "+50471", "abcdef", "０５０４７１", "050_471"] {
            assert_eq!(step(code, seconds, None), None, "{code}");
        }
    }

    #[test]
    fn secrets_are_random_and_their_picture_is_a_png() {
        let secret = new_secret();
        assert_ne!(secret, new_secret());
        assert_eq!(secret.len(), 32);
        for (issuer, account) in [("Acme: Inc", "ada@acme.test"), ("", "ada"), (&*"😀".repeat(100), &*"😀".repeat(100))]
        {
            let picture = qr_code(&secret, issuer, account).expect("a picture");
            let picture = picture.strip_prefix("data:image/png;base64,").expect("a data URL");
            let bytes = STANDARD.decode(picture).expect("base64");
            assert!(bytes.starts_with(b"\x89PNG"));
        }
    }
}
