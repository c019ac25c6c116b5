"""What stands before the first request of the soak: a store, versions of a model, and accounts."""

import os
import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.servers import ENVIRONMENT, build_pilot
from benchmarks.soak_report import FULL_MINUTES
from benchmarks.swap import write_versions
from features.progress import tell_steps
from features.tables import Extract, write_tables
from models.bundle import Bundle
from serving.accounts import add_account
from serving.demo_store import Scale, fill
from serving.deps import get_now
from serving.permissions import Role, needs_fund
from serving.settings import read_settings
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from tests.running_postgres import Postgres

PILOT = 8_000
PERSONS, FEW_PERSONS = 15_000, 4_000  # some 24,000 and 6,500 screenings of three years
OPEN, FEW_OPEN = 20_000, 1_000  # cases of the last weeks that wait for a decision
FOLLOW_SECONDS = 5
PHYSICIANS = tuple(f"soak.arts{number}" for number in range(1, 6))
COORDINATORS = ("soak.coordinator1", "soak.coordinator2")
GUESTS = ("soak.gast1", "soak.gast2")
PLANNER, AUDITOR, SYSTEM = "soak.planner", "soak.auditor", "soak.systeem"
ROLES = {
    **dict.fromkeys((*PHYSICIANS, *GUESTS), Role.ADVISING_PHYSICIAN),
    **dict.fromkeys(COORDINATORS, Role.RTW_COORDINATOR),
    PLANNER: Role.PLANNER,
    AUDITOR: Role.AUDITOR,
    SYSTEM: Role.FUND_SYSTEM,
}


@dataclass(frozen=True)
class Site:
    """Everything that stands before the first request: the store, the versions, the settings."""

    folder: Path
    database: str
    environment: Mapping[str, str]
    versions: Mapping[str, Bundle]
    extract: Extract
    fund: str
    password: str
    minutes: float
    per_second: float

    @property
    def is_full(self) -> bool:
        """Whether this is more than a try."""
        return self.minutes >= FULL_MINUTES

    @property
    def tracking(self) -> str:
        """Where MLflow keeps what it knows."""
        return find_tracking(self.folder)


def find_tracking(folder: Path) -> str:
    """Return where MLflow keeps what it knows of what is in a folder."""
    return f"sqlite:///{folder}/mlflow.db"


def build_site(folder: Path, server: Postgres, minutes: float, per_second: float) -> Site:
    """Train, release, and fill a store with three years."""
    step, database = tell_steps(), server.make_database()
    step("Training")
    bundle, extract = build_pilot(folder, PILOT)
    versions, tracking = write_versions(folder, bundle), find_tracking(folder)
    secret, password = secrets.token_urlsafe(48), secrets.token_urlsafe(12)
    targets = folder / "targets.toml"
    settings = read_settings(
        database_url=database,
        tracking_uri=tracking,
        cache=folder / "cache",
        session_secret=secret,
    )
    persons = PERSONS if minutes >= FULL_MINUTES else FEW_PERSONS
    with closing(Store(database)) as store:
        upgrade_store(store)
        fund = fill(
            store, settings, Scale(folder / "history", targets, persons, "Ziekenfonds"), step
        )
        for name, role in ROLES.items():
            own = fund if needs_fund(role) else None
            add_account(store, name, password, role, sickness_fund=own, now=get_now())
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "DATABASE_URL": database,
        "MLFLOW_TRACKING_URI": tracking,
        "KANTELPUNT_CACHE": str(folder / "cache"),
        "KANTELPUNT_FOLLOW_SECONDS": str(FOLLOW_SECONDS),
        "KANTELPUNT_TARGETS": str(targets),
        "KANTELPUNT_SESSION_SECRET": secret,
        "KANTELPUNT_EXPORT_KEY": secrets.token_urlsafe(48),
        "MALLOC_ARENA_MAX": "2",  # as deploy/kantelpunt@.service sets it
    }
    return Site(
        folder=folder,
        database=database,
        environment=environment,
        versions=versions,
        extract=extract,
        fund=fund,
        password=password,
        minutes=minutes,
        per_second=per_second,
    )


def build_frame(site: Site, name: str, first: int, count: int) -> pd.DataFrame:
    """Return cases of the last weeks that the store does not know."""
    frame = site.extract.cases.iloc[
        np.arange(first, first + count) % len(site.extract.cases)
    ].copy()
    frame["case_id"] = [f"{name}-{number}" for number in range(count)]
    frame["person_key"] = [f"p-{name}-{number}" for number in range(count)]
    frame["sickness_fund"] = site.fund
    ago = (np.arange(count) % 40).astype("timedelta64[D]")
    frame["screened_on"] = np.datetime64(get_now().date()) - ago
    frame["absence_started_on"] = frame["screened_on"] - np.timedelta64(85, "D")
    return frame


def write_file(site: Site, name: str, first: int, count: int) -> Path:
    """Return a file of such cases."""
    folder = site.folder / name
    write_tables({"cases": build_frame(site, name, first, count)}, folder, "csv")
    return folder / "cases.csv"
