import pytest
import requests

PASSWORD = "Correct-horse-1815"


def sign_in(emulator, password):
    person = {"email": "ada@acme.test", "password": password}
    return emulator.call("POST", "/identity/resources/auth/v1/user", person)


def me(emulator):
    token = sign_in(emulator, PASSWORD)["accessToken"]
    return emulator.call("GET", "/identity/resources/users/v2/me", token=token)


def test_ada_signs_in(emulator):
    ada = me(emulator)
    assert (ada["email"], ada["tenantId"]) == ("ada@acme.test", "acme")


def test_a_wrong_password_is_refused(emulator):
    with pytest.raises(requests.HTTPError) as refused:
        sign_in(emulator, "wrong")
    assert refused.value.response.status_code == 401


def test_ada_is_removed(emulator):
    path = "/identity/resources/users/v1/" + me(emulator)["id"]
    emulator.call("DELETE", path, token=emulator.environment_token(), tenant="acme")
    with pytest.raises(requests.HTTPError) as refused:
        sign_in(emulator, PASSWORD)
    assert refused.value.response.status_code == 401


def test_and_is_there_again_for_the_next_test(emulator):
    assert me(emulator)["email"] == "ada@acme.test"
