"""Reads and writes service configs as JSON: protobuf's JSON form of ``grpc.service_config.ServiceConfig``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from minirpc.errors import ConfigError, StatusCode
from minirpc.lazy import lazy
from minirpc.rpc.service_config import (
    HealthCheckConfig,
    HedgingPolicy,
    LoadBalancingConfig,
    MethodConfig,
    MethodName,
    RetryPolicy,
    RetryThrottling,
    ServiceConfig,
    json_name,
)

if TYPE_CHECKING:
    import json
else:
    json = lazy("json")

__all__ = ["parse_service_config", "service_config_to_dict"]

T = TypeVar("T")

# A duration: decimal seconds with up to nine digits behind the point; gRFC A6 writes ".1s".
_DURATION = r"(-?)([0-9]{0,12})(?:\.([0-9]{1,9}))?s"  # compiled at first use, as few programs need it
_MAX_SECONDS = 315_576_000_000  # of protobuf's Duration
_MAX_UINT32 = 0xFFFF_FFFF
_REQUIRED = object()
# Fields that gRPC knows and this client has no use for: what they ask for changes the speed of a call, not its meaning.
_UNUSED = {"connectionScaling"}


class _Object(dict[str, Any]):
    """A JSON object that knows which of its names it has twice."""

    repeated: str | None = None


def _read_object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found.repeated = name
            seen.add(name)
    return found


def parse_service_config(config: str | bytes | Mapping[str, Any], *, ignore_unknown: bool = False) -> ServiceConfig:
    """Reads a service config.

    Args:
        config: JSON, or what ``json.loads`` makes of it.
        ignore_unknown: pass over fields that are not known, as clients must do with a config that is published for
            clients of all versions. A config of one's own is better read without: a misspelt field is such a field.

    Raises:
        ConfigError: what is there is no service config.
    """
    if isinstance(config, str | bytes):
        try:
            config = json.loads(config, object_pairs_hook=_read_object)
        except RecursionError:
            raise ConfigError("", "the JSON is nested too deeply") from None
        except ValueError as error:  # also for bytes that are no UTF-8
            raise ConfigError("", f"this is no JSON: {error}") from None
    return _Reader(ignore_unknown).service_config(config)


class Fields:
    """The fields of one object: each is taken once, and what nobody took is unknown."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            raise ConfigError(path, f"must be an object, not {describe(value)}")
        if isinstance(value, _Object) and value.repeated is not None:
            raise ConfigError(_join(path, value.repeated), "is there twice")
        # null and what is not there are the same
        self._values = {name: item for name, item in value.items() if item is not None}
        self.path = path

    def take(self, attribute: str, read: Callable[[Any, str], T], default: Any = _REQUIRED) -> Any:
        """Returns a field, read; ``default`` where it is not there."""
        name = json_name(attribute)
        path = _join(self.path, name)
        if name in self._values:
            return read(self._values.pop(name), path)
        if default is _REQUIRED:
            raise ConfigError(path, "is missing")
        return default

    def end(self, ignore_unknown: bool) -> None:
        for name in self._values:
            if not ignore_unknown and name not in _UNUSED:
                raise ConfigError(_join(self.path, str(name)), "there is no such field")

    def build(self, make: Callable[..., T], values: Mapping[str, Any], ignore_unknown: bool) -> T:
        """Makes the object of the fields that were taken; its own checks speak of this place."""
        self.end(ignore_unknown)
        try:
            return make(**values)
        except ConfigError as error:
            raise (error.inside(self.path) if self.path else error) from None


class _Reader:
    def __init__(self, ignore_unknown: bool) -> None:
        self._ignore_unknown = ignore_unknown

    def service_config(self, value: Any) -> ServiceConfig:
        fields = Fields(value, "")
        policies = fields.take("load_balancing_config", list_of(read_policy), ())
        legacy = fields.take("load_balancing_policy", read_string, "")
        if legacy and not policies:
            # the older field, an enum: its names are written in capitals, and in fact mostly not (gRFC A24)
            policies = (LoadBalancingConfig(legacy.lower()),)
        values = {
            "load_balancing_config": policies,
            "method_config": fields.take("method_config", list_of(self._method_config), ()),
            "retry_throttling": fields.take("retry_throttling", self._retry_throttling, None),
            "health_check_config": fields.take("health_check_config", self._health_check, None),
        }
        return fields.build(ServiceConfig, values, self._ignore_unknown)

    def _method_config(self, value: Any, path: str) -> MethodConfig:
        fields = Fields(value, path)
        values = {
            "name": fields.take("name", list_of(self._method_name), ()),
            "wait_for_ready": fields.take("wait_for_ready", read_bool, None),
            "timeout": fields.take("timeout", read_duration, None),
            "max_request_message_bytes": fields.take("max_request_message_bytes", read_uint32, None),
            "max_response_message_bytes": fields.take("max_response_message_bytes", read_uint32, None),
            "retry_policy": fields.take("retry_policy", self._retry_policy, None),
            "hedging_policy": fields.take("hedging_policy", self._hedging_policy, None),
        }
        return fields.build(MethodConfig, values, self._ignore_unknown)

    def _method_name(self, value: Any, path: str) -> MethodName:
        fields = Fields(value, path)
        values = {name: fields.take(name, read_string, "") for name in ("service", "method")}
        return fields.build(MethodName, values, self._ignore_unknown)

    def _retry_policy(self, value: Any, path: str) -> RetryPolicy:
        fields = Fields(value, path)
        values = {
            "max_attempts": fields.take("max_attempts", read_uint32),
            "initial_backoff": fields.take("initial_backoff", read_duration),
            "max_backoff": fields.take("max_backoff", read_duration),
            "backoff_multiplier": fields.take("backoff_multiplier", read_number),
            "retryable_status_codes": frozenset(fields.take("retryable_status_codes", list_of(_read_code))),
        }
        return fields.build(RetryPolicy, values, self._ignore_unknown)

    def _hedging_policy(self, value: Any, path: str) -> HedgingPolicy:
        fields = Fields(value, path)
        values = {
            "max_attempts": fields.take("max_attempts", read_uint32),
            "hedging_delay": fields.take("hedging_delay", read_duration, 0.0),
            "non_fatal_status_codes": frozenset(fields.take("non_fatal_status_codes", list_of(_read_code), ())),
        }
        return fields.build(HedgingPolicy, values, self._ignore_unknown)

    def _retry_throttling(self, value: Any, path: str) -> RetryThrottling:
        fields = Fields(value, path)
        values = {
            "max_tokens": fields.take("max_tokens", read_uint32),
            "token_ratio": fields.take("token_ratio", read_number),
        }
        return fields.build(RetryThrottling, values, self._ignore_unknown)

    def _health_check(self, value: Any, path: str) -> HealthCheckConfig:
        fields = Fields(value, path)
        values = {"service_name": fields.take("service_name", read_string, None)}
        return fields.build(HealthCheckConfig, values, self._ignore_unknown)


def read_policy(value: Any, path: str) -> LoadBalancingConfig:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ConfigError(path, f"must be an object with one policy's name, not {describe(value)}")
    (name, config), *_ = value.items()
    if not isinstance(config, Mapping):
        raise ConfigError(_join(path, str(name)), f"must be an object, not {describe(config)}")
    return LoadBalancingConfig(str(name), dict(config))


def list_of(read: Callable[[Any, str], T]) -> Callable[[Any, str], tuple[T, ...]]:
    def read_list(value: Any, path: str) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            raise ConfigError(path, f"must be a list, not {describe(value)}")
        return tuple(read(item, f"{path}[{index}]") for index, item in enumerate(value))

    return read_list


def read_string(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(path, f"must be a string, not {describe(value)}")
    return value


def read_bool(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(path, f"must be true or false, not {describe(value)}")
    return value


def read_number(value: Any, path: str) -> float:
    """Reads a number, or a string with one, as protobuf's JSON form allows."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise ConfigError(path, f"must be a number, not {describe(value)}")


def read_uint32(value: Any, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        real = read_number(value, path)
        if not real.is_integer():
            raise ConfigError(path, f"must be a whole number, not {describe(value)}")
        number = int(real)
    if not 0 <= number <= _MAX_UINT32:
        raise ConfigError(path, f"must be 0 to {_MAX_UINT32}, not {describe(value)}")
    return number


def read_duration(value: Any, path: str) -> float:
    match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
    if match is None or not (match[2] or match[3]):
        raise ConfigError(path, f'must be a duration such as "1.5s", not {describe(value)}')
    seconds = float(f"{match[1]}{match[2] or 0}.{match[3] or 0}")
    if abs(seconds) > _MAX_SECONDS:
        raise ConfigError(path, f"must be at most {_MAX_SECONDS} s, not {describe(value)}")
    return seconds


def _read_code(value: Any, path: str) -> StatusCode:
    """Reads a status code, by its name or its number."""
    try:
        if isinstance(value, str):
            return StatusCode[value.upper()]  # gRFC A6: in any case
        if isinstance(value, int) and not isinstance(value, bool):
            return StatusCode(value)
    except (KeyError, ValueError):
        pass
    raise ConfigError(path, f'must be a status code such as "UNAVAILABLE", not {describe(value)}')


def describe(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object" if len(value) == 1 else f"an object with {len(value)} fields"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if abs(value) < 1 << 64 else "a number beyond 64 bits"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def service_config_to_dict(config: ServiceConfig) -> dict[str, Any]:
    """Returns a config as ``json.dumps`` takes it: for a name server, or the channel of another gRPC implementation."""
    found: dict[str, Any] = {}
    if config.load_balancing_config:
        found["loadBalancingConfig"] = [{choice.policy: dict(choice.config)} for choice in config.load_balancing_config]
    if config.method_config:
        found["methodConfig"] = [_plain(method) for method in config.method_config]
    for attribute in ("retry_throttling", "health_check_config"):
        if getattr(config, attribute) is not None:
            found[json_name(attribute)] = _plain(getattr(config, attribute))
    return found


_DURATIONS = {"timeout", "initial_backoff", "max_backoff", "hedging_delay"}


def _plain(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in value.__dataclass_fields__:
        item = getattr(value, attribute)
        if item is None:
            continue
        if attribute in _DURATIONS:
            # no more than nine digits are allowed, nor an exponent
            item = f"{item:.9f}".rstrip("0").rstrip(".") + "s"
        elif isinstance(item, frozenset):
            item = sorted(code.name for code in item)
        elif isinstance(item, tuple):
            item = [_plain(each) for each in item]
        elif hasattr(item, "__dataclass_fields__"):
            item = _plain(item)
        found[json_name(attribute)] = item
    return found
