"""What the .proto file calls deprecated warns those who make it, and nobody else."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from plugin_runs import golden_set

from minirpc.aio import Channel
from minirpc.message.descriptors import Files, describe
from minirpc.message.dynamic import Classes

Load = Callable[[str], ModuleType]


def test_making_a_deprecated_message_warns_where_it_is_made(golden: Load) -> None:
    module = golden("deprecated_pb")
    with pytest.warns(DeprecationWarning, match=r"golden\.deprecated\.Old is deprecated") as caught:
        old = module.Old(x=3)
    assert caught[0].filename == __file__
    assert old.x == 3
    with pytest.warns(DeprecationWarning, match=r"golden\.deprecated\.Old\.Inner is deprecated"):
        module.Old.Inner()
    assert module.Old.__deprecated__ == "golden.deprecated.Old is deprecated"
    assert module.OldKind.__deprecated__ == "golden.deprecated.OldKind is deprecated"
    assert module.OldKind(1) is module.OldKind.WOODEN


def test_reading_one_does_not(golden: Load) -> None:
    module = golden("deprecated_pb")
    new = module.New.from_json('{"old": {"x": 3, "inner": {}}, "kind": 1, "oldName": "n"}')
    for twin in (
        module.New.from_binary(new.to_binary()),
        module.New.from_text(new.to_text()),
        module.New.from_dict(new.to_dict()),
        copy.deepcopy(new),
        pickle.loads(pickle.dumps(new)),
    ):
        assert twin == new
        assert twin.old.x == 3
    module.New(name="n", old_name="m")


def test_a_deprecated_file_is_one_of_deprecated_types(golden: Load) -> None:
    module = golden("deprecated_file_pb")
    assert module.Kind.__deprecated__
    with pytest.warns(DeprecationWarning):
        module.Whole()
    module.Whole.Part()


def test_dynamic_messages_warn_too() -> None:
    old: Any = Classes(Files.from_binary(golden_set())).message("golden.deprecated.Old")
    with pytest.warns(DeprecationWarning, match=r"golden\.deprecated\.Old is deprecated"):
        assert old(x=3).x == 3


def test_making_the_stub_of_a_deprecated_service_warns(golden: Load) -> None:
    module = golden("deprecated_rpc")
    channel = Channel("127.0.0.1:1")  # which does not connect before it is used
    with pytest.warns(DeprecationWarning, match=r"golden\.deprecated\.OldService is deprecated") as caught:
        module.OldServiceStub(channel)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module.NewServiceStub(channel)
        module.OldServiceServicer()  # whoever serves it has to go on serving it


def test_documentation_and_descriptors_say_it(golden: Load) -> None:
    module = golden("deprecated_pb")
    new = describe(module.New)
    assert [field.name for field in new.fields if field.deprecated] == ["old_name", "older_name"]
    assert [value.name for value in describe(module.OldKind).values if value.deprecated] == ["OLD_KIND_WOODEN"]
    service = new.file.service("golden.deprecated.NewService")
    assert [method.deprecated for method in service.methods] == [True, False]
    assert (golden("deprecated_rpc").NewServiceServicer.get.__doc__ or "").split() == ["Use", "Find.", "Deprecated."]
