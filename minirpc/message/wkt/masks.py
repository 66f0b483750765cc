"""What ``FieldMask`` can do: sets of field paths, and what they select of messages (field_mask.proto)."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from minirpc.message.base import Message
from minirpc.wire.spec import Card, FieldSpec

__all__ = ["FieldMaskMethods"]

_Tree: TypeAlias = "dict[str, _Tree]"
"""Paths by their first names; an empty tree stands for all that is below."""


class FieldMaskMethods:
    """A set of paths to fields, ``author.display_name``, by their names in the .proto file.

    A path stands for the field that it leads to and all below it. Only its last field may be repeated or a map.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        paths: list[str]

        def __init__(self, *, paths: list[str] = ...) -> None: ...

    @classmethod
    def from_paths(cls, *paths: str, message: type[Message] | None = None) -> Self:
        """A mask of these paths.

        Args:
            paths: the paths.
            message: a message class that must have all of them.

        Raises:
            ValueError: ``message`` has no such path.
        """
        mask = cls(paths=list(paths))
        if message is not None:
            mask.check(message)
        return mask

    @classmethod
    def of_all_fields(cls, message: type[Message]) -> Self:
        """A mask of all fields of a message class."""
        return cls(paths=[spec.proto_name for spec in message.__fields__])

    def check(self, message: type[Message]) -> None:
        """Checks that a message class has all the paths.

        Raises:
            ValueError: it does not; the error names the first path that it has not, and why.
        """
        for path in self.paths:
            _check_path(message, path)

    def is_valid_for(self, message: type[Message]) -> bool:
        """Whether a message class has all the paths."""
        try:
            self.check(message)
        except ValueError:
            return False
        return True

    def normalized(self) -> Self:
        """The same set in its shortest form: sorted, and without paths that others contain."""
        return self._of(_tree(self.paths))

    def contains(self, path: str) -> bool:
        """Whether a path is in the set, itself or by one above it."""
        return _covers(_tree(self.paths), path.split("."))

    def union(self, *others: Self) -> Self:
        """The paths that are in this mask or in one of the others, normalized."""
        return self._of(_tree(path for mask in (self, *others) for path in mask.paths))

    def intersection(self, other: Self) -> Self:
        """The paths that are in both masks, normalized."""
        mine, theirs = _tree(self.paths), _tree(other.paths)
        both = [path for path in self.paths if _covers(theirs, path.split("."))]
        return self._of(_tree([*both, *(path for path in other.paths if _covers(mine, path.split(".")))]))

    def difference(self, other: Self) -> Self:
        """The paths of this mask that are not in the other, normalized.

        A path stays whole when the other mask has but a part of what is below it.
        """
        theirs = _tree(other.paths)
        return self._of(_tree(path for path in self.paths if not _covers(theirs, path.split("."))))

    def merge(
        self, source: Message, target: Message, *, replace_messages: bool = False, replace_repeated: bool = False
    ) -> None:
        """Copies what the mask selects from one message into another of the same class.

        A scalar is copied, and cleared in ``target`` where it is unset in ``source``. Sub-messages at the end of a path
        merge, lists and maps grow by those of the source.

        Args:
            source: the message to read.
            target: the message to change. It shares nothing with ``source`` afterwards.
            replace_messages: replace sub-messages at the end of a path, instead of merging them.
            replace_repeated: replace lists and maps, instead of extending them.

        Raises:
            TypeError: the messages are of different classes.
            ValueError: the class has not all the paths.
        """
        if type(source) is not type(target):
            raise TypeError(f"cannot merge {type(source).__name__} into {type(target).__name__}")
        self.check(type(source))
        _merge(_tree(self.paths), source, target, replace_messages, replace_repeated)

    def _of(self, tree: _Tree) -> Self:
        return type(self)(paths=list(_paths(tree)))


def _find(message: Any, name: str) -> FieldSpec | None:
    return next((spec for spec in message.__fields__ if spec.proto_name == name), None)


def _check_path(message: Any, path: str) -> None:
    *inner, last = path.split(".")
    at = message
    for name in inner:
        spec = _find(at, name)
        if spec is None:
            raise ValueError(f"{path!r}: {at.__full_name__()} has no field {name!r}")
        if not spec.is_message or spec.card is Card.REPEATED:
            raise ValueError(f"{path!r}: {at.__full_name__()}.{name} is no singular message, with fields below it")
        at = spec.type
    if _find(at, last) is None:
        raise ValueError(f"{path!r}: {at.__full_name__()} has no field {last!r}")


def _tree(paths: Iterable[str]) -> _Tree:
    root: _Tree = {}
    for path in sorted(paths, key=lambda path: path.count(".")):  # shorter ones first: they contain the longer ones
        names = path.split(".")
        if _covers(root, names):
            continue
        at = root
        for name in names[:-1]:
            at = at.setdefault(name, {})
        at[names[-1]] = {}
    return root


def _covers(tree: _Tree, names: list[str]) -> bool:
    at = tree
    for name in names:
        if name not in at:
            return False
        at = at[name]
        if not at:
            return True
    return False


def _paths(tree: _Tree) -> Iterator[str]:
    # without recursion: a path that came from somewhere may have more names than Python's stack has levels
    names: list[str] = []
    levels = [iter(sorted(tree.items(), key=_name))]
    while levels:
        found = next(levels[-1], None)
        if found is None:
            levels.pop()
            del names[-1:]
            continue
        name, below = found
        if below:
            names.append(name)
            levels.append(iter(sorted(below.items(), key=_name)))
        else:
            yield ".".join([*names, name])


def _name(branch: tuple[str, _Tree]) -> str:
    return branch[0]


def _merge(tree: _Tree, source: Any, target: Any, replace_messages: bool, replace_repeated: bool) -> None:
    for name, below in tree.items():
        spec = _find(source, name)
        assert spec is not None
        value = getattr(source, spec.slot, spec.default)
        if below:
            if value is None:
                continue
            if getattr(target, spec.slot, None) is None:
                setattr(target, spec.name, spec.type())
            _merge(below, value, getattr(target, spec.name), replace_messages, replace_repeated)
        elif spec.card in (Card.REPEATED, Card.MAP):
            _merge_container(spec, source, target, replace_repeated)
        elif spec.is_message and not replace_messages:
            _merge_message(spec, value, target)
        else:
            setattr(target, spec.name, copy.deepcopy(value))


def _merge_message(spec: FieldSpec, value: Any, target: Any) -> None:
    there = getattr(target, spec.slot, None)
    if value is None:
        return
    if there is None:
        setattr(target, spec.name, copy.deepcopy(value))
    else:
        there.merge_from_binary(value.to_binary())


def _merge_container(spec: FieldSpec, source: Any, target: Any, replace: bool) -> None:
    added = copy.deepcopy(getattr(source, spec.name))
    if replace:
        setattr(target, spec.name, added)
    elif spec.card is Card.MAP:
        getattr(target, spec.name).update(added)
    else:
        getattr(target, spec.name).extend(added)
