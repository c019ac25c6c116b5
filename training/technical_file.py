"""The documents of a version: model card, technical file by Annex IV, entry of a register.

They are written from what the run kept; nothing is made up. What only the deployer knows is marked,
and what the run did not keep is called "not recorded". The same facts give the same bytes.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from features.fields import Field
from features.whole_file import written_whole
from training.card_gain import VERDICTS
from training.document_facts import Facts
from training.document_markup import DEPLOYER
from training.document_page import render_page
from training.document_tables import (
    DECISIONS,
    NOT_RECORDED,
    escape,
    list_failures,
    list_risks,
    tabulate_attempts,
    tabulate_champion,
    tabulate_figures,
    tell_verdict,
)
from training.page_templates import TEMPLATES
from training.register import SCHEMA, build_entry, list_to_fill
from training.rivals import NAMES

CARD, FILE = "model_card", "technical_file"
REGISTER = "register.json"
PICTURES = (
    (
        "calibration.png",
        "Estimated chance against the share that returned, per tenth of the test "
        "window. On the line both are the same. The calibration figures above sum it up.",
    ),
    (
        "lift.png",
        "Share that returned among those with the lowest and the highest estimates. The "
        "table of figures above gives the same shares.",
    ),
    (
        "fairness.png",
        "Worst ratio of error rates per attribute against the share of the gain that "
        "is referred, as the limit moves.",
    ),
    (
        "shap_summary.png",
        "By how many points each input moves estimates, a dot per screening. The "
        "table of what drives the estimates sums it up.",
    ),
)


class _Missing(ChainableUndefined):
    """A fact that the record lacks says so wherever it is written."""

    def __str__(self) -> str:
        return NOT_RECORDED


@dataclass(frozen=True)
class Written:
    """The files that were written, and what is still open in them."""

    paths: tuple[Path, ...]
    to_fill: int
    not_recorded: int
    register_to_fill: tuple[str, ...]


def write_documents(facts: Facts, out: Path) -> Written:
    """Write card and technical file as Markdown and HTML, pictures, and the entry of a register."""
    out.mkdir(parents=True, exist_ok=True)
    card, (file, to_fill, not_recorded) = build_model_card(facts), build_technical_file(facts)
    entry = build_entry(facts)
    texts = {
        f"{CARD}.md": card,
        f"{CARD}.html": render_page(card, facts.plots, _subtitle(facts)),
        f"{FILE}.md": file,
        f"{FILE}.html": render_page(file, facts.plots, _subtitle(facts), numbered=True),
        REGISTER: json.dumps(entry, indent=1, ensure_ascii=False) + "\n",
        SCHEMA: (TEMPLATES / SCHEMA).read_text(encoding="utf-8"),
    }
    for name, text in texts.items():
        with written_whole(out / name) as beside:
            beside.write_text(text, encoding="utf-8")
    if facts.plots:
        (out / "plots").mkdir(exist_ok=True)
    for name, png in facts.plots.items():
        with written_whole(out / "plots" / name) as beside:
            beside.write_bytes(png)
    return Written(
        paths=tuple(out / name for name in texts),
        to_fill=to_fill,
        not_recorded=not_recorded,
        register_to_fill=list_to_fill(entry),
    )


def write_card_page(facts: Facts, path: Path) -> None:
    """Write the model card as a page, for the artefacts of a run."""
    path.write_text(
        render_page(build_model_card(facts), facts.plots, _subtitle(facts)), encoding="utf-8"
    )


def build_model_card(facts: Facts) -> str:
    """Return the model card in Markdown."""
    return _render("model_card.md", facts, pictures=PICTURES)


def build_technical_file(facts: Facts) -> tuple[str, int, int]:
    """Return the technical file in Markdown, and what is counted at its top.

    That is how many places the deployer has to fill, and how many facts the run did not keep.
    """
    shipped = NAMES.get(str(facts.info.get("shipped")), NOT_RECORDED)
    body = _render(
        "technical_file.md", facts, decisions=DECISIONS, risks=list_risks(facts), shipped=shipped
    )
    marks, missing = body.count(f"**{DEPLOYER}**"), count_not_recorded(body)
    head = (
        f"# Technical file: Kantelpunt, version {escape(facts.version)}\n\n"
        "By the nine chapters of Annex IV to Regulation (EU) 2024/1689, the AI Act. Filled from "
        "the record of the run; it is no legal advice and no declaration of conformity.\n\n"
        f"**{marks} places are to be filled by the deployer, {missing} facts are missing.** The "
        f'first are marked "{DEPLOYER}". What the run did not keep is called "{NOT_RECORDED}".\n\n'
    )
    return head + body, marks, missing


def count_not_recorded(markdown: str) -> int:
    """Return how many facts a document misses."""
    return len(re.findall(rf"\b{NOT_RECORDED}\b", markdown, flags=re.IGNORECASE))


def _subtitle(facts: Facts) -> str:
    began = facts.record.get("began")
    run = facts.record.get("run")
    of_mlflow = f" (in MLflow {facts.mlflow_run})" if facts.mlflow_run else ""
    return f"Run {run or NOT_RECORDED}{of_mlflow}, begun {began or NOT_RECORDED}"


def _render(template: str, facts: Facts, **more: Any) -> str:
    environment = Environment(  # noqa: S701  # Markdown, of which the page takes no HTML
        loader=FileSystemLoader(TEMPLATES),
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: NOT_RECORDED if value is None else value,
    )
    environment.filters |= FILTERS
    text = environment.get_template(template).render(facts=_Shown(facts), **more)
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    return "\n".join(kept).strip() + "\n"


class _Shown:
    """The facts, with what templates show of them."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.failures = list_failures(facts)
        self.fairness_verdict = tell_verdict(facts)
        self.figures_table = tabulate_figures(facts.info.get("figures"), "each model")
        self.windows_table = tabulate_figures(facts.info.get("by_window"), "each window")
        self.refutation_table = tabulate_attempts(facts.info.get("refutation"))
        self.champion_table = tabulate_champion(facts.champion)
        self.gaps = [escape(line) for line in facts.info.get("gaps") or ()]
        self.intro, self.body = _split_card(facts.card)
        status = facts.info.get("gain", {}).get("status")
        known = {one.value: text for one, text in VERDICTS.items()}
        self.verdict_on_gain = known.get(status, f"The gain: {status or NOT_RECORDED}.")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._facts, name)


def _split_card(card: str) -> tuple[str, str]:
    """Return what the card of a bundle says first, and its chapters."""
    head, mark, chapters = card.partition("\n## ")
    intro = head.partition("\n")[2].strip()
    return intro, f"## {chapters.strip()}" if mark else ""


def _cell(value: Any) -> str:
    return NOT_RECORDED if _is_missing(value) else escape(str(value))


def _count(value: Any) -> str:
    return NOT_RECORDED if _is_missing(value) else f"{int(value):,}"


def _yes_no(value: Any) -> str:
    return NOT_RECORDED if _is_missing(value) else "yes" if value else "no"


def _is_missing(value: Any) -> bool:
    return value is None or isinstance(value, _Missing)


def _values(one: Field) -> str:
    if one.levels:
        return escape(", ".join(one.levels.values()))
    bounds = "" if one.low is None or one.high is None else f"{one.low:g} to {one.high:g} "
    return escape(f"{bounds}{one.unit_nl}".strip() or "yes or no")


FILTERS: Mapping[str, Callable[..., str]] = {
    "cell": _cell,
    "count": _count,
    "yes_no": _yes_no,
    "values": _values,
}
