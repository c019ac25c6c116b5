"""When places run out, in words: the same on every page of the planner."""

from models.intake.telling import ALL
from serving.pages.planning_plan import Plan, chance_nl, name_full
from serving.wording import upper_first

LITTLE = 0.2  # under this chance nothing is expected to break
EVEN = 0.5  # from this chance on it is likelier than not, though in no single month
ENOUGH = "volstaat"


def judge_break(plan: Plan, region: str = ALL) -> str:
    """Return in a word or two whether places suffice; empty where nobody said how many there are.

    The words for where they do begin with `ENOUGH`.
    """
    if plan.find_places(region) is None:
        return ""
    month, chance = plan.find_break(region)
    if month is not None:
        return "krap"
    if chance >= EVEN:
        return "kan krap worden"
    return ENOUGH if chance < LITTLE else f"{ENOUGH} waarschijnlijk"


def name_break(plan: Plan, region: str = ALL) -> str:
    """Return the month from which places run out, or that there is none."""
    if plan.find_places(region) is None:
        return "niet bekend"
    month, chance = plan.find_break(region)
    if month is not None:
        return name_full(month)
    return "geen vaste maand" if chance >= EVEN else "niet verwacht"


def tell_break(plan: Plan, region: str = ALL) -> str:
    """Return in two sentences when a region has more pathways than room, and how likely that is."""
    word = judge_break(plan, region)
    if not word:
        return "Er is nog geen capaciteit ingevuld."
    month, _ = plan.find_break(region)
    first = f"Te krap vanaf {name_full(month)}" if month else upper_first(word)
    return f"{first}. {_tell_chance(plan, region)}"


def tell_beside(plan: Plan, region: str) -> str:
    """Return what stands beside the word of `judge_break`, without saying that word again."""
    month, _ = plan.find_break(region)
    is_said = month is None and judge_break(plan, region)
    return _tell_chance(plan, region) if is_said else tell_break(plan, region)


def _tell_chance(plan: Plan, region: str) -> str:
    _, chance = plan.find_break(region)
    told = f"{upper_first(chance_nl(chance))} kans dat het ooit krap wordt"
    return f"{told} in {len(plan.months)} maanden."
