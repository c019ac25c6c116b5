"""From a table of entries to a kept backtest: which method serves at which horizon, how well."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from features.entries import EntryTable, find_entries, read_entries
from models.intake.backtest import LAYERS, Backtest, backtest
from models.intake.panel import Panel
from models.intake.reading import to_panel
from training.backtest_plots import draw_backtest
from training.config import Config
from training.fingerprint import hash_file
from training.pending import FILES, Note, RunNotKeptError, send, write_note
from training.record import RECORD, RunWatch
from training.tracking import About, Registered, check_address

RESULT = "backtest.json"
LEVELS = (0.8, 0.95)
STEPS = 3
Report = Callable[[str], None]


@dataclass(frozen=True)
class Tested:
    """A backtest, what it was made from, and the run that keeps it."""

    table: EntryTable
    panel: Panel
    found: Backtest
    made: Registered


def backtest_and_keep(
    data: Path,
    config: Config,
    uri: str,
    *,
    horizon: int = 12,
    origins: int = 12,
    as_of: date | None = None,
    seed: int = 0,
    max_rejected: float = 0.05,
    rejected_to: Path | None = None,
    by: str | None = None,
    command: str | None = None,
    runs_to_sync: Path,
    report: Report = lambda _: None,
) -> Tested:
    """Read entries, try every method from past origins, and keep what came out in MLflow.

    Raises a TableError for entries that cannot be read, PanelError for too few periods, and
    RunNotSentError where MLflow cannot take the run: it waits in the folder `runs_to_sync` then.
    """
    check_address(uri, may_be_new=True)
    watch = RunWatch(by, command)

    def step(text: str) -> None:
        watch.step(text)
        report(text)

    step("Reading and checking the entries")
    table = read_entries(data, as_of, max_rejected_share=max_rejected, rejected_to=rejected_to)
    panel = to_panel(table)
    step("Forecasting from months in the past")
    found = backtest(
        panel,
        horizon,
        origins,
        LEVELS,
        methods=config.intake.methods,
        draws=config.intake.backtest_draws,
        seed=seed,
    )
    step("Keeping the run")
    file = find_entries(data)
    record = watch.build(_describe(table, panel, found, seed), {file.name: hash_file(file)})
    made = _keep(found, record, config, uri, runs_to_sync / watch.run)
    return Tested(table, panel, found, made)


def _describe(table: EntryTable, panel: Panel, found: Backtest, seed: int) -> dict[str, Any]:
    """Return what the run tells of its data and its result; plain JSON."""
    ends = [str(day.astype("datetime64[D]")) for day in panel.starts[[0, -1]]]
    return {
        "kind": "backtest",
        "seed": seed,
        "contract": None,
        "data": {"entries": {"rows": len(table.frame), "first": ends[0], "last": ends[1]}},
        "regions": len(panel.regions),
        "periods": len(panel.starts),
        "origins": list(found.origins),
        "horizon": found.horizon,
        "methods": list(found.scores),
        "choice": list(found.choice.methods),
    }


def _keep(
    found: Backtest, record: dict[str, Any], config: Config, uri: str, folder: Path
) -> Registered:
    try:
        files = folder / FILES
        files.mkdir(parents=True)
        _write_json(files / RESULT, found.to_plain())
        _write_json(files / RECORD, record)
        draw_backtest(found, files / "plots")
        note = Note(
            _list_parameters(record["info"]),
            dict(list_metrics(found)),
            config.registry,
            About.of(record),
            registers=False,
        )
        write_note(folder, note)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RunNotKeptError(
            f"the run could not be written to {folder.parent} ({error.strerror}), and nothing of "
            "it was kept: make room, or name another folder with --runs-to-sync; test again"
        ) from error
    return send(folder, uri, config.registry)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _list_parameters(info: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in info.items() if name not in ("contract", "data")}
    joined = {n: ", ".join(v) if isinstance(v, list) else v for n, v in plain.items()}
    return joined | {f"data.entries.{n}": v for n, v in info["data"]["entries"].items()}


def list_metrics(found: Backtest) -> Iterator[tuple[str, float]]:
    """Yield every figure by name: method, layer, figure and horizon; without horizon their mean."""
    for method, layers in found.scores.items():
        for layer in LAYERS:
            scores = layers[layer]
            figures = {"mase": scores.mase, "wql": scores.wql}
            figures |= {f"coverage_{100 * level:.0f}": c for level, c in scores.coverage.items()}
            for name, values in figures.items():
                known = np.isfinite(values)
                if known.any():
                    yield f"{method}.{layer}.{name}", float(values[known].mean())
                for ahead in np.flatnonzero(known):
                    yield f"{method}.{layer}.{name}.h{ahead + 1:02}", float(values[ahead])
