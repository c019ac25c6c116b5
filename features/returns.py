"""When people returned for good, and how long we would have seen it: for who reads early."""

from dataclasses import dataclass, replace

import numpy as np

from features.outcomes import find_outcomes
from features.tables import Extract
from features.timeline import NEVER, Days


@dataclass(frozen=True)
class Returns:
    """Per screening, in days from it: when a sustained return began, NEVER where none was seen.

    `seen_until` is until when one would have been seen: a return counts once it has lasted, so
    what began in the last weeks of the follow-up is not known yet. Support ends it, unless it is
    ignored; `supported` is when it began. Who died or retired will not return, and that is known
    until the last day of the extract.
    """

    begun: Days
    seen_until: Days
    supported: Days


def find_returns(extract: Extract, horizon_days: int) -> Returns:
    """Return when people returned within so many days, and until when that would have been seen."""
    outcome = replace(extract.contract.outcome, horizon_days=horizon_days)
    lag = outcome.sustained_days - 1
    found = find_outcomes(extract, outcome)
    begun = np.where(found.returned == 1, found.known_days - lag, NEVER)
    screened_on = extract.cases["screened_on"].reset_index(drop=True)
    by_case = extract.follow_up.drop_duplicates("case_id").set_index("case_id")["observed_until"]
    last_day = by_case.reindex(extract.cases["case_id"]).reset_index(drop=True)
    gone = extract.timeline.exits < NEVER
    last_day = last_day.where(~gone, by_case.max()) if len(by_case) else last_day
    last = (last_day - screened_on).dt.days.to_numpy(dtype=float, na_value=-1.0)
    # support that begins after the return is none of the course before it
    supported = np.where(begun < NEVER, NEVER, extract.timeline.supported)
    seen = np.minimum(np.minimum(last - lag, supported), horizon_days)
    return Returns(begun, np.maximum(seen, 0.0), supported)
