"""Only addresses that may be called are called."""

from ipaddress import ip_address, ip_network

import pytest

from gateway.adapters.webhooks import is_allowed
from tests.cloud.receivers import NOWHERE, post, receiver

NOT_POSTED = {"address is not allowed", "bad URL", "gaierror", "UnicodeError"}

HOSTS_THAT_MEAN_HERE = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0",
    "0.0.0.0",
    "localhost",
    "LocalHost",
    "user:password@127.0.0.1",
    "example.com@127.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:0]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
]

ADDRESSES_THAT_ARE_NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.10",
    "192.88.99.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::a00:1",
    "::ffff:10.0.0.1",
    "::ffff:100.64.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.0.1",
    "::ffff:224.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::c0a8:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "64:ff9b:1::a9fe:a9fe",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "2002:a00:1::",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::",
    "2002:c0a8:1::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fec0::1",
    "3fff::1",
    "5f00::1",
    "ff00::1",
    "ff02::1",
    "ff05::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", ADDRESSES_THAT_ARE_NOT_PUBLIC)
def test_address_that_is_not_public_is_not_allowed(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize("address", ADDRESSES_THAT_ARE_NOT_PUBLIC)
def test_url_with_an_address_that_is_not_public_is_not_called(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert post(f"http://{host}/", NOWHERE) == "address is not allowed"


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"]
)
def test_public_address_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"])
def test_public_address_in_another_form_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize("host", HOSTS_THAT_MEAN_HERE)
def test_no_spelling_of_this_host_reaches_a_listener(host: str) -> None:
    with receiver() as server:
        assert post(server.url(host), NOWHERE) in NOT_POSTED
        assert server.posts == []


def test_opened_network_opens_nothing_else() -> None:
    networks = (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"))
    assert is_allowed(ip_address("127.0.0.1"), networks)
    assert is_allowed(ip_address("::ffff:10.1.2.3"), networks)
    assert not is_allowed(ip_address("10.2.0.1"), networks)
    assert not is_allowed(ip_address("::1"), networks)
    assert not is_allowed(ip_address("169.254.169.254"), networks)
