"""One emulator for a run of tests, as its seed says before each of them."""

import json
import os
import subprocess

import pytest
import requests


class Emulator:
    """What the program has printed, and what tests do to it."""

    def __init__(self, printed):
        self.url = printed["url"]
        # What the program under test is given: FRONTEGG_CLIENT_ID and FRONTEGG_API_KEY.
        self.credentials = {"clientId": printed["clientId"], "secret": printed["apiKey"]}

    def call(self, method, path, body=None, token=None, tenant=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if tenant:
            headers["frontegg-tenant-id"] = tenant
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def environment_token(self):
        return self.call("POST", "/auth/vendor", self.credentials)["token"]


@pytest.fixture(scope="session")
def running_emulator():
    program = os.environ.get("FRONTEGG_EMULATOR", "frontegg-emulator")
    # Port 0 is a free one; the line comes once it listens.
    seed = os.path.join(os.path.dirname(__file__), "seed.yaml")
    command = [program, "--listen", "0", "--print", "json", "--seed", seed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield Emulator(json.loads(process.stdout.readline()))
        process.terminate()
    assert process.returncode == 0


@pytest.fixture
def emulator(running_emulator):
    running_emulator.call("POST", "/_emulator/reset?seed=true")
    return running_emulator
