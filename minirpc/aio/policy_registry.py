"""The load balancing policies by their names, and how a choice of one is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from minirpc.aio.balancer import BalancerFactory
from minirpc.errors import ConfigError
from minirpc.rpc.service_config import LoadBalancingConfig, ServiceConfig
from minirpc.rpc.service_config_json import Fields, list_of, read_policy

__all__ = [
    "PolicyChoice",
    "PolicyReader",
    "find_balancer",
    "known_policies",
    "policy_of",
    "read_child",
    "register_balancer",
    "register_policy",
]

PolicyReader: TypeAlias = Callable[[Mapping[str, Any]], BalancerFactory]
"""Makes a policy of its config as it is in JSON; raises ``ConfigError`` where that means nothing."""

PolicyChoice: TypeAlias = str | LoadBalancingConfig | BalancerFactory
"""A policy: its name, its name with a config, or what makes it for a channel, such as ``LeastRequest(choices=3)``."""

_readers: dict[str, PolicyReader] = {}


def register_policy(name: str, reader: PolicyReader) -> None:
    """Lets channels and service configs use a policy by its name.

    Args:
        name: the name. One that is there already is replaced for channels made from now on.
        reader: makes the policy of its config: a mapping with the names and values of JSON.
    """
    _readers[name] = reader


def register_balancer(name: str, factory: BalancerFactory) -> None:
    """As :func:`register_policy`, for a policy without a config."""

    def read(config: Mapping[str, Any]) -> BalancerFactory:
        Fields(config, "").end(ignore_unknown=False)
        return factory

    register_policy(name, read)


def known_policies() -> Collection[str]:
    """The names of all policies."""
    return _readers.keys()


def find_balancer(choice: PolicyChoice) -> BalancerFactory:
    """Returns what makes the chosen policy for a channel.

    Raises:
        ConfigError: its config means nothing; the path begins with the policy's name. It is a ``ValueError``.
        ValueError: there is no such policy.
    """
    if isinstance(choice, str):
        choice = LoadBalancingConfig(choice)
    if not isinstance(choice, LoadBalancingConfig):
        if not callable(choice):
            raise ValueError(f"load balancing must be a policy or its name, not {type(choice).__name__}")
        return choice
    reader = _readers.get(choice.policy)
    if reader is None:
        raise ValueError(f"there is no load balancing {choice.policy!r}; there are {_names()}")
    try:
        return reader(choice.config)
    except ConfigError as error:
        raise error.inside(choice.policy) from None


def policy_of(config: ServiceConfig) -> BalancerFactory | None:
    """Returns the policy that a service config chooses; None where it leaves that to the client.

    Raises:
        ConfigError: it lists policies, of which none is known, or the first known one has a config that means nothing.
    """
    return _first_known(config.load_balancing_config, "loadBalancingConfig")


def read_child(value: Any, path: str) -> BalancerFactory:
    """Reads the ``childPolicy`` of a policy's config: a list, whose first known policy counts.

    Raises:
        ConfigError: as :func:`policy_of`.
    """
    found = _first_known(list_of(read_policy)(value, path), path)
    if found is None:
        raise ConfigError(path, "must name at least one policy")
    return found


def _names() -> str:
    """All names but those that gRPC has for the same policies."""
    return ", ".join(sorted(name for name in _readers if not name.endswith("_experimental")))


def _first_known(choices: Sequence[LoadBalancingConfig], path: str) -> BalancerFactory | None:
    for index, choice in enumerate(choices):
        if choice.policy in _readers:
            try:
                return find_balancer(choice)
            except ConfigError as error:
                raise error.inside(f"{path}[{index}]") from None
    if not choices:
        return None
    names = ", ".join(choice.policy for choice in choices)
    raise ConfigError(path, f"none of {names} is known; there are {_names()}")
