"""Who may use the HTTP API: addresses, users and their credentials."""

import pytest

from gateway.usecases.serve_http import HttpApi
from tests.cloud.calls import SEND, USERS, basic, call
from tests.cloud.memory import MemoryConfigured


def test_allowed_network_opens_an_extension(api: HttpApi) -> None:
    query = SEND.replace("9994", "9998")
    assert call(api, query, source_ip="192.0.2.77").code == "200"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (basic("user1000", "mypassword12"), "200"),
        (basic("user1000", "mypassword12").replace("Basic", "bAsIc"), "200"),
        (basic("user2000", "mypassword12"), "306"),
        (basic("user1000", "wrong"), "305"),
        (basic("user1000", ""), "305"),
        ("Basic !!!", "305"),
        ("Basic /w==", "305"),
        ("Bearer abc", "304"),
        ("", "304"),
    ],
)
def test_basic_authentication(api: HttpApi, authorization: str, code: str) -> None:
    assert call(api, USERS, authorization=authorization).code == code


def test_disabled_user_is_refused(api: HttpApi, configured: MemoryConfigured) -> None:
    configured.content["user"][0]["enabled"] = False
    assert call(api, USERS, authorization=basic("user1000", "mypassword12")).code == "305"


@pytest.mark.parametrize("credentials", ["Basic é", "Basic ????", "Basic /w==", "Basic dXNlcg=="])
def test_credentials_that_cannot_be_read_are_refused(api: HttpApi, credentials: str) -> None:
    assert call(api, SEND.replace("9994", "9995"), authorization=credentials).code in ("304", "305")
