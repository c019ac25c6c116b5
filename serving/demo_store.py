"""Fills the store of the demo: the past, how the model did in it, and what comes."""

from dataclasses import dataclass, replace
from pathlib import Path

from features.progress import Step
from models.suggestion import DEFAULT_PATH, read_limits
from serving.demo_history import (
    DEMO,
    PER_PERSON,
    YEARS,
    Fill,
    Practice,
    fill_store,
    find_fund,
    make_history,
)
from serving.demo_planning import Office, plan_demo
from serving.deps import get_now
from serving.monitor import Watch, find_start, watch
from serving.referral_lists import read_lists
from serving.registry import open_bundle
from serving.settings import Settings
from serving.store.engine import Store

WATCHED_DAYS = 30
ENTRIES = "entries.parquet"


@dataclass(frozen=True)
class Scale:
    """Where past and targets are written, of how many persons, and what the main fund is called."""

    folder: Path
    targets: Path
    persons: int
    fund_nl: str


def fill(store: Store, settings: Settings, scale: Scale, step: Step) -> str:
    """Make up a past, keep it, and return the sickness fund that has most of it."""
    bundle, now = open_bundle(settings), get_now()
    practice = Practice(Fill(store, bundle, read_limits(settings.limits or DEFAULT_PATH), now))
    count = PER_PERSON * scale.persons
    step(f"Making {count:,} others, and what was decided about them in {YEARS} years")
    past = make_history(scale.folder, count, practice)
    fund = find_fund(past)
    step(f"Filling the store with {len(past.cases):,} screenings and what became of them")
    lists = replace(read_lists(settings, bundle.contract), fund_names={fund: scale.fund_nl})
    fill_store(past, practice, lists)
    step("Watching the model on them")
    # what it finds is for the page to tell
    watch(store, Watch(bundle, find_start(now, None, WATCHED_DAYS), now, None))
    step("Planning what comes")
    office = Office(store, practice.fill.limits, scale.targets, DEMO.key, now)
    plan_demo(office, past, scale.folder / ENTRIES)
    return fund
