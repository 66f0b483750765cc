"""What the documentation shows is run here, with code generated from the .proto files that it shows."""

from __future__ import annotations

import datetime
import doctest
import importlib
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool, message_factory

from minirpc.message.descriptors import describe
from minirpc.message.wkt import any_pb, timestamp_pb
from minirpc.message.wkt.descriptor_pb import FileDescriptorProto

ROOT = Path(__file__).parents[2]
PAGES = {page: page.read_text() for page in sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])}
SESSIONS = [page for page, text in PAGES.items() if ">>> " in text]
PROGRAMS = [page for page, text in PAGES.items() if "# server.py" in text]
TESTS = [page for page, text in PAGES.items() if "# test_" in text]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"\A(?:#|//) (\w+\.(?:py|proto))\n")


def write_named_blocks(page: Path, folder: Path) -> list[str]:
    """Writes each code block that begins with a file name into ``folder``, and generates code from the .proto files."""
    names = []
    for _, text in BLOCK.findall(PAGES[page]):
        named = NAMED.match(text)
        if named:
            (folder / named[1]).write_text(text)
            names.append(named[1])
    protos = [name for name in names if name.endswith(".proto")]
    if protos:
        (folder / "gen").mkdir()
        command = [sys.executable, "-m", "minirpc", "protoc", "--python_minirpc_out=gen", *protos]
        subprocess.run(command, cwd=folder, check=True, timeout=60)
    return names


@pytest.mark.parametrize("page", SESSIONS, ids=lambda page: page.name)
def test_sessions_print_what_the_page_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_named_blocks(page, tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    try:
        failed, tried = doctest.testfile(str(page), module_relative=False)
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == "gen":
                del sys.modules[name]
    assert tried
    assert not failed


def test_google_behaves_as_the_page_on_porting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_named_blocks(ROOT / "docs" / "porting.md", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        ours = importlib.import_module("gen.porting_pb")
        pool = descriptor_pool.DescriptorPool()
        for module in (any_pb, timestamp_pb, ours):
            pool.AddSerializedFile(describe(module).proto.to_binary())
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "gen"]:
            del sys.modules[name]
    book_class = message_factory.GetMessageClass(pool.FindMessageTypeByName("acme.porting.v1.Book"))
    book = book_class()
    assert (book.location.shelf, book.page_count, book.isbn) == ("", 0, "")
    with pytest.raises(TypeError):
        book.title = 5
    with pytest.raises(TypeError):
        book.page_count = True
    assert book_class(title=None) == book
    place = book_class.Location(shelf="A")
    book = book_class(location=place, isbn="x", catalog_number=5)
    place.shelf = "B"
    assert (book.location.shelf, book.WhichOneof("identifier")) == ("A", "catalog_number")
    assert (book.ratings["readers"], len(book.ratings)) == (0, 1)
    assert type(book_class(genre=1).genre) is int
    assert book_class(genre="GENRE_FICTION").genre == 1
    book.published.FromDatetime(datetime.datetime(1970, 1, 2))
    assert book.published.seconds == 86400
    assert book.published.ToDatetime().tzinfo is None
    with pytest.raises(TypeError):
        other = FileDescriptorProto(name="porting.proto", package="other")
        pool.AddSerializedFile(other.to_binary())


@pytest.mark.parametrize("page", PROGRAMS, ids=lambda page: page.name)
def test_servers_and_clients_run(page: Path, tmp_path: Path) -> None:
    names = write_named_blocks(page, tmp_path)
    assert {"server.py", "client.py"} <= set(names)
    if "certificates.py" in names:
        subprocess.run([sys.executable, "certificates.py"], cwd=tmp_path, check=True, timeout=60)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("server.py", "client.py"):
        file = tmp_path / name
        file.write_text(file.read_text().replace("127.0.0.1:50051", f"127.0.0.1:{port}"))
    server = subprocess.Popen([sys.executable, "server.py"], cwd=tmp_path)
    try:
        deadline = time.monotonic() + 20
        while server.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        client = subprocess.run(
            [sys.executable, "client.py"], cwd=tmp_path, check=True, timeout=60, capture_output=True, text=True
        )
        prints = re.findall(r"# prints (.*)$", (tmp_path / "client.py").read_text(), re.MULTILINE)
        assert prints
        assert client.stdout.splitlines() == prints
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0


@pytest.mark.parametrize("page", TESTS, ids=lambda page: page.name)
def test_tests_pass(page: Path, tmp_path: Path) -> None:
    names = write_named_blocks(page, tmp_path)
    tests = [name for name in names if name.startswith("test_")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", *tests]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
