"""Cases for workflows to start from, each with a number of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.running_service import TODAY, Service, make_own_case
from tests.serving.referred_cases import make_case_to_refer

STARTED = TODAY - timedelta(days=90)
# what a case looks like for which only the own return follows what is suggested
OWN_WAY = {"age_years": 40, "work_ability": 10}
REFER = {"age_years": 50, "work_ability": 0}


@dataclass
class Cases:
    """Makes cases in one service."""

    service: Service
    numbers: Iterator[int]

    def open(self, **changes: Any) -> str:
        """Have a case assessed, by default one to refer; return its number."""
        days = {"absence_started_on": STARTED, "screened_on": TODAY - timedelta(days=5)}
        dated = {name: day.isoformat() for name, day in days.items()}
        case = make_own_case(next(self.numbers), **dated | REFER | changes)
        assert self.service.post(case).status_code == 201
        return str(case["case_id"])

    def to_refer(self) -> str:
        """Have a case decided: refer."""
        return make_case_to_refer(self.service, next(self.numbers))
