"""What PyPI's `frontegg` does, against an emulator, as it was published; only the base URL is another one."""

import os
import uuid

import requests
from frontegg.common import FronteggAuthenticator
from frontegg.common.clients.types import AuthHeaderType
from frontegg.common.frontegg_context import FronteggContext
from frontegg.common.identity_mixin import IdentityClientMixin

BASE = os.environ["FRONTEGG_API_GATEWAY_URL"]
CLIENT_ID, API_KEY = os.environ["FRONTEGG_CLIENT_ID"], os.environ["FRONTEGG_API_KEY"]
PASSWORD = "Correct-horse-1815"
EMAIL = f"ada-{uuid.uuid4()}@acme.test"
TENANT = str(uuid.uuid4())


def call(token, method, path, body, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    response = requests.request(method, BASE + path, json=body, headers={"authorization": f"Bearer {token}", **headers})
    assert response.ok, (path, response.status_code, response.text)
    return response.json() if response.text else None


def refused(run):
    try:
        run()
    except Exception as error:  # It raises its own, PyJWT's and bare ones.
        return error
    raise AssertionError("it was not refused")


FronteggContext.init({})
authenticator = FronteggAuthenticator(CLIENT_ID, API_KEY)
authenticator.refresh_vendor_token()
environment = authenticator.access_token
print("ok  the environment authenticates")

call(environment, "POST", "/tenants/resources/tenants/v1", {"tenantId": TENANT, "name": "acme"})
scope = {"frontegg_tenant_id": TENANT}
person = {"email": EMAIL, "password": PASSWORD, "skipInviteEmail": True}
user = call(environment, "POST", "/identity/resources/users/v2", person, **scope)
login = call("", "POST", "/identity/resources/auth/v1/user", {"email": EMAIL, "password": PASSWORD})
token, role = login["accessToken"], user["roles"][0]

identity = IdentityClientMixin(authenticator)
claims = identity.validate_identity_on_token(f"Bearer {token}")
assert (claims["sub"], claims["tenantId"]) == (user["id"], TENANT), claims
assert identity.decode_jwt(f"Bearer {token}")["email"] == EMAIL
print("ok  a user token is verified")

identity.validate_identity_on_token(token, {"roles": [role["key"]]})
refused(lambda: identity.validate_identity_on_token(token, {"roles": ["nobody"]}))
refused(lambda: identity.validate_identity_on_token(token, {"permissions": ["no.such"]}))
refused(lambda: identity.validate_identity_on_token(token[:-4] + "AAAA"))
print("ok  roles and permissions are asked for, a forged token is refused")

for kind, more in [("tenants", {}), ("users", {"frontegg_user_id": user["id"]})]:
    body = {"description": "for a program", "roleIds": [role["id"]]}
    made = call(environment, "POST", f"/identity/resources/{kind}/access-tokens/v1", body, **scope, **more)
    claims = identity.validate_identity_on_token(made["secret"], None, AuthHeaderType.AccessToken.value)
    assert claims["sub"] == made["id"], claims
    refused(
        lambda: identity.validate_identity_on_token(made["secret"], {"roles": ["nobody"]}, AuthHeaderType.AccessToken.value)
    )
    print(f"ok  an access token ({kind}) is verified")
