"""What the clients of the proof call: a method that takes as long as it is told, and answers who has served it."""

from __future__ import annotations

__all__ = ["METHOD", "answer", "read_answer"]

METHOD = "/proof.Work/Do"
"""The path of the method. Its request is a number of milliseconds, in decimal digits."""


def answer(pod: str, version: str) -> bytes:
    """Returns the response of a pod."""
    return f"{pod} {version}".encode()


def read_answer(response: bytes) -> tuple[str, str]:
    """Returns the pod and the version that a response names."""
    pod, _, version = response.decode().partition(" ")
    return pod, version
