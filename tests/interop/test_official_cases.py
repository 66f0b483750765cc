"""minirpc's interoperability programs play the official cases with each other (``make interop``: with all others)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--soak_iterations=3", "--soak_per_iteration_max_acceptable_latency_ms=60000", "--concurrent_calls=20"]


@contextmanager
def started(*command: str) -> Iterator[int]:
    """Runs a server; yields its port; the server must end with status 0 when it is told to."""
    with subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.terminate()
        assert process.wait(timeout=30) == 0


def play(port: int, *flags: str) -> tuple[int, dict[str, bool]]:
    """Runs the client; returns its exit status, and whether each case passed."""
    command = [sys.executable, "-m", "tests.interop.client", f"--server_port={port}", *flags]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return result.returncode, {line["case"]: line["ok"] for line in lines}


def test_all_cases_pass() -> None:
    with started("tests.interop.server") as port:
        status, outcomes = play(port, "--test_case=all", *QUICK)
    assert [case for case, passed in outcomes.items() if not passed] == []
    assert len(outcomes) == 21
    assert status == 0


def test_cases_pass_with_tls_and_a_name_of_another_host(tmp_path: Path) -> None:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    issued = authority.issue_cert("interop.test.example")
    ca, certificate, key = tmp_path / "ca.pem", tmp_path / "server.pem", tmp_path / "server.key"
    authority.cert_pem.write_to_path(ca)
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    files = [f"--tls_cert_file={certificate}", f"--tls_key_file={key}"]
    secure = ["--use_tls=true", "--use_test_ca=true", f"--ca_file={ca}", "--test_case=empty_unary"]
    with started("tests.interop.server", "--use_tls", *files) as port:
        assert play(port, *secure, "--server_host_override=interop.test.example") == (0, {"empty_unary": True})
        assert play(port, *secure, "--server_host_override=other.test.example") == (1, {"empty_unary": False})


def test_what_does_not_pass_is_told_and_is_the_exit_status() -> None:
    with started("examples.geo.back_end", "--port", "0") as port:  # it has none of these services
        status, outcomes = play(port, "--test_case=empty_unary,unimplemented_service,no_such_case")
    assert outcomes == {"empty_unary": False, "unimplemented_service": True, "no_such_case": False}
    assert status == 1


@pytest.mark.parametrize("case", ["goaway", "rst_during_data", "max_streams"])
def test_negative_cases_pass(case: str) -> None:
    """The programs of the negative cases; what each server does is tested case by case in ``tests/aio``."""
    with started("tests.interop.negative_server", f"--test_case={case}") as port:
        assert play(port, f"--test_case={case}") == (0, {case: True})
