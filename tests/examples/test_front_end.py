"""The front end of examples.geo as a process, asked over HTTP as a person's browser and a script would."""

from __future__ import annotations

import html
import signal
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from geo_programs import TIMEOUT, Start, run

from examples.geo.gen.geo_rpc import GeoServiceServicer
from minirpc.aio import Server

KYIV_TO_LVIV = {"from": "50.4501,30.5234", "to": "49.8397,24.0297"}
KYIV_TO_LVIV_KM = 467.531
SCRIPT = {"accept": "application/json"}
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}


@pytest.fixture
def client(front_end: str) -> Iterator[httpx.Client]:
    """An HTTP client of the front end."""
    with httpx.Client(base_url=front_end, timeout=TIMEOUT, trust_env=False) as client:
        yield client


def get(url: str, path: str, **query: str) -> httpx.Response:
    return httpx.get(url + path, params=query, headers=SCRIPT, timeout=TIMEOUT, trust_env=False)


def test_a_script_gets_json(client: httpx.Client) -> None:
    response = client.get("/distance", params=KYIV_TO_LVIV, headers=SCRIPT)
    assert response.status_code == 200
    assert response.json() == {
        "distance_km": KYIV_TO_LVIV_KM,
        "from": {"lat": 50.4501, "lng": 30.5234},
        "to": {"lat": 49.8397, "lng": 24.0297},
    }


def test_the_version_of_the_back_end_is_in_a_header(start: Start, client: httpx.Client) -> None:
    assert "x-geo-version" not in client.get("/distance", params=KYIV_TO_LVIV, headers=SCRIPT).headers
    back_end = start("back_end", "--port", "0", "--version", "v7")
    program = start("front_end", "--port", "0", "--back-end", back_end.address)
    for accept in (SCRIPT, BROWSER):
        response = httpx.get(program.address + "/distance", params=KYIV_TO_LVIV, headers=accept, trust_env=False)
        assert response.headers["x-geo-version"] == "v7"


def test_a_person_gets_a_page(client: httpx.Client) -> None:
    response = client.get("/distance", params=KYIV_TO_LVIV, headers=BROWSER)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "468&nbsp;km" in response.text
    assert "from Kyiv to Lviv" in response.text


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("text/html, application/json;q=0.5", "text/html"),
        ("application/json;q=0", "text/html"),
        ("application/json;q=high", "text/html"),
        ("*/*", "text/html"),
        ("", "text/html"),
    ],
)
def test_what_is_accepted_decides(client: httpx.Client, accept: str, content_type: str) -> None:
    response = client.get("/distance", params=KYIV_TO_LVIV, headers={"accept": accept})
    assert response.headers["content-type"].partition(";")[0] == content_type
    assert response.headers["vary"] == "accept"


def test_the_page_offers_both_forms(client: httpx.Client) -> None:
    text = client.get("/", headers=BROWSER).text
    assert 'action="/distance"' in text
    assert 'action="/route"' in text
    assert "$" not in text  # every placeholder of the template is filled


def test_cities_have_names(client: httpx.Client) -> None:
    response = client.get("/distance", params={"from": "Kyiv", "to": " Lviv "}, headers=SCRIPT)
    assert response.json()["distance_km"] == KYIV_TO_LVIV_KM


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"from": "91,0", "to": "0,0"}, "origin: latitude 91 is not between -90 and 90"),
        ({"from": "0,0", "to": "0,-180.5"}, "destination: longitude -180.5 is not between -180 and 180"),
        ({"from": "nan,0", "to": "0,0"}, "origin: latitude nan is not between -90 and 90"),
        ({"from": "0,inf", "to": "0,0"}, "origin: longitude inf is not between -180 and 180"),
        ({"from": "1e300,0", "to": "0,0"}, "from: '1e300,0' has a number too large to be sent"),
        ({"from": "1,2,3", "to": "0,0"}, "from: '1,2,3' is neither latitude,longitude nor a city of the list"),
        ({"from": "0,0", "to": "north"}, "to: 'north' is neither latitude,longitude nor a city of the list"),
        ({"from": "0,0"}, "the query lacks 'to'"),
        ({}, "the query lacks 'from'"),
    ],
)
def test_a_bad_question_gets_400_and_the_reason(client: httpx.Client, query: dict[str, str], reason: str) -> None:
    response = client.get("/distance", params=query, headers=SCRIPT)
    assert response.status_code == 400
    assert response.json() == {"error": reason, "code": "INVALID_ARGUMENT"}
    page = client.get("/distance", params=query, headers=BROWSER)
    assert page.status_code == 400
    assert reason in html.unescape(page.text)


def test_what_comes_from_outside_is_escaped(client: httpx.Client) -> None:
    hostile = "\"><script>alert('x')</script>"
    for path in ("/distance", "/route", "/"):
        page = client.get(path, params={"from": hostile, "to": hostile, "points": hostile}, headers=BROWSER)
        assert "<script" not in page.text
        assert hostile in html.unescape(page.text)


def test_a_route(client: httpx.Client) -> None:
    response = client.get("/route", params={"points": "50.4501,30.5234; Lviv\r\n\r\nKyiv"}, headers=SCRIPT)
    assert response.status_code == 200
    answer = response.json()
    assert answer["distance_km"] == pytest.approx(2 * KYIV_TO_LVIV_KM, abs=0.002)
    assert answer["points"][0] == {"lat": 50.4501, "lng": 30.5234, "leg_km": 0, "distance_km": 0}
    assert [point["leg_km"] for point in answer["points"]] == [0, KYIV_TO_LVIV_KM, KYIV_TO_LVIV_KM]


def test_a_route_as_several_parameters(client: httpx.Client) -> None:
    response = client.get("/route", params={"points": ["Kyiv", "Lviv"]}, headers=SCRIPT)
    assert [point["distance_km"] for point in response.json()["points"]] == [0, KYIV_TO_LVIV_KM]


def test_a_route_as_a_page(client: httpx.Client) -> None:
    page = client.get("/route", params={"points": "Kyiv\nLviv\nWarsaw"}, headers=BROWSER)
    assert page.status_code == 200
    assert "over 3 points" in page.text
    assert "<td>Warsaw</td>" in page.text


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ("Kyiv;91,0", "point 2: latitude 91 is not between -90 and 90"),
        ("Kyiv;there", "points: 'there' is neither latitude,longitude nor a city of the list"),
        (" ; ", "the query lacks 'points'"),
    ],
)
def test_a_bad_route_gets_400_and_the_reason(client: httpx.Client, points: str, reason: str) -> None:
    response = client.get("/route", params={"points": points}, headers=SCRIPT)
    assert (response.status_code, response.json()["error"]) == (400, reason)


def test_a_back_end_that_is_not_there_gives_503(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"127.0.0.1:{listener.getsockname()[1]}"
    front_end = start("front_end", "--port", "0", "--back-end", nobody).address
    response = get(front_end, "/distance", **KYIV_TO_LVIV)
    assert (response.status_code, response.json()["code"]) == (503, "UNAVAILABLE")
    assert get(front_end, "/healthz").text == "ok\n"


def test_a_back_end_that_does_not_answer_gives_504(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        front_end = start("front_end", "--port", "0", "--back-end", address, "--timeout", "0.1").address
        response = get(front_end, "/route", points="Kyiv;Lviv")
    assert (response.status_code, response.json()["code"]) == (504, "DEADLINE_EXCEEDED")


async def test_any_other_failure_of_the_back_end_gives_502(start: Start) -> None:
    async with Server([GeoServiceServicer()]) as server, httpx.AsyncClient(trust_env=False, timeout=TIMEOUT) as client:
        front_end = start("front_end", "--port", "0", "--back-end", await server.start("127.0.0.1:0")).address
        response = await client.get(f"{front_end}/distance", params=KYIV_TO_LVIV, headers=SCRIPT)
    assert (response.status_code, response.json()["code"]) == (502, "UNIMPLEMENTED")


def test_it_survives_a_restart_of_the_back_end(start: Start) -> None:
    back_end = start("back_end", "--port", "0")
    front_end = start("front_end", "--port", "0", "--back-end", back_end.address).address
    assert get(front_end, "/distance", **KYIV_TO_LVIV).status_code == 200
    assert back_end.stop() == 0
    assert get(front_end, "/distance", **KYIV_TO_LVIV).status_code == 503
    start("back_end", "--port", back_end.address.rpartition(":")[2])
    for _ in range(100):  # the channel tries again after its back-off, a second or two
        answer = get(front_end, "/distance", **KYIV_TO_LVIV)
        if answer.status_code == 200:
            break
        time.sleep(0.1)
    assert answer.json()["distance_km"] == KYIV_TO_LVIV_KM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0(start: Start, number: signal.Signals) -> None:
    program = start("front_end", "--port", "0")
    assert get(program.address, "/healthz").status_code == 200
    assert program.stop(number) == 0


def test_a_port_that_is_taken(front_end: str) -> None:
    finished = run("front_end", "--port", front_end.rpartition(":")[2])
    assert finished.returncode == 1
    assert finished.stderr.startswith("geo front end: ")
    assert "Address already in use" in finished.stderr
