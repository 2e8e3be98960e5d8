import pytest
import requests

PASSWORD = "Correct-horse-1815"


@pytest.fixture
def ada(emulator):
    token = emulator.environment_token()
    emulator.call("POST", "/tenants/resources/tenants/v1", {"tenantId": "acme", "name": "Acme"}, token)
    person = {"email": "ada@acme.test", "password": PASSWORD, "skipInviteEmail": True}
    return emulator.call("POST", "/identity/resources/users/v2", person, token, "acme")


def sign_in(emulator, password):
    person = {"email": "ada@acme.test", "password": password}
    return emulator.call("POST", "/identity/resources/auth/v1/user", person)


def test_ada_signs_in(emulator, ada):
    token = sign_in(emulator, PASSWORD)["accessToken"]
    me = emulator.call("GET", "/identity/resources/users/v2/me", token=token)
    assert (me["id"], me["tenantId"]) == (ada["id"], "acme")


def test_a_wrong_password_is_refused(emulator, ada):
    with pytest.raises(requests.HTTPError) as refused:
        sign_in(emulator, "wrong")
    assert refused.value.response.status_code == 401


def test_nobody_is_left_from_another_test(emulator):
    with pytest.raises(requests.HTTPError) as refused:
        sign_in(emulator, PASSWORD)
    assert refused.value.response.status_code == 401
