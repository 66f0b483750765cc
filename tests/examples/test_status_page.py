"""The status page of the front end in a real browser: it shows the replicas, their versions and their calls."""

from __future__ import annotations

import html
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from geo_programs import TIMEOUT, Start

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_a_browser_shows_replicas_and_versions(start: Start, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    replicas = [start("back_end", "--port", "0", "--version", version).address for version in ("v1", "v2")]
    targets = ",".join(replicas)
    front_end = start("kubernetes.front_end", "--port", "0", "--back-end", f"static:{targets},127.0.0.1:1").address
    for _ in range(20):
        query = {"from": "Kyiv", "to": "Lviv"}
        assert httpx.get(f"{front_end}/distance", params=query, timeout=TIMEOUT, trust_env=False).status_code == 200
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=4000"]
    command = [CHROMIUM, *flags, f"--user-data-dir={tmp_path}", "--dump-dom", f"{front_end}/status/"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=2 * TIMEOUT, check=True)
    seen = html.unescape(ended.stdout)
    assert "Whom the front end talks to" in seen
    for address in replicas:
        assert f'class="address">{address}<' in seen
    assert seen.count('class="end c') == 2, "two replicas have told their versions"
    assert ">v1: " in seen
    assert ">v2: " in seen
    assert "transient failure" in seen
    assert "20 ok" in seen
    assert ">live<" in seen
