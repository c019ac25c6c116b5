"""What a check found as tables and sentences, for the screen and for a page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from models.shares import FEWEST_SHOWN
from training.check import Checked
from training.check_groups import GroupOutlook
from training.check_verdicts import list_verdicts
from training.matured import BECAME
from training.profile import FieldProfile, TableProfile
from training.traits import show_count

STRIKING = 0.05  # of the known values at one bound


@dataclass(frozen=True)
class Section:
    """A table with a title, and notes below it."""

    title: str
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


def list_sections(found: Checked) -> Iterator[Section]:
    """Yield everything that was found, the verdicts last: there a screen ends."""
    yield _tell_tables(found)
    if found.reasons:
        yield _tell_rejected(found)
    yield _tell_fields(found)
    if found.half_years:
        yield _tell_half_years(found)
    if found.windows:
        yield _tell_windows(found)
    if found.groups:
        yield _tell_groups(found.groups)
    yield Section(
        "What can be estimated",
        rows=tuple(("yes" if one.can else "NO", str(one)) for one in list_verdicts(found)),
        notes=tuple(f"leak suspected: {suspect}" for suspect in found.suspects),
    )


def _tell_tables(found: Checked) -> Section:
    contract = found.contract
    return Section(
        "Tables",
        ("table", "rows", "set aside", "from", "to", "rows that repeat", "cases without"),
        tuple(_row_of_table(one, found.missing) for one in found.tables),
        (
            f"Read by contract {contract.name} {contract.version} ({contract.fingerprint}): "
            f"{len(contract.fields)} inputs; a return counts within "
            f"{contract.outcome.horizon_days} days and when it lasts "
            f"{contract.outcome.sustained_days}.",
            "A case without follow_up never has a known outcome; one without work_periods counts "
            "as never returned; one without pathways as never supported.",
        ),
    )


def _row_of_table(one: TableProfile, missing: Iterable[str]) -> tuple[str, ...]:
    if one.name in missing:
        return (one.name, "MISSING", "", "", "", "", "")
    days = [day.isoformat() if day else "" for day in (one.first, one.last)]
    counts = [show_count(count) for count in (one.rows, one.aside)]
    return (one.name, *counts, *days, show_count(one.repeats), show_count(one.without))


def _tell_rejected(found: Checked) -> Section:
    rows = [(t, f, reason, show_count(count)) for t, f, reason, count in found.reasons]
    return Section("Rows set aside", ("table", "column", "reason", "faults"), tuple(rows))


def _tell_fields(found: Checked) -> Section:
    return Section(
        "Inputs",
        ("input", "missing", "never seen", "hardly seen", "at lowest", "at highest", "look at"),
        tuple(_row_of_field(one) for one in found.fields),
        (
            f"Hardly seen: in fewer than {FEWEST_SHOWN} rows. Many numbers at a bound may be "
            "clipped, or a code for what is not known.",
        ),
    )


def _row_of_field(one: FieldProfile) -> tuple[str, ...]:
    known = one.rows - one.missing
    bounds = ("", "")
    if one.kind == "number":
        bounds = (_share(one.at_low, known), _share(one.at_high, known))
    doubts = [
        text
        for text, holds in (
            ("nobody has it", not known),
            ("one value only", one.is_constant),
            ("many at the highest", known and one.at_high / known > STRIKING),
        )
        if holds
    ]
    return (
        one.name,
        _share(one.missing, one.rows),
        ", ".join(one.unseen),
        ", ".join(one.rare),
        *bounds,
        ", ".join(doubts),
    )


def _share(count: int, total: int) -> str:
    """Return a share in whole percents; of fewer than five rows, or all but so few, only that."""
    if not total or not count:
        return "0 %" if total else ""
    if count < FEWEST_SHOWN:
        return f"< {FEWEST_SHOWN} rows"
    if 0 < total - count < FEWEST_SHOWN:
        return "nearly all"
    if count < total / 200:
        return "< 1 %"
    return f"{100 * count / total:.0f} %"


def _tell_half_years(found: Checked) -> Section:
    rows = [
        (one.name, show_count(one.screened), *(show_count(one.became[name]) for name in BECAME))
        for one in found.half_years
    ]
    return Section(
        "Screenings per half-year, and what became of them",
        ("screened in", "screened", *BECAME),
        tuple(rows),
        (
            "Support first: it began before the outcome was known. Not known: not yet, or lost.",
            f"A dash: fewer than {FEWEST_SHOWN} people, or what would tell how many those are.",
        ),
    )


def _tell_windows(found: Checked) -> Section:
    windows = found.windows
    assert windows is not None  # noqa: S101
    spans = [
        ("learn", None, windows.learn_until),
        ("calibrate", windows.calibrate_from, windows.calibrate_until),
        ("test", windows.test_from, windows.test_until),
    ]
    rows = [
        (
            name,
            start.isoformat() if start else "the first",
            end.isoformat(),
            show_count(found.counts[name]) if name in found.counts else "too few",
        )
        for name, start, end in spans
        if end
    ]
    notes = [] if windows.calibrate_from else ["The history is too short to correct estimates by."]
    notes.append(f"Outcomes as known on {windows.known_until.isoformat()}.")
    return Section(
        "Windows that training would take",
        ("window", "screened from", "until before", "known outcomes"),
        tuple(rows),
        tuple(notes),
    )


def _tell_groups(groups: list[GroupOutlook]) -> Section:
    shown = [one for one in groups if one.persons is not None]
    hidden = sorted({one.attribute for one in groups if one.persons is None})
    notes = [
        "Found: the ratio of a group's error rate to that of all others that would be found four "
        "times in five, by the power of a test of two proportions, all groups allowed for.",
    ]
    if hidden:
        notes.append(f"Some groups are too small to show, of {', '.join(hidden)}.")
    return Section(
        "Groups in the test window",
        ("attribute", "group", "people", "not returned", "found from", "equal can be told"),
        tuple(_row_of_group(one) for one in shown),
        tuple(notes),
    )


def _row_of_group(one: GroupOutlook) -> tuple[str, ...]:
    names = (one.attribute, one.group, show_count(one.persons), show_count(one.lost))
    if one.smallest_gap is None:
        return (*names, "too few people" if one.is_refused else "insufficient evidence", "no")
    gap = "no gap" if one.smallest_gap == float("inf") else f"{one.smallest_gap:.1f} times"
    return (*names, gap, "yes" if one.can_pass else "no")


def render_page(sections: Iterable[Section], title: str) -> str:
    """Return a page of its own, without anything to fetch or to run."""
    parts = [f"<h1>{escape(title)}</h1>"]
    for one in sections:
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in one.heads)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in one.rows
        )
        head = f"<thead><tr>{heads}</tr></thead>" if heads else ""
        table = f"<table>{head}<tbody>{rows}</tbody></table>"
        notes = "".join(f"<p>{escape(note)}</p>" for note in one.notes)
        parts.append(f"<h2>{escape(one.title)}</h2>{table}{notes}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#333332;margin:2rem auto;max-width:75rem;"
    "padding:0 1rem}table{border-collapse:collapse;display:block;overflow-x:auto}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;"
    "border-bottom:1px solid #cfd5dd}th{font-weight:600}"
)
