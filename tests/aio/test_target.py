import pytest

from minirpc.aio.resolver import create_resolver, parse_target
from minirpc.aio.target import Address, TcpAddress, UnixAddress, parse_listen_address


@pytest.mark.parametrize(
    ("target", "addresses"),
    [
        ("localhost:50051", [TcpAddress("localhost", 50051)]),
        ("dns:///a.b:1", [TcpAddress("a.b", 1)]),
        ("dns:a.b:1", [TcpAddress("a.b", 1)]),
        ("[::1]:80", [TcpAddress("::1", 80)]),
        ("dns:///[::1]:80", [TcpAddress("::1", 80)]),
        ("ipv4:10.0.0.1:1,10.0.0.2:2", [TcpAddress("10.0.0.1", 1), TcpAddress("10.0.0.2", 2)]),
        ("ipv6:[::1]:1,[::2]:2", [TcpAddress("::1", 1), TcpAddress("::2", 2)]),
        ("ipv6:%5B::1%5D:1,%5B::2%5D:2", [TcpAddress("::1", 1), TcpAddress("::2", 2)]),
        ("ipv6:[fe80::1%eth0]:80", [TcpAddress("fe80::1%eth0", 80)]),
        ("unix:/run/a.sock", [UnixAddress("/run/a.sock")]),
        ("unix:///run/a.sock", [UnixAddress("/run/a.sock")]),
        ("unix:relative", [UnixAddress("relative")]),
        ("static:a:1,[::1]:2,unix:/b", [TcpAddress("a", 1), TcpAddress("::1", 2), UnixAddress("/b")]),
    ],
)
def test_targets(target: str, addresses: list[Address]) -> None:
    _, named = create_resolver(parse_target(target))
    assert named == addresses


@pytest.mark.parametrize(
    "target",
    [
        "",
        "host",
        "host:",
        ":1",
        "host:x",
        "host:65536",
        "host:-1",
        "::1:80",
        "unix:",
        "unix://run",
        "dns://8.8.8.8/a:1",
        "http://host:80",
        "ipv4:host:80",
        "ipv4:10.0.0.1:80,[::1]:80",
        "ipv6:10.0.0.1:80",
        "ipv6:[::g]:80",
        "ipv4:",
    ],
)
def test_bad_targets_are_told(target: str) -> None:
    with pytest.raises(ValueError, match=r"target|host:port|brackets|path|absolute|is no IPv"):
        create_resolver(parse_target(target))


def test_listen_addresses() -> None:
    assert parse_listen_address("0.0.0.0:0") == TcpAddress("0.0.0.0", 0)
    assert parse_listen_address("unix:/a") == UnixAddress("/a")
    assert str(TcpAddress("::1", 5)) == "[::1]:5"
    assert str(UnixAddress("/a")) == "unix:/a"
