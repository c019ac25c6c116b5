"""The use case of reading what watching found: light, for pages and metrics."""

from serving.permissions import Action, User, check_can
from serving.store.engine import EVERY_FUND, Store, StoreGoneError
from serving.store.monitor_reports import KeptReport, PastRun, find_report, list_runs

MOST_RUNS = 30


def read_reports(user: User, *, store: Store) -> tuple[KeptReport | None, list[PastRun]]:
    """Return the last report and the last runs: of the own fund, or of all to who has none."""
    check_can(user, Action.VIEW_MONITOR)
    fund = user.sickness_fund
    with store.reading(fund or EVERY_FUND) as connection:
        return find_report(connection, fund), list_runs(connection, fund, MOST_RUNS)


def find_last(store: Store) -> KeptReport | None:
    """Return the last report about every fund; None where there is none, or no store to ask."""
    try:
        with store.reading(EVERY_FUND) as connection:
            return find_report(connection, None)
    except StoreGoneError:
        return None
