//! Which claims a template may have.

use serde_json::{Map, Value};

use super::placeholders;
use crate::domain::{DomainError, DomainResult};

/// Without these a token is none of OpenID Connect.
const MANDATORY: [&str; 5] = ["iss", "sub", "aud", "exp", "iat"];
/// The service adds these, whatever a template says.
const RESERVED: [&str; 2] = ["type", "tenantId"];
/// What an audience may be taken from.
const AUDIENCES: [&str; 3] = ["clientId", "applicationId", "aud"];
/// Most bytes of a template's claims as JSON: a token goes along with every request.
const LONGEST: usize = 8 * 1024;

/// Refuses claims that make no token.
pub(super) fn check(claims: &Map<String, Value>) -> DomainResult<()> {
    if RESERVED.iter().any(|name| claims.contains_key(*name)) {
        return Err(DomainError::bad_request("Claims reserved for internal use are not allowed"));
    }
    let missing = MANDATORY.iter().filter(|name| !claims.contains_key(**name));
    let mut faults: Vec<String> = missing.map(|name| format!("templateSchema.claims must have {name}")).collect();
    if claims.get("aud").is_some_and(|audience| !is_audience(audience)) {
        faults.push("templateSchema.claims.aud must be {{clientId}} or {{applicationId}}".to_owned());
    }
    let length = serde_json::to_string(claims).map_err(DomainError::internal)?.len();
    if length > LONGEST {
        faults.push(format!("templateSchema.claims must not be longer than {LONGEST} bytes"));
    }
    if faults.is_empty() { Ok(()) } else { Err(DomainError::invalid(faults)) }
}

fn is_audience(value: &Value) -> bool {
    let path = value.as_str().and_then(placeholders::only);
    path.is_some_and(|path| AUDIENCES.contains(&path))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(change: &Value) -> Map<String, Value> {
        let mut claims = json!({ "iss": "{{iss}}", "sub": "{{sub}}", "aud": "{{clientId}}", "exp": "x", "iat": 1 });
        let claims = claims.as_object_mut().expect("an object");
        claims.extend(change.as_object().expect("an object").clone());
        claims.clone()
    }

    #[test]
    fn a_token_has_its_five_claims_and_an_audience_of_ours() {
        for good in [json!({}), json!({ "aud": "{{ applicationId }}" }), json!({ "aud": "{{aud}}", "x": [null, 1] })] {
            check(&claims(&good)).unwrap_or_else(|error| panic!("{good}: {:?}", error.messages()));
        }
        for bad in [
            json!({ "aud": "client" }),
            json!({ "aud": "x{{clientId}}" }),
            json!({ "aud": "{{clientId}}{{clientId}}" }),
            json!({ "aud": ["{{clientId}}"] }),
            json!({ "aud": null }),
            json!({ "aud": "{{user.id}}" }),
            json!({ "type": "{{type}}" }),
            json!({ "tenantId": "other" }),
            json!({ "long": "x".repeat(LONGEST) }),
        ] {
            assert!(check(&claims(&bad)).is_err(), "{bad}");
        }
        for name in MANDATORY {
            let mut claims = claims(&json!({}));
            claims.remove(name);
            let error = check(&claims).expect_err(name);
            assert_eq!(error.messages(), [format!("templateSchema.claims must have {name}")]);
        }
    }
}
