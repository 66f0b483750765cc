"""The helpers of the well-known types, beside Google's where there are such."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any as AnyValue

import pytest
from google.protobuf import duration_pb2, field_mask_pb2, struct_pb2, timestamp_pb2
from hypothesis import given
from hypothesis import strategies as st

from minirpc.codegen import messages_v1 as _pb
from minirpc.errors import DecodeError
from minirpc.message import Registry
from minirpc.message.wkt import Any, Duration, FieldMask, ListValue, StringValue, Struct, Timestamp, Value

moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])).filter(
    lambda moment: moment.year not in (1, 9999)
)


# ---- Timestamp, Duration


@given(moments)
def test_timestamps_are_exact_and_google_s(moment: datetime) -> None:
    ours = Timestamp.from_datetime(moment)
    assert ours.to_datetime() == moment
    theirs = timestamp_pb2.Timestamp()
    theirs.FromDatetime(moment)
    assert ours.to_binary() == theirs.SerializeToString()


def test_a_timestamp_is_given_a_time_zone() -> None:
    zone = timezone(timedelta(hours=2))
    moment = Timestamp(seconds=1_000_000_000, nanos=1_999).to_datetime(zone)
    assert moment.isoformat() == "2001-09-09T03:46:40.000001+02:00"


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        Timestamp.from_datetime(datetime(2024, 1, 1))


@given(st.integers(-62_135_596_800 * 10**9, 253_402_300_800 * 10**9 - 1))
def test_nanoseconds_of_timestamps_are_kept(nanoseconds: int) -> None:
    ours = Timestamp.from_nanoseconds(nanoseconds)
    assert 0 <= ours.nanos < 10**9
    assert ours.to_nanoseconds() == nanoseconds


@pytest.mark.parametrize("nanoseconds", [-62_135_596_800 * 10**9 - 1, 253_402_300_800 * 10**9])
def test_timestamps_end_with_the_calendar(nanoseconds: int) -> None:
    with pytest.raises(ValueError, match="years 1 to 9999"):
        Timestamp.from_nanoseconds(nanoseconds)


@pytest.mark.parametrize("timestamp", [Timestamp(nanos=-1), Timestamp(nanos=10**9), Timestamp(seconds=2**60)])
def test_what_is_no_timestamp_becomes_no_datetime(timestamp: Timestamp) -> None:
    with pytest.raises(ValueError, match=r"nanos are not|years 1 to 9999"):
        timestamp.to_datetime()


def test_now_is_now() -> None:
    before = datetime.now(UTC)
    now = Timestamp.now()
    assert before - timedelta(microseconds=1) <= now.to_datetime() <= datetime.now(UTC)


@given(st.timedeltas(min_value=timedelta(days=-3_652_500), max_value=timedelta(days=3_652_500)))
def test_durations_are_exact_and_google_s(span: timedelta) -> None:
    ours = Duration.from_timedelta(span)
    assert ours.to_timedelta() == span
    theirs = duration_pb2.Duration()
    theirs.FromTimedelta(span)
    assert ours.to_binary() == theirs.SerializeToString()


@given(st.integers(-315_576_000_000 * 10**9, 315_576_000_000 * 10**9))
def test_nanoseconds_of_durations_are_kept(nanoseconds: int) -> None:
    ours = Duration.from_nanoseconds(nanoseconds)
    assert ours.seconds * ours.nanos >= 0
    assert ours.to_nanoseconds() == nanoseconds


def test_durations_are_cut_towards_zero() -> None:
    assert Duration(seconds=-1, nanos=-1_999).to_timedelta() == timedelta(seconds=-1, microseconds=-1)


@pytest.mark.parametrize(
    ("duration", "reason"),
    [
        (Duration(seconds=315_576_000_001), "over 10,000 years"),
        (Duration(seconds=1, nanos=-1), "differ in sign"),
        (Duration(nanos=10**9), "a second or more"),
    ],
)
def test_what_is_no_duration_becomes_no_timedelta(duration: Duration, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        duration.to_timedelta()
    with pytest.raises(ValueError, match="over 10,000 years"):
        Duration.from_nanoseconds(315_576_000_001 * 10**9)


# ---- Any


def test_any_holds_a_message() -> None:
    packed = Any.pack(Duration(seconds=3))
    assert packed.type_url == "type.googleapis.com/google.protobuf.Duration"
    assert packed.type_name == "google.protobuf.Duration"
    assert packed.holds(Duration)
    assert not packed.holds(Timestamp)
    assert packed.unpack(Duration) == Duration(seconds=3)
    assert packed.unpack(Registry()) == Duration(seconds=3)
    assert Any.pack(Duration(), prefix="acme.com/types").type_url == "acme.com/types/google.protobuf.Duration"


def test_any_says_what_it_does_not_hold() -> None:
    packed = Any.pack(Duration(seconds=3))
    with pytest.raises(ValueError, match=r"holds google\.protobuf\.Duration, not google\.protobuf\.Timestamp"):
        packed.unpack(Timestamp)
    with pytest.raises(ValueError, match="type URL is ''"):
        Any().unpack(Timestamp)
    packed.type_url = "type.googleapis.com/acme.Missing"
    with pytest.raises(LookupError, match=r"acme\.Missing"):
        packed.unpack(Registry())
    with pytest.raises(DecodeError, match="truncated"):
        Any(type_url="x/google.protobuf.Duration", value=b"\x08").unpack(Duration)


# ---- Struct, Value, ListValue

plain = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_values_survive(value: AnyValue) -> None:
    assert Value.from_python(value).to_python() == value
    assert ListValue.from_python([value]).to_python() == [value]
    struct = Struct.from_python({"x": value})
    assert struct.to_python() == {"x": value}
    theirs = struct_pb2.Struct()
    theirs.update({"x": value})
    assert Struct.from_binary(theirs.SerializeToString()) == struct


def test_numbers_are_doubles() -> None:
    assert Value.from_python(3).to_python() == 3.0
    assert isinstance(Value.from_python(3).to_python(), float)
    assert math.isnan(Value.from_python(math.nan).to_python())  # type: ignore[arg-type]
    for number in (2**53 + 1, 10**400):
        with pytest.raises(ValueError, match=r"\$\.a\[0\]: numbers are doubles"):
            Struct.from_python({"a": [number]})


@pytest.mark.parametrize("value", [{"a": object()}, {"a": b"x"}, {1: 2}, {"a": {1, 2}}])
def test_what_is_no_json_is_refused(value: AnyValue) -> None:
    with pytest.raises(TypeError, match=r"\$"):
        Struct.from_python(value)


def test_an_unset_value_has_no_word() -> None:
    with pytest.raises(ValueError, match=r"\$\.a: the Value is unset"):
        Struct(fields={"a": Value()}).to_python()


def test_endless_nesting_ends() -> None:
    endless: list[AnyValue] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nested deeper than 100 levels"):
        ListValue.from_python(endless)
    loop = ListValue()
    loop.values.append(Value(list_value=loop))
    with pytest.raises(ValueError, match="nested deeper than 100 levels"):
        loop.to_python()


# ---- FieldMask


class Inner(_pb.Message):
    x: int = _pb.int32(1)
    y: int | None = _pb.int32(2, optional=True)
    names: list[str] = _pb.string(3, repeated=True)


class Outer(_pb.Message):
    inner: Inner | None = _pb.message(1, lambda: Inner)
    inners: list[Inner] = _pb.message(2, lambda: Inner, repeated=True)
    counts: dict[str, int] = _pb.map(3, "string", "int32")
    class_: str = _pb.string(4, name="class")
    a: int | None = _pb.int32(5, oneof="either")
    b: str | None = _pb.string(6, oneof="either")


paths = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join), max_size=6)


@given(paths, paths)
def test_sets_of_paths_are_google_s(one: list[str], other: list[str]) -> None:
    ours, theirs = FieldMask(paths=one), field_mask_pb2.FieldMask(paths=one)
    ours_too, theirs_too = FieldMask(paths=other), field_mask_pb2.FieldMask(paths=other)
    result = field_mask_pb2.FieldMask()
    result.CanonicalFormFromMask(theirs)
    assert ours.normalized().paths == list(result.paths)
    result.Union(theirs, theirs_too)
    assert ours.union(ours_too).paths == list(result.paths)
    result.Intersect(theirs, theirs_too)
    assert ours.intersection(ours_too).paths == list(result.paths)


@given(paths, paths)
def test_what_is_left_is_not_in_the_other(one: list[str], other: list[str]) -> None:
    left = FieldMask(paths=one).difference(FieldMask(paths=other))
    assert not any(FieldMask(paths=other).contains(path) for path in left.paths)
    assert all(left.contains(path) or FieldMask(paths=other).contains(path) for path in one)


def test_paths_are_checked_by_their_names_in_the_file() -> None:
    assert FieldMask.from_paths("inner.x", "inners", "counts", "class", message=Outer).is_valid_for(Outer)
    for path, reason in {
        "inner.z": r"Inner has no field 'z'",
        "class_": r"Outer has no field 'class_'",
        "inners.x": r"Outer.inners is no singular message",
        "counts.x": r"Outer.counts is no singular message",
        "class.x": r"Outer.class is no singular message",
        "": r"has no field ''",
    }.items():
        assert not FieldMask(paths=[path]).is_valid_for(Outer)
        with pytest.raises(ValueError, match=reason):
            FieldMask.from_paths(path, message=Outer)
    assert FieldMask.of_all_fields(Inner).paths == ["x", "y", "names"]


def test_merging_copies_what_is_selected() -> None:
    source = Outer(inner=Inner(x=1, names=["a"]), inners=[Inner(x=2)], counts={"a": 1}, class_="c", b="b")
    target = Outer(inner=Inner(y=5, names=["z"]), inners=[Inner(x=9)], counts={"z": 9}, a=7)
    FieldMask(paths=["inner.x", "inner.names", "inners", "counts", "b"]).merge(source, target)
    assert target == Outer(
        inner=Inner(x=1, y=5, names=["z", "a"]), inners=[Inner(x=9), Inner(x=2)], counts={"z": 9, "a": 1}, b="b"
    )
    source.inners[0].x = 3
    assert target.inners[1].x == 2


def test_merging_can_replace() -> None:
    source = Outer(inner=Inner(x=1), inners=[Inner(x=2)])
    target = Outer(inner=Inner(y=5), inners=[Inner(x=9)], counts={"z": 9})
    mask = FieldMask(paths=["inner", "inners", "counts"])
    mask.merge(source, target, replace_messages=True, replace_repeated=True)
    assert target == source
    mask.merge(Outer(), target)
    assert target == source, "an unset message has nothing to merge"
    mask.merge(Outer(), target, replace_messages=True, replace_repeated=True)
    assert target == Outer()


def test_merging_clears_scalars_and_makes_messages() -> None:
    target = Outer(inner=Inner(x=3, y=4), class_="c")
    FieldMask(paths=["inner.y", "inner.x", "class"]).merge(Outer(inner=Inner()), target)
    assert target == Outer(inner=Inner())
    FieldMask(paths=["inner.y"]).merge(Outer(inner=Inner(y=1)), empty := Outer())
    assert empty == Outer(inner=Inner(y=1))
    with pytest.raises(TypeError, match="cannot merge Inner into Outer"):
        FieldMask(paths=["x"]).merge(Inner(), Outer())


def test_wrappers_are_messages_with_one_value() -> None:
    assert StringValue(value="x").to_json() == '"x"'


def test_timestamps_that_leave_the_calendar_in_a_time_zone_are_refused() -> None:
    for seconds, hours in ((-62_135_596_800, -1), (253_402_300_799, 1)):
        with pytest.raises(ValueError, match="beyond the years 1 to 9999 in the time zone"):
            Timestamp(seconds=seconds).to_datetime(timezone(timedelta(hours=hours)))
