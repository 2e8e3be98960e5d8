//! What the authenticator says of itself (§6.5): read, and verified where that needs no certificate.

use ciborium::Value;

use super::{Fault, cbor::Members, cose::PublicKey};

const UNREADABLE: Fault = Fault::Unreadable("The attestation statement cannot be read");

/// Holds a statement against what it is about: the authenticator data and the hash of the client
/// data, one behind the other.
///
/// `none` has nothing to say. In `packed` without certificates the new key attests itself, which is
/// verified. All others lean on certificates that nobody here trusts; of them only the form is
/// looked at. The person is not harmed by that: who has no attestation may enroll as well.
pub(super) fn verify(format: &str, statement: Value, key: &PublicKey, message: &[u8]) -> Result<(), Fault> {
    let statement = Members::of(statement).ok_or(UNREADABLE)?;
    match format {
        "none" if statement.is_empty() => Ok(()),
        "none" => Err(UNREADABLE),
        "packed" => packed(&statement, key, message),
        _ => Ok(()),
    }
}

fn packed(statement: &Members, key: &PublicKey, message: &[u8]) -> Result<(), Fault> {
    let algorithm = statement.integer("alg").ok_or(UNREADABLE)?;
    let signature = statement.bytes("sig").ok_or(UNREADABLE)?;
    if statement.has("x5c") {
        let certificates = statement.get("x5c").and_then(Value::as_array).ok_or(UNREADABLE)?;
        let readable = !certificates.is_empty() && certificates.iter().all(Value::is_bytes);
        return if readable { Ok(()) } else { Err(UNREADABLE) };
    }
    if algorithm != key.algorithm() || !key.verifies(message, signature) {
        return Err(Fault::Refused("The attestation signature does not hold"));
    }
    Ok(())
}
