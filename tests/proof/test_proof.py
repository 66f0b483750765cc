"""A short selection of the rows. ``make proof`` plays all of them, and longer."""

from __future__ import annotations

import pytest

from tests.proof.naming import DNSMASQ
from tests.proof.network import missing_for_network
from tests.proof.rows import ROWS, Row
from tests.proof.stage import open_stage

_CHOSEN = ("roll", "kill", "half-open")


@pytest.mark.skipif(DNSMASQ is None, reason="dnsmasq is not installed (Debian has it in dnsmasq-base)")
@pytest.mark.parametrize("row", [row for row in ROWS if row.name in _CHOSEN], ids=lambda row: row.name)
async def test_clients_notice_no_more_than_they_must(row: Row) -> None:
    if row.nodes and (missing := await missing_for_network()):
        pytest.skip(missing)
    async with open_stage(brief=True, nodes=row.nodes) as stage:
        await row.play(stage)
