//! The pages of the identity provider for tests: plain forms, which work without scripts.

use frontegg_contract::{ApiFailure, ApiResult};
use serde::Serialize;

use crate::{
    domain::messages::templates::escape_html,
    identity_provider::{Person, SamlAnswer},
};

/// A button for everybody whom the provider knows. What was asked comes back with the one that is pressed.
pub(super) fn people(people: &[Person], request: &impl Serialize) -> ApiResult<String> {
    let encoded = serde_urlencoded::to_string(request).map_err(|error| ApiFailure::bad_request(error.to_string()))?;
    let fields: Vec<(String, String)> =
        serde_urlencoded::from_str(&encoded).map_err(|error| ApiFailure::bad_request(error.to_string()))?;
    let mut form = String::from("<form method=\"post\">");
    for (name, value) in &fields {
        form.push_str(&hidden(name, value));
    }
    for person in people {
        let names: Vec<&str> =
            [&person.given_name, &person.surname].into_iter().flatten().map(String::as_str).collect();
        let label =
            if names.is_empty() { person.email.clone() } else { format!("{} ({})", names.join(" "), person.email) };
        let (email, label) = (escape_html(&person.email), escape_html(&label));
        form.push_str(&format!("<p><button name=\"email\" value=\"{email}\">{label}</button></p>"));
    }
    form.push_str("</form>");
    if people.is_empty() {
        form.push_str("<p>Nobody is known here. Tell it people by PUT /_emulator/idp.</p>");
    }
    Ok(document("Sign in as", &form))
}

/// The answer, as a form that goes to the service.
pub(super) fn answer(answer: &SamlAnswer) -> String {
    let mut form = format!("<form method=\"post\" action=\"{}\">", escape_html(&answer.acs_url));
    form.push_str(&hidden("SAMLResponse", &answer.saml_response));
    if let Some(relay_state) = &answer.relay_state {
        form.push_str(&hidden("RelayState", relay_state));
    }
    form.push_str("<p><button>Continue</button></p></form>");
    document("Signed in", &form)
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape_html(name), escape_html(value))
}

fn document(title: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><h1>{title}</h1>{content}</html>"
    )
}
