"""``python -m minirpc protoc``, and the plugin as a program."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from plugin_runs import TESTS, protoc

import minirpc
from minirpc import cli
from minirpc.cli.protoc import find_protoc
from minirpc.message.wkt.descriptor_pb import Edition
from protoc_plugin.main import respond
from protoc_plugin.plugin_pb import CodeGeneratorRequest, CodeGeneratorResponse

PROTO = 'syntax = "proto3"; import "google/protobuf/any.proto"; message M { google.protobuf.Any any = 1; }'


def test_generates_from_the_current_folder_without_anything_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "m.proto").write_text(PROTO, encoding="utf-8")
    finished = protoc("--python_minirpc_out=.", "m.proto", cwd=tmp_path)
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")
    assert (tmp_path / "m_pb.py").exists()


def test_any_option_of_protoc_works(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/m.proto").write_text(PROTO, encoding="utf-8")
    finished = protoc("-Isub", "--include_imports", "-oset.bin", "--python_minirpc_out=.", "m.proto", cwd=tmp_path)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert (tmp_path / "set.bin").stat().st_size
    assert (tmp_path / "m_pb.py").exists()
    assert protoc("--version", cwd=tmp_path).stdout.startswith("libprotoc ")


def test_what_protoc_says_comes_through(tmp_path: Path) -> None:
    finished = protoc("--python_minirpc_out=.", "missing.proto", cwd=tmp_path)
    assert finished.returncode == 1
    assert "missing.proto" in finished.stderr


def test_a_folder_with_blanks_and_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / 'it\'s a "folder"'
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    (folder / "m.proto").write_text(PROTO, encoding="utf-8")
    assert protoc("--python_minirpc_out=.", "m.proto", cwd=folder).returncode == 0


def test_the_chosen_protoc_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "fake"
    fake.write_text('#!/bin/sh\necho "$@" > "$0.arguments"\nexit 7\n', encoding="utf-8")
    fake.chmod(0o700)
    monkeypatch.setenv("MINIRPC_PROTOC", str(fake))
    assert cli.main(["protoc", "--version", "-I", "x"]) == 7
    plugin, *rest = (tmp_path / "fake.arguments").read_text(encoding="utf-8").split()
    assert plugin.startswith("--plugin=protoc-gen-python_minirpc=")
    # last comes the folder with the .proto files that minirpc brings along
    assert rest[:3] == ["--version", "-I", "x"]
    assert Path(rest[3].removeprefix("-I"), "google/rpc/status.proto").exists()
    assert len(rest) == 4


def test_files_that_come_along_are_found(tmp_path: Path) -> None:
    text = 'syntax = "proto3"; import "google/rpc/status.proto"; message Failed { google.rpc.Status status = 1; }'
    (tmp_path / "failed.proto").write_text(text, encoding="utf-8")
    for search in ([], ["-I."], [f"--proto_path={tmp_path}"]):
        assert protoc(*search, "--python_minirpc_out=.", "failed.proto", cwd=tmp_path).returncode == 0
        assert "from minirpc.google_rpc import status_pb" in (tmp_path / "failed_pb.py").read_text(encoding="utf-8")


def test_a_signal_is_reported_as_shells_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\nkill -TERM $$\n", encoding="utf-8")
    fake.chmod(0o700)
    monkeypatch.setenv("MINIRPC_PROTOC", str(fake))
    assert cli.main(["protoc"]) == 128 + 15


def test_a_chosen_protoc_that_is_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MINIRPC_PROTOC", "/nowhere/protoc")
    assert cli.main(["protoc", "--version"]) == 127
    assert capsys.readouterr().err == "MINIRPC_PROTOC=/nowhere/protoc is no program\n"


def test_without_the_package_protoc_is_looked_for_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("minirpc.cli.protoc._DISTRIBUTION", "no-such-distribution")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["protoc", "--version"]) == 127
    assert "pip install minirpc[protoc]" in capsys.readouterr().err
    found = tmp_path / "protoc"
    found.touch()
    found.chmod(stat.S_IRWXU)
    assert find_protoc() == str(found)


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    assert "protoc" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"minirpc {minirpc.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"]])
def test_wrong_commands(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m minirpc" in capsys.readouterr().err


def run_plugin(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "protoc_plugin.main", *arguments]
    return subprocess.run(command, input=data, cwd=TESTS.parent, capture_output=True, check=False)


def test_the_plugin_speaks_the_protocol_of_protoc() -> None:
    finished = run_plugin(CodeGeneratorRequest(parameter="what=ever").to_binary())
    assert finished.returncode == 0
    response = CodeGeneratorResponse.from_binary(finished.stdout)
    assert response.error == "unknown option 'what'; there are root_package=, init= and services="
    feature = CodeGeneratorResponse.Feature
    assert response.supported_features == feature.PROTO3_OPTIONAL | feature.SUPPORTS_EDITIONS
    assert (response.minimum_edition, response.maximum_edition) == (Edition.EDITION_PROTO2, Edition.EDITION_2024)


def test_an_empty_request_has_an_empty_answer() -> None:
    response = respond(CodeGeneratorRequest())
    assert not response.file
    assert response.error is None


@pytest.mark.parametrize(("data", "arguments"), [(b"\x07", []), (b"", ["--help"])])
def test_the_plugin_run_by_hand(data: bytes, arguments: list[str]) -> None:
    finished = run_plugin(data, *arguments)
    assert finished.returncode == 1
    assert finished.stderr.startswith(b"protoc-gen-python_minirpc")
    assert b"Traceback" not in finished.stderr


@pytest.mark.parametrize("module", ["protoc_plugin.main", "minirpc.cli.protoc"])
def test_what_is_not_imported(module: str) -> None:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    environment = {**os.environ, "PYTHONPATH": str(TESTS.parent)}
    # -S: a site-packages folder may import what it likes at start-up
    finished = subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert not {"google", "asyncio", "h2", "hpack"} & set(finished.stdout.split())
