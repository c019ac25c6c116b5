"""Every page of the planner in every state: its name, and how one gets there."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.planning_plans import FEW, keep_plan
from tests.running_service import find_token
from tests.web.page_cast import Cast

State = Callable[[Cast], Any]


def look(path: str, user: str = "planner", **world: Any) -> State:
    """Return how a planner opens a page about a plan."""

    def reach(cast: Cast) -> Any:
        keep_plan(cast.find(), **world)
        return cast.get(path, user)

    return reach


def look_early(path: str) -> State:
    """Return how a planner opens a page before there is any plan."""
    return lambda cast: cast.get(path, "planner", "same")


def ask(query: str) -> State:
    """Return how a planner asks what if."""
    return look(f"/planning/scenarios?{query}")


def send(path: str, page: str, **fields: str) -> State:
    """Return how a planner sends a form of a page, and where that leads."""

    def reach(cast: Cast) -> Any:
        keep_plan(cast.find())
        client = cast.enter("planner").client
        token = find_token(client.get(page).text)
        return client.post(path, data={"token": token} | fields)

    return reach


def compare(*names: str, path: str = "") -> State:
    """Return how a planner keeps scenarios under names and puts them side by side."""

    def reach(cast: Cast) -> Any:
        for place, name in enumerate(names):
            keep(toestemming=str(90 - place), naam=name)(cast)
        client = cast.enter("planner").client
        page = client.get("/planning/scenarios").text
        found = re.findall(r'name="s" value="([0-9a-f]+)"[^>]*> ([^<]+)<', page)
        keys = {name: key for key, name in found}
        query = "&".join(f"s={keys[name]}" for name in names)
        return client.get(f"/planning/scenarios/vergelijken{path}?{query}")

    return reach


def set_places(**fields: str) -> State:
    """Return how a planner sends the form of capacity."""
    return send("/planning/capaciteit", "/planning/capaciteit", **fields)


def confirm(**fields: str) -> State:
    """Return how a planner confirms a limit."""
    return send("/planning/grenzen", "/planning/capaciteit", **fields)


def keep(**fields: str) -> State:
    """Return how a planner keeps a question under a name."""
    return send("/planning/scenarios", "/planning/scenarios?toestemming=90", **fields)


PLACES = {
    "region": "limburg",
    "places": "640",
    "valid_from": "2026-05-01",
    "reason": "Twee coaches meer.",
}
SMALL: dict[str, Any] = {"spells": FEW / 2}
ONE: dict[str, Any] = {"regions": 1}

STATES: Mapping[str, State] = {
    "planning, no plan": look_early("/planning"),
    "planning": look("/planning"),
    "planning, of a region": look("/planning?meting=reached&regio=limburg"),
    "planning, small counts": look("/planning?regio=brussel&getallen", **SMALL),
    "planning, one region": look("/planning", **ONE),
    "capacity": look("/planning/capaciteit"),
    "capacity, small counts": look("/planning/capaciteit?getallen", **SMALL),
    "capacity, with faults": set_places(**PLACES | {"places": "veel", "valid_from": "1900-01-01"}),
    "capacity, set": set_places(**PLACES),
    "limit, without a reason": confirm(region="antwerpen"),
    "what if": look("/planning/scenarios"),
    "what if, answered": ask("meerwaarde=4,5&toestemming=90&doel=9000&plaatsen-limburg=700"),
    "what if, with faults": ask("meerwaarde=veel&toestemming=120&plaatsen-limburg=-3"),
    "what if, impossible": ask("meerwaarde=40"),
    "what if, kept": keep(toestemming="90", naam="Meer toestemming"),
    "what if, kept without a name": keep(toestemming="90"),
    "scenarios side by side": compare("Veel meer", "Wat meer", "Iets meer"),
    "scenarios, too many": compare("Een", "Twee", "Drie", "Vier", "Vijf"),
    "targets": look("/planning/doelen"),
    "look back": look("/planning/terugblik"),
    "look back, too little history": look("/planning/terugblik", **SMALL),
}
