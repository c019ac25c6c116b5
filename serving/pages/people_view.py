"""How it went with people like this, as so many in a hundred, and how many stand behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from models.bundle import Bundle
from models.estimate import Estimate, GainStatus
from models.people import PeopleGroup, PeopleTable
from serving.assessment import Assessment
from serving.case_file import CaseFile
from serving.wording import date_nl, number_nl, op_100, signed_nl

PER_ROW = 10
CELL = 20  # of the drawing; halfway a row and a column is a gap, so that one sees 5 and 50
GAP = 8
SIZE = PER_ROW * CELL + GAP
TOO_FEW_NL = (
    "Te weinig eerdere mensen hadden een gelijkaardige inschatting. Daarom staat hier niet hoeveel "
    "er terugkeerden."
)
NOT_SEEN_NL = (
    "Van wie steun kreeg of uit beeld verdween, is niet te zien hoe het zonder steun gegaan was. "
    "Anderen tellen daarom zwaarder mee. De aantallen zijn afgerond."
)
Mark = tuple[int, int]


@dataclass(frozen=True)
class Crowd:
    """A hundred figures: how many of each kind, drawn in rows of ten."""

    told_nl: str
    kinds: Sequence[tuple[str, Sequence[Mark]]]


@dataclass(frozen=True)
class PeopleView:
    """People like this; `without` is None where too few were counted."""

    told_nl: str
    without: Crowd | None = None
    support: Crowd | None = None
    support_nl: str = ""
    about_nl: Sequence[str] = ()
    size: int = SIZE

    @property
    def is_fewer(self) -> bool:
        """Whether support is estimated to bring fewer people back."""
        return bool(self.support and any(kind == "fewer" for kind, _ in self.support.kinds))


def find_people(file: CaseFile, bundle: Bundle) -> PeopleView | None:
    """Return people like this.

    None where the model keeps no counts, or where another model made the estimate.
    """
    table, latest = bundle.model.people, file.latest
    made_by = (latest.model_version, latest.contract.fingerprint)
    if table is None or made_by != (bundle.version, bundle.contract.fingerprint):
        return None
    return view_people(table, latest)


def view_people(table: PeopleTable, a: Assessment) -> PeopleView:
    """Return how it went with the people whose estimate was about that of an assessment."""
    group = table.find(a.estimate.usual.value, answered=a.answered)
    if group is None:
        return PeopleView(TOO_FEW_NL)
    returned, more = op_100(group.returned), _count_more(a.estimate, op_100(group.returned))
    return PeopleView(
        told_nl=_tell(group),
        without=_draw(returned, 0, f"Zonder extra steun keerden {returned} van de 100 terug."),
        support=_draw(returned, more, _tell_crowd(returned, more)) if a.estimate.gain else None,
        support_nl=_tell_support(a.estimate),
        about_nl=(_tell_alike(table, group, a), *_tell_wider(a), NOT_SEEN_NL),
    )


def _tell(group: PeopleGroup) -> str:
    low, high = op_100(group.low), op_100(group.high)
    share = f"{op_100(group.returned)} van de 100"
    bounds = f"{op_100(group.returned_low)} tot {op_100(group.returned_high)}"
    return (
        f"Bij {number_nl(group.people)} eerdere mensen met een gelijkaardige inschatting "
        f"({low} tot {high} op 100) keerden er zonder extra steun {share} terug (marge van "
        f"90 %: {bounds})."
    )


def _tell_alike(table: PeopleTable, group: PeopleGroup, a: Assessment) -> str:
    last = table.screened_until - timedelta(days=1)
    own = op_100(a.estimate.usual.value)
    alike = f"een kans zonder extra steun van {op_100(group.low)} tot {op_100(group.high)} op 100"
    if a.contract.answers:
        alike += f", en de vragenlijst {'' if group.answered else 'niet '}beantwoord"
    return (
        f"Gelijkaardig betekent hier: {alike}. Dit dossier kreeg {own}. Hun ziekte en hun werk "
        "kunnen verschillen. Hun "
        f"gegevens zijn van {date_nl(table.screened_from)} tot en met {date_nl(last)}; hun "
        "inschatting komt van een model dat niets van hen geleerd had."
    )


def _tell_wider(a: Assessment) -> Sequence[str]:
    """Return why the interval of the estimate is wider than that of the share."""
    if a.answered or not a.contract.answers:
        return ()
    return (
        "De marge van de inschatting zelf is breder: ze rekent mee hoe ver de antwoorden die "
        "ontbreken het getal nog kunnen verschuiven.",
    )


def _tell_support(e: Estimate) -> str:
    if e.gain is None:
        return "Hoeveel steun daaraan zou toevoegen, is niet bekend."
    of_all = " Dat getal is voor iedereen gelijk." if _is_same(e) else ""
    low, high = (signed_nl(round(one * 100)) for one in (e.gain.low, e.gain.high))
    return (
        f"Met steun zouden er {_name_more(round(e.gain.value * 100))} terugkeren "
        f"({low} tot {high}). Dat is geschat, niet geteld.{of_all}"
    )


def _is_same(e: Estimate) -> bool:
    return e.gain_status is GainStatus.SAME_FOR_ALL


def _name_more(more: int) -> str:
    if more == 0:
        return "naar schatting evenveel"
    return f"naar schatting {abs(more)} {'meer' if more > 0 else 'minder'}"


def _tell_crowd(returned: int, more: int) -> str:
    told = f"Van deze 100 keerden er {returned} terug zonder extra steun"
    return f"{told}; met steun zouden het er {_name_more(more)} zijn."


def _count_more(e: Estimate, returned: int) -> int:
    """Return the whole number of figures that support adds or takes, within a hundred."""
    more = round(e.gain.value * 100) if e.gain else 0
    return min(max(more, -returned), 100 - returned)


def _draw(returned: int, more: int, told_nl: str) -> Crowd:
    kinds = ["back"] * (returned + min(more, 0))
    kinds += ["more" if more > 0 else "fewer"] * abs(more)
    kinds += ["away"] * (100 - len(kinds))
    marks = list(zip(kinds, _list_places(), strict=True))
    named = dict.fromkeys(kinds)
    return Crowd(told_nl, [(kind, [m for k, m in marks if k == kind]) for kind in named])


def _list_places() -> Iterator[Mark]:
    half = PER_ROW // 2
    for row in range(PER_ROW):
        for column in range(PER_ROW):
            yield column * CELL + GAP * (column >= half), row * CELL + GAP * (row >= half)
