"""The front end's page as HTML. Whatever comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

from examples.geo.gen.geo_pb import Point
from examples.geo.gen.route_pb import Progress
from examples.geo.places import CITIES, name_of

__all__ = ["distance_panel", "error_panel", "page", "route_panel"]

_TEMPLATE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
_CITIES = "".join(f'<option value="{escape(city)}">' for city in CITIES)


def page(query: Mapping[str, str], panel: str = "") -> str:
    """Returns the whole page.

    Args:
        query: what was asked for; the forms are filled with it.
        panel: the answer, as one of the functions below gives it.
    """
    return _TEMPLATE.substitute(
        panel=panel,
        origin=escape(query.get("from", "Kyiv")),
        destination=escape(query.get("to", "Lviv")),
        points=escape(query.get("points", "Kyiv\nLviv\nWarsaw\nBerlin")),
        cities=_CITIES,
    )


def distance_panel(origin: Point, destination: Point, distance_km: float) -> str:
    """Shows a distance in kilometres."""
    return (
        '<section class="card result">'
        f'<div class="figure">{distance_km:,.0f}&nbsp;km</div>'
        f"<p>from {escape(name_of(origin))} to {escape(name_of(destination))}"
        f' <span class="soft">({distance_km:,.3f} km)</span></p></section>'
    )


def route_panel(points: Sequence[Point], progress: Sequence[Progress]) -> str:
    """Shows how far a route has come at each of its points."""
    rows = "".join(
        f'<tr><td>{escape(name_of(point))}</td><td class="number">{step.leg_distance:,.1f}</td>'
        f'<td class="number">{step.distance:,.1f}</td></tr>'
        for point, step in zip(points, progress, strict=True)
    )
    return (
        '<section class="card result">'
        f'<div class="figure">{progress[-1].distance:,.0f}&nbsp;km</div>'
        f'<p>over {len(points)} points</p><table><tr><th>Point</th><th class="number">Leg, km</th>'
        f'<th class="number">So far, km</th></tr>{rows}</table></section>'
    )


def error_panel(reason: str) -> str:
    """Says why there is no answer."""
    return f'<section class="card error" role="alert"><strong>No answer.</strong> {escape(reason)}</section>'
