"""Service configs: what is read, what is found for a method, and what is said of a mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minirpc.errors import ConfigError, StatusCode
from minirpc.rpc.service_config import (
    HealthCheckConfig,
    HedgingPolicy,
    LoadBalancingConfig,
    MethodConfig,
    MethodName,
    RetryPolicy,
    RetryThrottling,
    ServiceConfig,
)
from minirpc.rpc.service_config_json import parse_service_config, service_config_to_dict

RETRY = {
    "maxAttempts": 4,
    "initialBackoff": ".1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE", 10],
}
WHOLE = {
    "loadBalancingConfig": [{"acme_policy": {"a": [1]}}, {"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": "acme.Books", "method": "Get"}, {"service": "acme.Shelves", "method": None}],
            "waitForReady": True,
            "timeout": "1.000000001s",
            "maxRequestMessageBytes": 0,
            "maxResponseMessageBytes": "4194304",
            "retryPolicy": RETRY,
        },
        {"name": [{"service": "acme.Books"}], "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "0.5s"}},
        {"name": [{}], "timeout": "7s"},
        {"timeout": "9s"},
    ],
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
    "healthCheckConfig": {"serviceName": ""},
}


def test_the_whole_config() -> None:
    retry = RetryPolicy(4, 0.1, 1.0, 2.0, frozenset({StatusCode.UNAVAILABLE, StatusCode.ABORTED}))
    expected = ServiceConfig(
        load_balancing_config=(LoadBalancingConfig("acme_policy", {"a": [1]}), LoadBalancingConfig("round_robin")),
        method_config=(
            MethodConfig(
                name=(MethodName("acme.Books", "Get"), MethodName("acme.Shelves")),
                wait_for_ready=True,
                timeout=1.000000001,
                max_request_message_bytes=0,
                max_response_message_bytes=4_194_304,
                retry_policy=retry,
            ),
            MethodConfig(name=(MethodName("acme.Books"),), hedging_policy=HedgingPolicy(3, 0.5)),
            MethodConfig(name=(MethodName(),), timeout=7.0),
            MethodConfig(timeout=9.0),
        ),
        retry_throttling=RetryThrottling(10, 0.1),
        health_check_config=HealthCheckConfig(""),
    )
    assert parse_service_config(json.dumps(WHOLE)) == expected
    assert parse_service_config(json.dumps(WHOLE).encode()) == expected
    assert parse_service_config(WHOLE) == expected
    assert parse_service_config("{}") == ServiceConfig()


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("/acme.Books/Get", 0),
        ("/acme.Books/Put", 1),
        ("/acme.Shelves/Get", 0),
        ("/acme.Shelves/", 0),
        ("/acme.Book/Get", 2),
        ("/other/acme.Books/Get", 2),
        ("", 2),
    ],
)
def test_the_most_specific_name_counts(path: str, index: int) -> None:
    config = parse_service_config(WHOLE)
    assert config.for_method(path) is config.method_config[index]


def test_a_method_that_nothing_is_said_of() -> None:
    config = parse_service_config({"methodConfig": [{"name": [{"service": "a.B"}]}]})
    assert config.for_method("/a.C/D") is None


def test_the_first_known_policy_is_chosen() -> None:
    config = parse_service_config(WHOLE)
    assert config.choose_policy({"round_robin", "pick_first"}) == LoadBalancingConfig("round_robin")
    with pytest.raises(ConfigError, match=r"^loadBalancingConfig: none of acme_policy, round_robin is known;"):
        config.choose_policy({"x"})
    assert ServiceConfig().choose_policy({"x"}) is None
    assert parse_service_config({"loadBalancingPolicy": "ROUND_ROBIN"}).choose_policy({"round_robin"}) is not None


def method(**fields: Any) -> dict[str, Any]:
    return {"methodConfig": [{}, {"name": [{"service": "a.B"}], **fields}]}


def retry(**fields: Any) -> dict[str, Any]:
    return method(retryPolicy={**RETRY, **fields})


MISTAKES: list[tuple[Any, str]] = [
    ("[]", "must be an object, not a list"),
    ('{"methodConfig": [}', "this is no JSON: "),
    (b"\xff", "this is no JSON: "),
    ("[" * 100_000, "the JSON is nested too deeply"),
    ('{"methodConfig": [{"timeout": "1s", "timeout": "2s"}]}', "methodConfig[0].timeout: is there twice"),
    ({"methodConfg": []}, "methodConfg: there is no such field"),
    ({"methodConfig": {}}, "methodConfig: must be a list, not an object"),
    (method(timeout=1), 'methodConfig[1].timeout: must be a duration such as "1.5s", not 1'),
    (method(timeout="s"), 'methodConfig[1].timeout: must be a duration such as "1.5s"'),
    (method(timeout="1.0000000001s"), 'methodConfig[1].timeout: must be a duration such as "1.5s"'),
    (method(timeout="-0.1s"), "methodConfig[1].timeout: must be at least 0 s, not -0.1"),
    (method(timeout="315576000001s"), "methodConfig[1].timeout: must be at most 315576000000 s"),
    (method(waitForReady="true"), "methodConfig[1].waitForReady: must be true or false, not 'true'"),
    (method(maxRequestMessageBytes=-1), "methodConfig[1].maxRequestMessageBytes: must be 0 to 4294967295, not -1"),
    (method(maxRequestMessageBytes=True), "methodConfig[1].maxRequestMessageBytes: must be a number, not true"),
    (method(maxResponseMessageBytes=1.5), "methodConfig[1].maxResponseMessageBytes: must be a whole number, not 1.5"),
    (method(maxResponseMessageBytes="1e999"), "methodConfig[1].maxResponseMessageBytes: must be a number, not '1e999'"),
    (method(name=[{"method": "C"}]), "methodConfig[1].name[0].method: 'C' needs a service beside it"),
    (method(name=[{"service": "/a.B"}]), "methodConfig[1].name[0].service: must be a name without '/', not '/a.B'"),
    (method(name=[{"service": "x"}, {"service": "x", "method": ""}]), "methodConfig[1].name[1]: /x/ was named before"),
    (
        {"methodConfig": [{"name": [{}]}, {"name": [{"service": ""}]}]},
        "methodConfig[1].name[0]: all methods was named before",
    ),
    (retry(maxAttempts=1), "methodConfig[1].retryPolicy.maxAttempts: must be at least 2, not 1"),
    (retry(maxAttempts=None), "methodConfig[1].retryPolicy.maxAttempts: is missing"),
    (retry(initialBackoff="0s"), "methodConfig[1].retryPolicy.initialBackoff: must be more than 0 s, not 0.0"),
    (retry(backoffMultiplier=0), "methodConfig[1].retryPolicy.backoffMultiplier: must be more than 0, not 0.0"),
    (retry(backoffMultiplier=float("nan")), "methodConfig[1].retryPolicy.backoffMultiplier: must be a number, not nan"),
    (retry(backoffMultiplier=10**400), "methodConfig[1].retryPolicy.backoffMultiplier: must be a number, not a number"),
    (retry(retryableStatusCodes=[]), "methodConfig[1].retryPolicy.retryableStatusCodes: must name at least one code"),
    (retry(retryableStatusCodes=["OK"]), "methodConfig[1].retryPolicy.retryableStatusCodes: OK is no failure"),
    (retry(retryableStatusCodes=[14, "BUSY"]), "methodConfig[1].retryPolicy.retryableStatusCodes[1]: must be a status"),
    (retry(retryableStatusCodes=[17]), "methodConfig[1].retryPolicy.retryableStatusCodes[0]: must be a status code"),
    (
        method(retryPolicy=RETRY, hedgingPolicy={"maxAttempts": 2}),
        "methodConfig[1].hedgingPolicy: there is a retryPolicy already; a method has at most one of the two",
    ),
    (method(hedgingPolicy={"maxAttempts": 0}), "methodConfig[1].hedgingPolicy.maxAttempts: must be at least 2, not 0"),
    ({"retryThrottling": {"maxTokens": 0, "tokenRatio": 1}}, "retryThrottling.maxTokens: must be 1 to 1000, not 0"),
    ({"retryThrottling": {"maxTokens": 1, "tokenRatio": 0}}, "retryThrottling.tokenRatio: must be at least 0.001, not"),
    ({"loadBalancingConfig": [{"a": {}, "b": {}}]}, "loadBalancingConfig[0]: must be an object with one policy's name"),
    ({"loadBalancingConfig": [{"a": 1}]}, "loadBalancingConfig[0].a: must be an object, not 1"),
    ({"healthCheckConfig": {"serviceName": 1}}, "healthCheckConfig.serviceName: must be a string, not 1"),
]


@pytest.mark.parametrize(("config", "said"), MISTAKES, ids=[said.partition(":")[0] for _, said in MISTAKES])
def test_a_mistake_is_told_with_its_path(config: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_service_config(config)
    assert str(caught.value).startswith(said)


def test_unknown_fields_of_a_published_config() -> None:
    published = {"newField": 1, "methodConfig": [{"name": [{"service": "a.B", "region": "x"}], "newer": {}}]}
    config = parse_service_config(published, ignore_unknown=True)
    assert config.method_config == (MethodConfig(name=(MethodName("a.B"),)),)
    with pytest.raises(ConfigError, match=r"^methodConfig\[0\].name\[0\].region: there is no such field$"):
        parse_service_config({"methodConfig": published["methodConfig"]})


seconds = st.integers(1, 10**12).map(lambda nanoseconds: nanoseconds / 1e9)
codes = st.frozensets(st.sampled_from([code for code in StatusCode if code]), min_size=1)
names = st.from_regex(r"[a-z]{1,3}(\.[A-Z]{1,2})?", fullmatch=True)
retries = st.builds(RetryPolicy, st.integers(2, 9), seconds, seconds, st.floats(0.1, 10), codes)
hedges = st.builds(HedgingPolicy, st.integers(2, 9), seconds, codes)
sizes = st.none() | st.integers(0, 2**32 - 1)


@st.composite
def configs(draw: st.DrawFn) -> ServiceConfig:
    free = draw(st.lists(st.builds(MethodName, names, st.just("") | names), unique_by=lambda name: name.key))
    methods = []
    while free:
        taken = tuple(free.pop() for _ in range(draw(st.integers(1, len(free)))))
        policy = draw(
            st.fixed_dictionaries({}, optional={"retry_policy": retries}) | st.builds(dict, hedging_policy=hedges)
        )
        methods.append(
            MethodConfig(
                taken, draw(st.none() | st.booleans()), draw(st.none() | seconds), draw(sizes), draw(sizes), **policy
            )
        )
    return ServiceConfig(
        load_balancing_config=tuple(draw(st.lists(st.builds(LoadBalancingConfig, names)))),
        method_config=tuple(methods),
        retry_throttling=draw(st.none() | st.builds(RetryThrottling, st.integers(1, 1000), st.floats(0.001, 5))),
        health_check_config=draw(st.none() | st.builds(HealthCheckConfig, st.none() | names)),
    )


@given(configs())
def test_written_and_read_is_the_same(config: ServiceConfig) -> None:
    assert parse_service_config(json.dumps(service_config_to_dict(config))) == config


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["methodConfig", "name", "timeout", "retryPolicy", "maxAttempts", "loadBalancingConfig", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_whatever_json_it_is_nothing_but_the_error_is_raised(value: Any) -> None:
    try:
        parse_service_config(json.dumps(value))
    except ConfigError as error:
        assert str(error)
