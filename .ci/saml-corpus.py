"""The corpus of `.ci/saml-corpus`: FOLDER gets an XML file a case, `cases.json` and the provider's certificate."""

import copy
import datetime
import json
import pathlib
import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner, methods

FOLDER, WORK = (pathlib.Path(argument) for argument in sys.argv[1:3])

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
NAMESPACES = {"saml": SAML, "samlp": SAMLP, "ds": DS}

IDP = "https://idp.example/metadata"
SP = "https://sp.example/sp"
ACS = "https://sp.example/auth/saml/callback"
OTHER = "https://other.example"
REQUEST = "_req1"

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def pair(name, key=None):
    key = key or rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, NOW - day, NOW + 30 * day)
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private, certificate.public_bytes(pem)


KEY, CERTIFICATE = pair("idp")
FOREIGN_KEY, FOREIGN_CERTIFICATE = pair("evil")


def at(seconds):
    return (NOW + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def response(
    user="alice@acme.test",
    response_id="_r1",
    assertion_id="_a1",
    request=REQUEST,
    audience=SP,
    recipient=ACS,
    destination=ACS,
    start=-60,
    end=300,
    confirmed=300,
    issuer=IDP,
    status="Success",
):
    to = f'InResponseTo="{request}"' if request else ""
    return etree.fromstring(
        f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{response_id}" Version="2.0" '
        f'IssueInstant="{at(0)}" Destination="{destination}" {to}><saml:Issuer>{issuer}</saml:Issuer>'
        f'<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>'
        f'<saml:Assertion ID="{assertion_id}" Version="2.0" IssueInstant="{at(0)}"><saml:Issuer>{issuer}</saml:Issuer>'
        '<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">'
        f'{user}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml:SubjectConfirmationData NotOnOrAfter="{at(confirmed)}" Recipient="{recipient}" {to}/>'
        f'</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{at(start)}" NotOnOrAfter="{at(end)}">'
        f'<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>'
        f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{at(0)}" SessionIndex="_s1"><saml:AuthnContext>'
        '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'
        '</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>'
        '<saml:Attribute Name="groups"><saml:AttributeValue>eng</saml:AttributeValue>'
        '<saml:AttributeValue>ops</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>'
        '</samlp:Response>'
    )


def find(element, path):
    return element.find(path, NAMESPACES)


def assertion(document):
    return find(document, "saml:Assertion")


def after_issuer(element, signature):
    find(element, "saml:Issuer").addnext(signature)


def signed(element, key=KEY, certificate=CERTIFICATE, algorithm="rsa-sha256", digest="sha256"):
    """Signed by signxml, with the signature where the schema wants it."""
    after_issuer(element, etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS}))
    signer = XMLSigner(methods.enveloped, signature_algorithm=algorithm, digest_algorithm=digest, c14n_algorithm=EXCLUSIVE)
    by_certificate = {} if algorithm.startswith("hmac") else {"cert": certificate}
    return signer.sign(element, key=key, reference_uri="#" + element.get("ID"), **by_certificate)


def with_signed_assertion(document, **how):
    """The assertion is signed by itself, so that nothing around it is in what is digested."""
    plain = assertion(document)
    document.replace(plain, signed(etree.fromstring(etree.tostring(plain)), **how))
    return document


def by_xmlsec1(
    document, element, signature="2001/04/xmldsig-more#rsa-sha256", digest="2001/04/xmlenc#sha256", uri=None
):
    uri = "#" + element.get("ID") if uri is None else uri
    template = (
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="http://www.w3.org/{signature}"/><ds:Reference URI="{uri}">'
        f'<ds:Transforms><ds:Transform Algorithm="{DS}enveloped-signature"/><ds:Transform Algorithm="{EXCLUSIVE}"/>'
        f'</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/{digest}"/><ds:DigestValue/></ds:Reference>'
        '</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>'
    )
    after_issuer(element, etree.fromstring(template))
    (WORK / "key").write_bytes(KEY)
    (WORK / "certificate").write_bytes(CERTIFICATE)
    (WORK / "template").write_bytes(etree.tostring(document))
    keys = f"{WORK / 'key'},{WORK / 'certificate'}"
    ids = [option for name in (f"{SAMLP}:Response", f"{SAML}:Assertion") for option in ("--id-attr:ID", name)]
    command = ["xmlsec1", "--sign", "--privkey-pem", keys, *ids, str(WORK / "template")]
    return subprocess.run(command, check=True, capture_output=True).stdout


CASES = []


def case(name, xml, check=None, certificate="idp"):
    """With the number of the check that has to refuse it, and the provider's certificate."""
    (FOLDER / f"{name}.xml").write_bytes(xml if isinstance(xml, bytes) else etree.tostring(xml))
    CASES.append({"name": name, "check": check, "certificate": f"{certificate}.crt"})


def changed(path, change):
    """Changed before it is signed."""
    document = response()
    change(find(document, path))
    return with_signed_assertion(document)


def spoilt(path, change):
    """Changed after it was signed."""
    document = with_signed_assertion(response())
    change(find(assertion(document), path))
    return document


def remove(element):
    element.getparent().remove(element)


def evil(assertion_id="_evil"):
    return assertion(response(user="admin@acme.test", assertion_id=assertion_id))


def good():
    return with_signed_assertion(response())


# Accepted.
case("ok_signxml_assertion", good())
case("ok_signxml_response", signed(response()))
case("ok_signxml_both", signed(good()))
document = response()
case("ok_xmlsec1_assertion", by_xmlsec1(document, assertion(document)))
document = response()
case("ok_xmlsec1_response", by_xmlsec1(document, document))

for curve, length in ((ec.SECP256R1(), 256), (ec.SECP384R1(), 384), (ec.SECP521R1(), 512)):
    key, certificate = pair("idp", ec.generate_private_key(curve))
    (FOLDER / f"{curve.name}.crt").write_bytes(certificate)
    how = {"algorithm": f"ecdsa-sha{length}", "digest": f"sha{length}"}
    document = with_signed_assertion(response(), key=key, certificate=certificate, **how)
    case(f"ok_signxml_{curve.name}", document, certificate=curve.name)
case("ok_signxml_pss", with_signed_assertion(response(), algorithm="sha256-rsa-MGF1"))

# Plainly wrong.
case("unsigned", response(), 7)
case("tampered_nameid", etree.tostring(good()).replace(b"alice@acme.test", b"mallory@acme"), 7)
case("other_key_embedded", with_signed_assertion(response(), key=FOREIGN_KEY, certificate=FOREIGN_CERTIFICATE), 10)
case("wrong_audience", with_signed_assertion(response(audience=OTHER)), 17)
case("wrong_recipient", with_signed_assertion(response(recipient=f"{OTHER}/acs")), 15)
case("wrong_destination", with_signed_assertion(response(destination=f"{OTHER}/acs")), 12)
case("no_audience", changed(".//saml:AudienceRestriction", remove), 17)
case("no_confirmation", changed(".//saml:SubjectConfirmation", remove), 15)
vouches = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"
case("not_bearer", changed(".//saml:SubjectConfirmation", lambda element: element.set("Method", vouches)), 15)
data = ".//saml:SubjectConfirmationData"
case("no_end_of_confirmation", changed(data, lambda element: element.attrib.pop("NotOnOrAfter")), 15)
case("wrong_irt", with_signed_assertion(response(request="_other")), 14)
case("unsolicited_no_irt", with_signed_assertion(response(request=None)), 14)
case("expired_conditions", with_signed_assertion(response(start=-4000, end=-1000)), 16)
case("expired_confirmation", with_signed_assertion(response(confirmed=-1000)), 15)
case("not_yet_valid", with_signed_assertion(response(start=4000, end=8000)), 16)
case("wrong_issuer", with_signed_assertion(response(issuer="https://evil.example")), 13)
case("status_responder", with_signed_assertion(response(status="Responder")), 5)

# Wrapped (Somorovsky et al., On Breaking SAML, 2012).
original = signed(response())
signature = find(original, "ds:Signature")
bare = copy.deepcopy(original)
bare.remove(find(bare, "ds:Signature"))
document = response(user="admin@acme.test", response_id="_evilr", assertion_id="_evil")
holder = copy.deepcopy(signature)
holder.append(copy.deepcopy(bare))
after_issuer(document, holder)
case("xsw1_response_in_signature", document, 3)
document = response(user="admin@acme.test", response_id="_evilr", assertion_id="_evil")
after_issuer(document, copy.deepcopy(signature))
document.insert(2, copy.deepcopy(bare))
case("xsw2_response_sibling", document, 3)
document = good()
document.insert(2, evil())
case("xsw3_evil_first", document, 3)
document = good()
document.append(evil())
case("xsw3b_evil_last", document, 3)


def wrapped(assertion_id="_evil"):
    """An evil assertion in the place of the good one, which is given back with its signature."""
    document, other = good(), evil(assertion_id)
    kept = assertion(document)
    document.replace(kept, other)
    return document, other, kept, find(kept, "ds:Signature")


document, other, kept, _ = wrapped()
other.append(kept)
case("xsw4_signed_inside_evil", document, 3)
document, other, kept, signature = wrapped()
after_issuer(other, signature)
document.append(kept)
case("xsw5_signature_moved", document, 3)
document, other, kept, signature = wrapped()
after_issuer(other, signature)
signature.append(kept)
case("xsw6_original_in_signature", document, 3)
document = good()
extensions = etree.Element(f"{{{SAMLP}}}Extensions")
extensions.append(evil("_a1"))
document.insert(1, extensions)
case("xsw7_extensions_same_id", document, 3)
document, other, kept, signature = wrapped("_a1")
after_issuer(other, signature)
etree.SubElement(signature, f"{{{DS}}}Object").append(kept)
case("xsw8_object_same_id", document, 3)
document = good()
assertion(document).addprevious(evil("_a1"))
case("dup_id_evil_first", document, 3)

# Read by halves, or too far.
case("comment_in_nameid", with_signed_assertion(response(user="admin@acme.test<!---->.evil.test")))
text = etree.tostring(good())
case("doctype_internal", b'<!DOCTYPE r [<!ENTITY a "b">]>' + text, 2)
external = b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
case("xxe_file", external + text.replace(b"eng", b"&a;", 1), 2)
entities = b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10))
laughs = b'<!DOCTYPE r [<!ENTITY l0 "lol">' + entities + b"]>"
case("billion_laughs", laughs + text.replace(b"eng", b"&l9;", 1), 2)

# By other algorithms, or of something else.
document = response()
weak = {"signature": "2000/09/xmldsig#rsa-sha1", "digest": "2000/09/xmldsig#sha1"}
case("rsa_sha1", by_xmlsec1(document, assertion(document), **weak), 9)
case("hmac_with_cert", with_signed_assertion(response(), key=CERTIFICATE, algorithm="hmac-sha256"), 9)
document = response()
case("empty_uri_whole_doc", by_xmlsec1(document, document, uri=""), 8)
case("ref_file", spoilt(".//ds:Reference", lambda element: element.set("URI", "/etc/hostname")), 8)
case("no_reference", spoilt(".//ds:Reference", remove), 8)
xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116"
add = lambda element: etree.SubElement(element, f"{{{DS}}}Transform", Algorithm=xslt)  # noqa: E731
case("xslt_transform", spoilt(".//ds:Transforms", add), 8)
case("empty_signature_value", spoilt(".//ds:SignatureValue", lambda element: setattr(element, "text", "")), 7)

# No answer at all.
case("garbage", b"not xml", 2)
case("deep", b"<a>" * 20000 + b"</a>" * 20000, 2)
case("big", text.replace(b"eng", b"x" * (256 * 1024), 1), 1)

(FOLDER / "idp.crt").write_bytes(CERTIFICATE)


def is_signed(name):
    """Whether xmlsec1 finds the first signature valid, by the provider's certificate alone."""
    ids = [option for element in (f"{SAMLP}:Response", f"{SAML}:Assertion") for option in ("--id-attr:ID", element)]
    key = ["--enabled-key-data", "rsa", "--pubkey-cert-pem", str(FOLDER / "idp.crt")]
    command = ["xmlsec1", "--verify", *key, *ids, str(FOLDER / f"{name}.xml")]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


# What is refused by its signature or its key has none that is valid, and what passes those checks has one.
# It does not know RSASSA-PSS, and is not given the other keys.
OTHERS = ("ok_signxml_secp", "ok_signxml_pss")
for name, check in ((case["name"], case["check"]) for case in CASES if not case["name"].startswith(OTHERS)):
    if check is None or check > 10 or check in (7, 10):
        assert is_signed(name) == (check not in (7, 10)), name

corpus = {
    "now": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "acsUrl": ACS,
    "spEntityId": SP,
    "issuer": IDP,
    "request": REQUEST,
    "cases": CASES,
}
(FOLDER / "cases.json").write_text(json.dumps(corpus, indent=1) + "\n")
print(len(CASES), "cases")
