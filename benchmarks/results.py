"""The page of results: what each benchmark measured, from the JSON that it kept, in one order.

`python -m benchmarks.results [NAME ...]` puts the last figures of the benchmarks named, or of all
that are in var/benchmarks, on the page. What the page says of others stays as it is.
"""

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks.machine import PAGE
from benchmarks.report import Record, find_record, to_text
from training.record import ROOT


@dataclass(frozen=True)
class Group:
    """Benchmarks that one command of the Makefile runs, in this order."""

    title: str
    names: tuple[str, ...]


GROUPS = {
    "bench": Group(
        "Speed and strength, beside what a user would pick instead",
        (
            *("serving", "scoring", "training", "training_rivals", "engine"),
            *("workers", "pool", "swap", "soak"),
        ),
    ),
    "pace": Group(
        "How long people wait: pages, lists, files, nightly commands",
        ("pages", "triage", "intake", "monitor", "planning", "shadow", "clean_clone"),
    ),
    "quality": Group(
        "Whether the numbers are right",
        (
            *("truth", "gain", "peers", "curve", "sharpen", "tuning", "fairness"),
            *("forecast", "intake_chain", "entry_defects"),
        ),
    ),
}
HEAD = """# Results

Written by `make bench`, `make pace` and `make quality`; do not edit. Each figure is of the run that
its section names. A "+" after a commit: files differed from it. Load: of the machine in the minute
before the run; over 0.5, something else was at work, be it the benchmark before.
"""
MACHINE, VERSIONS = "- Machine: ", "- Versions: "
MISSED = "**MISSED**"
CELLS = re.compile(r" (?<!\\)\| ")
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)


def write_page(names: Iterable[str]) -> None:
    """Put the last figures of some benchmarks on the page; what it says of others stays."""
    page = Path(PAGE)
    sections = read_sections(page.read_text("utf-8")) if page.is_file() else {}
    for name in names:
        record = find_record(name)
        if record:
            sections[name] = to_section(record, find_purpose(name))
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(to_page(sections), "utf-8")


def read_sections(page: str) -> dict[str, str]:
    """Return the text of each section of a page, by the name of its benchmark."""
    return {name: text.strip() for name, text in SECTION.findall(page)}


def find_purpose(name: str) -> str:
    """Return the first sentence of a benchmark: what it measures, beside what."""
    source = (ROOT / "benchmarks" / f"{name}.py").read_text("utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")[0].replace("\n", " ")


def to_section(record: Record, purpose: str) -> str:
    """Return what the page says of one run: with what and when it was made, and every figure."""
    command = " ".join(["python -m", f"benchmarks.{record.name}", *record.words])
    when = record.started_at[:16].replace("T", " ")
    versions = ", ".join(f"{library} {number}" for library, number in record.versions.items())
    lines = [
        *(purpose, ""),
        f"- `{command}`, commit {record.commit}, {when} UTC, {_to_duration(record.seconds)}, "
        f"load {record.load:g}",
        *(f"{MACHINE}{record.machine}", f"{VERSIONS}{versions}", ""),
    ]
    if record.fault:
        lines += [f"{MISSED}: {record.fault}", ""]
    if record.rows or record.left_out:
        lines += ["| what | measured | unit | limit | |", "| --- | ---: | --- | --- | --- |"]
    for row in record.rows:
        verdict = ("held" if row["held"] else MISSED) if row["limit"] else ""
        value = to_text(float(str(row["value"])))
        lines.append(_to_row(row["what"], value, row["unit"], row["limit"], verdict))
    for what, why in record.left_out.items():
        lines.append(_to_row(what, f"not run: {why}", "", "", ""))
    return "\n".join(lines).strip()


def _to_row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _to_duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def to_page(sections: Mapping[str, str]) -> str:
    """Return the whole page: on what and when, what was missed, and the sections in their order."""
    parts = [HEAD, _to_summary(sections), "## Missed\n", _to_missed(sections)]
    for command, group in GROUPS.items():
        parts.append(f"## {group.title}\n\n`make {command}`\n")
        absent = ", ".join(f"`{name}`" for name in group.names if name not in sections)
        parts += [f"Not on this page yet: {absent}.\n"] if absent else []
        parts += [f"### {name}\n\n{sections[name]}\n" for name in group.names if name in sections]
    return "\n".join(parts)


def _to_summary(sections: Mapping[str, str]) -> str:
    """Return the days, and each machine and set of versions with the sections that it is of."""
    days = sorted(re.findall(r", (\d{4}-\d\d-\d\d) \d\d:\d\d UTC", "\n".join(sections.values())))
    lines = [f"- Measured: {' to '.join(dict.fromkeys((days[0], days[-1])))}"] if days else []
    for sort in (MACHINE, VERSIONS):
        of: dict[str, list[str]] = {}
        for name in _list_names(sections):
            for line in sections[name].splitlines():
                if line.startswith(sort):
                    of.setdefault(line.strip(), []).append(name)
        lines += [
            f"{told} ({', '.join(names)})" if len(of) > 1 else told for told, names in of.items()
        ]
    return "".join(f"{line}\n" for line in lines)


def _to_missed(sections: Mapping[str, str]) -> str:
    """Return a line for each limit that was missed, and for each run that did not finish."""
    lines = []
    for name in _list_names(sections):
        for line in sections[name].splitlines():
            if line.endswith(f"| {MISSED} |"):
                what, value, unit, limit = CELLS.split(line.removesuffix(f" | {MISSED} |")[2:])
                lines.append(f"- {name}: {what}: {f'{value} {unit}'.strip()} ({limit})")
            elif line.startswith(MISSED):
                lines.append(f"- {name}: {line.partition(': ')[2]}")
    return "".join(f"{line}\n" for line in lines) or "Nothing, of what stands below.\n"


def _list_names(sections: Mapping[str, str]) -> list[str]:
    """Return the names of the sections in the order of the page."""
    every = chain.from_iterable(group.names for group in GROUPS.values())
    return [name for name in every if name in sections]


def main(words: list[str]) -> None:
    """Render the benchmarks that are named, or all of which there are figures."""
    write_page(words or chain.from_iterable(group.names for group in GROUPS.values()))


if __name__ == "__main__":
    main(sys.argv[1:])
