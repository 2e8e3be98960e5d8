//! What we tell identity providers of ourselves: our metadata (SAML 2.0 Metadata).

use uppsala::XmlWriter;

use super::{EMAIL_ADDRESS, HTTP_POST, METADATA, PROTOCOL, SIGNATURE, certificates::Certificate};

/// The media type of metadata (SAML 2.0 Metadata, appendix A).
pub(crate) const MEDIA_TYPE: &str = "application/samlmetadata+xml";

/// A service provider, as providers get to know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceProvider<'a> {
    pub(crate) entity_id: &'a str,
    /// Where answers are to be sent: the assertion consumer service.
    pub(crate) acs_url: &'a str,
    /// What its requests are signed with.
    pub(crate) certificate: &'a Certificate,
    pub(crate) signs_requests: bool,
}

impl ServiceProvider<'_> {
    /// Its metadata: an `EntityDescriptor` with one `SPSSODescriptor`.
    pub(crate) fn metadata(&self) -> String {
        let mut xml = XmlWriter::new();
        xml.write_declaration();
        xml.start_element("md:EntityDescriptor", &[("xmlns:md", METADATA), ("entityID", self.entity_id)]);
        let role = [
            ("AuthnRequestsSigned", if self.signs_requests { "true" } else { "false" }),
            ("WantAssertionsSigned", "true"),
            ("protocolSupportEnumeration", PROTOCOL),
        ];
        xml.start_element("md:SPSSODescriptor", &role);
        key_descriptor(&mut xml, self.certificate);
        xml.start_element("md:NameIDFormat", &[]);
        xml.text(EMAIL_ADDRESS);
        xml.end_element("md:NameIDFormat");
        let service = [("Binding", HTTP_POST), ("Location", self.acs_url), ("index", "0"), ("isDefault", "true")];
        xml.empty_element("md:AssertionConsumerService", &service);
        xml.end_element("md:SPSSODescriptor");
        xml.end_element("md:EntityDescriptor");
        xml.into_string()
    }
}

/// A key for signatures (Metadata 2.4.1.1).
pub(super) fn key_descriptor(xml: &mut XmlWriter, certificate: &Certificate) {
    xml.start_element("md:KeyDescriptor", &[("use", "signing")]);
    xml.start_element("ds:KeyInfo", &[("xmlns:ds", SIGNATURE)]);
    xml.start_element("ds:X509Data", &[]);
    xml.start_element("ds:X509Certificate", &[]);
    xml.text(&certificate.to_base64());
    for element in ["ds:X509Certificate", "ds:X509Data", "ds:KeyInfo", "md:KeyDescriptor"] {
        xml.end_element(element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Timestamp,
        saml::{
            key::SigningKey,
            xml::{Element, parse},
        },
    };

    #[test]
    fn metadata_tells_where_answers_go_and_what_signs() {
        let key = SigningKey::generate("service", Timestamp::from_micros(0)).expect("a key");
        let provider = ServiceProvider {
            entity_id: "https://sp.test/?a=1&b=\"2\"",
            acs_url: "https://sp.test/auth/saml/callback",
            certificate: key.certificate(),
            signs_requests: true,
        };
        let text = provider.metadata();
        let document = parse(&text).expect("well-formed");
        let entity = Element::root(&document).expect("an element");
        assert!(entity.is(METADATA, "EntityDescriptor"));
        assert_eq!(entity.attribute("entityID"), Some(provider.entity_id));
        let role = entity.required(METADATA, "SPSSODescriptor").expect("a role");
        assert_eq!(role.boolean("AuthnRequestsSigned"), Ok(Some(true)));
        assert_eq!(role.boolean("WantAssertionsSigned"), Ok(Some(true)));
        assert_eq!(role.attribute("protocolSupportEnumeration"), Some(PROTOCOL));
        let service = role.required(METADATA, "AssertionConsumerService").expect("a service");
        assert_eq!(service.attribute("Binding"), Some(HTTP_POST));
        assert_eq!(service.attribute("Location"), Some(provider.acs_url));
        let format = role.required(METADATA, "NameIDFormat").expect("a format");
        assert_eq!(format.text().as_deref(), Some(EMAIL_ADDRESS));
        let certificate = role.all().find(|element| element.is(SIGNATURE, "X509Certificate")).expect("a certificate");
        let certificate = Certificate::read(&certificate.text().expect("text")).expect("a certificate");
        assert_eq!(&certificate, key.certificate());
    }
}
