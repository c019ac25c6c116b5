"""The page of watching: what needs attention first, then what was looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from features.contract import Contract
from models.suggestion import SUGGESTION_NL, Suggestion
from serving.pages.fairness_view import ATTRIBUTES_NL, name_label
from serving.pages.monitor_chart import Plot, draw_bins, draw_months
from serving.pages.monitor_figures import decimals, percent, round_nl, tell_errors, tell_figure
from serving.pages.monitor_texts import (
    AGREEMENT_NL,
    HEAD_NL,
    KIND_NL,
    REALISED_NL,
    RETURNS_NL,
    TOLD_NL,
    VERDICT_NL,
    WHY_NL,
)
from serving.store.monitor_reports import KeptReport, PastRun
from serving.wording import (
    EN_DASH,
    number_nl,
    short_date_nl,
    short_moment_nl,
)

MOST_INPUTS = 12  # rows at first; the others are under a button
BAD = ("alarm", "watch")
_ORDER = ("alarm", "watch", "insufficient_evidence", "ok")


@dataclass(frozen=True)
class Row:
    """One check: what, of how many, its figure with an interval, and the verdict."""

    name: str
    figure: str
    interval: str
    count: str
    verdict: str
    key: str
    note: str = ""


@dataclass(frozen=True)
class GroupRow:
    """One group: what it was told, how good that is to be expected, and whether it came true."""

    attribute: str
    name: str
    count: str
    refer: str
    silent: str
    expected: Row | None
    returns: Row | None


@dataclass(frozen=True)
class RunRow:
    """An earlier run."""

    made: str
    version: str
    verdict: str
    key: str
    alarms: str


@dataclass(frozen=True)
class MonitorView:
    """The last report, and the runs before it; `report` is None where there never was one."""

    fund: str | None
    made: str
    head: str
    key: str
    about: Sequence[str]
    attention: Sequence[Row]
    tables: Sequence[tuple[str, str, str, Sequence[Row]]]
    inputs: Sequence[Row]
    rest: Sequence[Row]
    groups: Sequence[GroupRow]
    expected: Sequence[tuple[str, str]]
    bins: Plot | None
    months: Plot | None
    runs: Sequence[RunRow]

    @classmethod
    def of(
        cls, kept: KeptReport, runs: Sequence[PastRun], contract: Contract, zone: tzinfo | None
    ) -> "MonitorView":
        """Return what the page shows of a report."""
        report = kept.report
        checks = sorted(report["checks"], key=lambda one: _ORDER.index(one["verdict"]))
        named = _Names(contract)
        of_kind: dict[str, list[Row]] = {kind: [] for kind in KIND_NL}
        for one in checks:
            of_kind[one["kind"]].append(named.view(one))
        inputs = [row for kind in ("input", "missing", "level") for row in of_kind[kind]]
        inputs.sort(key=lambda row: _ORDER.index(row.key))
        return cls(
            fund=kept.sickness_fund,
            made=short_moment_nl(kept.made_at.astimezone(zone)),
            head=_tell_head(report),
            key=report["verdict"],
            about=_tell_about(report),
            attention=[named.view(one, full=True) for one in checks if one["verdict"] in BAD],
            tables=[(*told, of_kind[told[0]]) for told in _TABLES if of_kind[told[0]]],
            inputs=inputs[:MOST_INPUTS],
            rest=inputs[MOST_INPUTS:],
            groups=[named.view_group(one, checks) for one in report["groups"]],
            expected=_list_expected(report["expected"]),
            bins=draw_bins(report["bins"]),
            months=draw_months(report["months"]),
            runs=[_view_run(one, zone) for one in runs],
        )


_TABLES = (
    ("told", "Wat het model zegt", "Verschil met de vrijgave"),
    ("expected", "Hoe goed het naar verwachting is", "AUC"),
    ("returns", "Keren mensen terug zoals voorspeld?", "Keer voorspeld"),
    ("span", "Hoe lang na de inschatting", "Keer voorspeld"),
    ("support", "Wie een traject begon", "Keer voorspeld"),
    ("realised", "Hoe goed bleek het te zijn?", "Gevonden"),
    ("group", "Terugkeer per groep", "Keer voorspeld"),
    ("fairness", "Fouten per groep, nu de uitkomst bekend is", "Keer de beste groep"),
    ("agreement", "Wijken artsen af?", "Wijkt af, op 100"),
)


def _tell_head(report: Mapping[str, Any]) -> str:
    kinds = report["alarms"] if report["verdict"] == "alarm" else report["watched"]
    names = ", ".join(KIND_NL[kind] for kind in kinds)
    return HEAD_NL[report["verdict"]].format(names=names)


def _tell_about(report: Mapping[str, Any]) -> list[str]:
    counts = report["counts"]
    since = short_date_nl(date.fromisoformat(report["since"]))
    return [
        f"Gekeken naar {number_nl(counts['window'])} mensen die sinds {since} ingeschat zijn, "
        f"{number_nl(counts['of_version'])} daarvan door versie {report['model_version']}.",
        f"Van {number_nl(counts['followed'])} mensen is al iets van hun terugkeer bekend.",
        _tell_judged(report["checks"]),
    ]


def _tell_judged(checks: Sequence[Mapping[str, Any]]) -> str:
    unknown = sum(one["verdict"] == "insufficient_evidence" for one in checks)
    told = f"Het oordeel gaat over de {number_nl(len(checks) - unknown)} controles die te "
    return f"{told}beoordelen waren. {number_nl(unknown)} waren dat niet: ernaast staat waarom."


def _list_expected(expected: Mapping[str, Sequence[float]]) -> list[tuple[str, str]]:
    names = {
        "auc": "AUC: hoe goed de kansen mensen uit elkaar houden",
        "brier": "Brier-score: lager is beter",
        "returned": "Aandeel dat terugkeert",
    }
    return [
        (label, f"{decimals(found[0])} ({decimals(found[1])}{EN_DASH}{decimals(found[2])})")
        for key, label in names.items()
        if (found := expected.get(key))
    ]


_KNOWN: Mapping[str, Mapping[str, str]] = {
    "told": TOLD_NL,
    "returns": RETURNS_NL,
    "support": RETURNS_NL,
    "realised": REALISED_NL,
    "fairness": {"all": "Alle groepen"},
}


@dataclass(frozen=True)
class _Names:
    """Names of inputs and groups, by the contract."""

    contract: Contract

    def view(self, one: Mapping[str, Any], *, full: bool = False) -> Row:
        """Return a check as a row; `full` for a list of several kinds."""
        figure, interval = tell_figure(one)
        name = self._name(one)
        if full:
            name = f"{name} ({KIND_NL[one['kind']]})"
        why = WHY_NL.get(one.get("why", ""), "")
        if one["verdict"] == "insufficient_evidence" and not why and one.get("needed"):
            why = f"te zien vanaf ongeveer {round_nl(one['needed'])} mensen"
        why = "; ".join(filter(None, (*tell_errors(one), why)))
        count = number_nl(one["count"]) if "count" in one else "minder dan 5"
        return Row(name, figure, interval, count, VERDICT_NL[one["verdict"]], one["verdict"], why)

    def _name(self, one: Mapping[str, Any]) -> str:
        kind, name, group = one["kind"], one["name"], one.get("group", "")
        if kind in ("input", "missing", "level"):
            label = "Alle velden" if name == "all" else self.attribute(name)
            more = {"missing": ": ontbreekt", "level": f": {self._label(name, group)}"}
            return label + more.get(kind, "")
        if kind == "span":
            first, _, last = group.partition("_")
            return f"Dag {first} tot {last}"
        if kind in ("group", "expected_group", "fairness") and group:
            return f"{self.attribute(name)}: {self._label(name, group)}"
        if kind == "agreement":
            attribute, _, label = group.partition("/")
            tail = f", {self.attribute(attribute)}: {self._label(attribute, label)}"
            return AGREEMENT_NL[name] + (tail if group else "")
        known = _KNOWN.get(kind, {})
        return known.get(name, name.upper())

    def attribute(self, name: str) -> str:
        """Return an attribute in Dutch."""
        labels = {field.name: field.label_nl for field in self.contract.fields}
        own = {"version": "Versie", "suggestion": "Voorstel"}
        return ATTRIBUTES_NL.get(name) or labels.get(name) or own.get(name) or name

    def _label(self, attribute: str, group: str) -> str:
        if attribute == "suggestion" and group:
            return SUGGESTION_NL[Suggestion(group)]
        return name_label(attribute, group, self.contract) if group else "alle andere"

    def view_group(self, one: Mapping[str, Any], checks: Sequence[Mapping[str, Any]]) -> GroupRow:
        """Return a group of the window, with what became of earlier people in it."""
        name, label = one["attribute"], one["group"]
        found = {
            check["kind"]: check
            for check in checks
            if (check["name"], check.get("group")) == (name, label)
        }
        rows = [self.view(found[k]) if k in found else None for k in ("expected_group", "group")]
        is_told = "count" in one
        return GroupRow(
            self.attribute(name),
            self._label(name, label),
            number_nl(one["count"]) if is_told else "te weinig",
            percent(one["refer"]) if is_told else "",
            percent(one["silent"]) if is_told else "",
            rows[0],
            rows[1],
        )


def _view_run(one: PastRun, zone: tzinfo | None) -> RunRow:
    made: datetime = one.made_at.astimezone(zone)
    verdict = VERDICT_NL[one.verdict]
    return RunRow(
        short_moment_nl(made), one.model_version, verdict, one.verdict, number_nl(one.alarms)
    )
