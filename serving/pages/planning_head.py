"""What every page of the planner begins with: the other pages, and how old the plan is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from serving.pages.planning_texts import TABS
from serving.planning import OLD_DAYS
from serving.wording import date_nl, short_moment_nl


@dataclass(frozen=True)
class HeadView:
    """The head of a page; `made` is empty where there is no plan yet."""

    tabs: Sequence[tuple[str, str]]
    made: str = ""
    as_of: str = ""
    old_days: int = 0

    @classmethod
    def of(cls, made_at: datetime | None, as_of: date | None, now: datetime) -> "HeadView":
        """Return the head of a page about a plan; `old_days` is 0 where it is fresh."""
        if made_at is None or as_of is None:
            return cls(TABS)
        days = (now - made_at).days
        made = short_moment_nl(made_at.astimezone(now.tzinfo)).rpartition(":")[0]
        return cls(TABS, made, date_nl(as_of), days if days > OLD_DAYS else 0)
