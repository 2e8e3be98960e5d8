"""Makes the people whose tokens Schemathesis uses, and prints the tokens as variables of a shell."""

import json
import sys
import urllib.request

PASSWORD = "Correct-horse-1815"


def call(method, path, body, token=None, tenant=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if tenant:
        headers["frontegg-tenant-id"] = tenant
    request = urllib.request.Request(sys.argv[1] + path, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def main():
    pair = {"clientId": "client", "secret": "key"}
    environment = call("POST", "/auth/vendor", pair)["token"]
    for tenant in ["acme", "globex"]:
        call("POST", "/tenants/resources/tenants/v1", {"tenantId": tenant, "name": tenant}, environment)
        person = {"email": f"ada@{tenant}.test", "password": PASSWORD, "skipInviteEmail": True}
        call("POST", "/identity/resources/users/v2", person, environment, tenant)
    signed_in = {
        tenant: call("POST", "/identity/resources/auth/v1/user", {"email": f"ada@{tenant}.test", "password": PASSWORD})
        for tenant in ["acme", "globex"]
    }
    # A token of credentials outlives the operations that end sessions; what asks for a session has one of a tenant
    # that nothing else needs.
    made = call("POST", "/identity/resources/users/api-tokens/v1", {}, signed_in["acme"]["accessToken"])
    pair = {"clientId": made["clientId"], "secret": made["secret"]}
    user = call("POST", "/identity/resources/auth/v1/api-token", pair)["accessToken"]
    print(f"export ENVIRONMENT_TOKEN={environment}")
    print(f"export USER_TOKEN={user}")
    print(f"export SESSION_TOKEN={signed_in['globex']['accessToken']}")


main()
