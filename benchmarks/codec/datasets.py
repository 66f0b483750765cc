"""The messages that are measured, as values of no library: the same on every machine and in every run."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, Union

__all__ = ["EnumValue", "Tree", "Value", "datasets"]


@dataclass(frozen=True)
class EnumValue:
    """A value of an enum.

    Attributes:
        type: the enum's name, below its package.
        name: the value's name in the .proto file.
    """

    type: str
    name: str


@dataclass(frozen=True)
class Tree:
    """A message of ``datasets.proto`` or descriptor.proto.

    Attributes:
        type: the message's name, below its package.
        fields: the values of the fields that are set, by their names.
    """

    type: str
    fields: Mapping[str, Value]


Scalar: TypeAlias = int | float | str | bytes | bool
Value: TypeAlias = Union[Scalar, EnumValue, Tree, "list[Value]", "dict[Scalar, Value]"]

# The last ones are not ASCII: about one word in seven.
_TEXT = """
amber basin cedar delta ember fjord grove haven inlet jetty knoll larch maple north ocean prairie quarry river
slate tundra upland valley willow yarrow zephyr Київ Львів Åland naïve
"""
_WORDS = _TEXT.split()


def _text(source: random.Random, words: int) -> str:
    return " ".join(source.choice(_WORDS) for _ in range(words))


def _point(lat: float, lng: float) -> Tree:
    return Tree("Point", {"lat": lat, "lng": lng})


def _user() -> Tree:
    return Tree("User", {"id": 7_340_033, "name": "Lesya Kvitka", "email": "lesya@example.com", "locale": "uk-UA"})


def _api_response() -> Tree:
    return Tree(
        "ApiResponse",
        {
            "request_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
            "created_at": 1_764_000_000_123,
            "cached": True,
            "score": 0.8712,
            "tags": ["beta", "eu-central"],
            "user": _user(),
        },
    )


def _log_record() -> Tree:
    return Tree(
        "LogRecord",
        {
            "time_unix_nano": 1_764_000_000_123_456_789,
            "severity": EnumValue("Severity", "SEVERITY_ERROR"),
            "message": "upstream did not answer within 250 ms, third attempt",
            "labels": {
                "service": "geo-backend",
                "namespace": "production",
                "pod": "geo-backend-6d5f9c7b8-x2x9k",
                "zone": "eu-central-1a",
                "version": "4.12.0",
            },
            "trace_id": bytes(range(16)),
            "line": 217,
        },
    )


def _item(source: random.Random, number: int) -> Tree:
    return Tree(
        "Item",
        {
            "sku": f"SKU-{number:08d}",
            "title": _text(source, 4),
            "price": round(source.uniform(1, 500), 2),
            "quantity": source.randrange(1, 9),
            "categories": [source.choice(_WORDS) for _ in range(3)],
        },
    )


def _page_view(source: random.Random, number: int) -> Tree:
    entered = 1_764_000_000_000 + number * 31_000
    return Tree(
        "PageView",
        {
            "url": f"https://shop.example.com/{source.choice(_WORDS[:25])}/{number}?ref={source.choice(_WORDS[:25])}",
            "entered_at": entered,
            "left_at": entered + source.randrange(30_000),
            "scroll_depths": [source.randrange(4_000) for _ in range(6)],
        },
    )


def _analytics_event(source: random.Random) -> Tree:
    return Tree(
        "AnalyticsEvent",
        {
            "event_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "name": "checkout_completed",
            "occurred_at": 1_764_000_000_999,
            "user": _user(),
            "device": Tree(
                "Device",
                {
                    "model": "Pixel 9",
                    "system": "Android 16",
                    "width": 1080,
                    "height": 2424,
                    "place": _point(49.8397, 24.0297),
                },
            ),
            "items": [_item(source, number) for number in range(15)],
            "page_views": [_page_view(source, number) for number in range(15)],
            "properties": {f"property_{word}": _text(source, 2) for word in _WORDS[:12]},
            "measures": {f"measure_{word}": round(source.random(), 6) for word in _WORDS[:8]},
        },
    )


def datasets(*, small: bool) -> dict[str, Tree]:
    """Returns the messages of ``datasets.proto`` by name, small ones first.

    Args:
        small: make the large ones small, to try the benchmark itself.
    """
    source = random.Random(0)
    entries, numbers, blob = (20, 1_000, 1 << 14) if small else (200, 100_000, 1 << 20)
    article: dict[str, Value] = {
        "title": _text(source, 6),
        "author": "Lesya Kvitka",
        "paragraphs": [_text(source, 40) for _ in range(entries)],
    }
    counters: dict[str, Value] = {
        "by_name": {f"counter_{number:04d}": source.randrange(1 << 40) for number in range(entries)},
        "names": {number * 7: _text(source, 2) for number in range(entries)},
    }
    return {
        "tiny": Tree("Points", {"origin": _point(50.4501, 30.5234), "destination": _point(49.8397, 24.0297)}),
        "api response": _api_response(),
        "log record": _log_record(),
        "analytics event": _analytics_event(source),
        "strings": Tree("Article", article),
        "maps": Tree("Counters", counters),
        "packed ints": Tree("PackedInts", {"values": [source.randrange(-(1 << 20), 1 << 34) for _ in range(numbers)]}),
        "packed doubles": Tree("PackedDoubles", {"values": [source.random() for _ in range(numbers)]}),
        "blob": Tree("Blob", {"data": source.randbytes(blob)}),
    }
