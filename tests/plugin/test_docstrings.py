"""Comments become docstrings that say what the comment says."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protoc_plugin.model import Message, MessagesModule
from protoc_plugin.render import messages_module


def render(doc: str, source: str = "x.proto") -> str:
    message = Message("M", "_pb.Message", (), doc)
    return messages_module(MessagesModule("x_pb.py", source, "", doc, (), (), (message,), (), (), b"", ()))


# without tabs, which cleandoc expands
COMMENTS = st.text().map(
    lambda text: "\n".join(line.rstrip() for line in text.replace("\t", " ").splitlines()).strip("\n")
)


@given(COMMENTS)
@example('"')
@example('"""')
@example('\\"""')
@example("\\")
@example("\x00\x07\x1b")
@example("two\n\nparagraphs")
def test_docstrings_hold_the_text(doc: str) -> None:
    tree = ast.parse(render(doc))
    cls = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    for found in (ast.get_docstring(tree), ast.get_docstring(cls)):
        assert (found or "") == inspect.cleandoc(doc)


@given(st.text())
@example("x\nimport os.proto")
@example("x\rimport os.proto")
def test_the_name_of_the_file_cannot_leave_its_comment(source: str) -> None:
    tree = ast.parse(render("", source))
    kinds = [type(node) for node in tree.body]
    assert kinds == [ast.ImportFrom, ast.ClassDef, ast.Expr]
    call = tree.body[-1].value  # type: ignore[attr-defined]
    assert ast.literal_eval(call.args[0]) == source


@pytest.fixture(scope="module")
def comments(golden: Callable[[str], ModuleType]) -> ModuleType:
    return golden("comments_pb")


def test_where_comments_go(comments: ModuleType) -> None:
    assert (comments.__doc__ or "").splitlines()[0] == "Copyright nobody in particular."
    assert "About the package." in (comments.__doc__ or "")
    assert comments.OneLine.__doc__ == "One line."
    assert comments.SeveralLines.Nested.__doc__ == "A nested message."
    assert comments.SeveralLines.Mood.__doc__ == "A nested enum."
    assert comments.SeveralLines.choice.__doc__ == "The choice."
    assert comments.NonAscii.__doc__ == "Grüße, Київ, 東京, 🚀."


def test_comments_of_services(golden: Callable[[str], ModuleType]) -> None:
    module = golden("comments_rpc")
    assert module.DocumentedServicer.__doc__ == module.DocumentedStub.__doc__ == "A service."
    assert inspect.getdoc(module.DocumentedServicer.do) == "A method.\n\nIn two paragraphs."
