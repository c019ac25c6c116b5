"""From an extract to a kept run, for every door: the command, MLflow's project and a notebook."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from features.contract import Contract
from features.tables import MAX_REJECTED_SHARE, Extract, read_extract
from models.boosting import growing_with
from models.bundle import write_bundle
from training.card import build_card
from training.comparison import compare_at_training
from training.config import Config, read_config
from training.document_facts import read_facts
from training.engine import Cluster
from training.engine_grow import Grower
from training.fairness_report import list_fairness_rows
from training.fingerprint import check_unchanged, hash_files
from training.info import build_info
from training.metrics import flatten_settings, list_metrics
from training.pending import FILES, PENDING, Note, RunNotKeptError, send, write_note
from training.pipeline import STEPS, Trained, train
from training.plots import draw_plots
from training.record import BESIDE_CHAMPION, FAIRNESS, RECORD, RunWatch
from training.technical_file import write_card_page
from training.tracking import BUNDLE, MODEL, About, Registered, check_address, resolve_uri
from training.tracking_model import write_model
from training.tune import Budget
from training.tune_trials import TRIALS, find_folder, write_trials

TRAINING_TABLES = ("cases", "work_periods", "follow_up")
STEPS_OF_RUN = STEPS + 2
CARD_PAGE = "card.html"


@dataclass(frozen=True)
class Run:
    """A run that is kept: what was learnt, from which extract, and where it is registered."""

    trained: Trained
    extract: Extract
    made: Registered


def train_and_keep(
    data: Path,
    *,
    uri: str | None = None,
    config: Config | None = None,
    seed: int = 1,
    contract: Contract | None = None,
    max_rejected: float = MAX_REJECTED_SHARE,
    rejected_to: Path | None = None,
    by_lot: bool = False,
    budget: Budget | None = None,
    by: str | None = None,
    command: str | None = None,
    runs_to_sync: Path = PENDING,
    cluster: Cluster | None = None,
    report: Callable[[str], None] = lambda _: None,
    tell_extract: Callable[[Extract], None] = lambda _: None,
) -> Run:
    """Read, train, test and register: the one road of command line, project and notebook.

    `report` is told each step, `tell_extract` what was read. A search with a budget goes on where
    one like it was broken off; its trials are kept beside MLflow's store. A `cluster` grows the
    trees of large fits. Raises
    ExtractChangedError when the files change meanwhile, RunNotSentError when MLflow cannot take
    the run: it waits in the folder `runs_to_sync` then.
    """
    settings, address = config or read_config(), resolve_uri(uri)
    check_address(address, may_be_new=True)
    watch = RunWatch(by, command)

    def step(text: str) -> None:
        watch.step(text)
        report(text)

    step("Reading and checking the extract")
    files = hash_files(data)
    extract = read_extract(
        data,
        contract,
        required=TRAINING_TABLES,
        max_rejected_share=max_rejected,
        rejected_to=rejected_to or data,
    )
    tell_extract(extract)
    if budget and budget.folder is None:
        budget = replace(budget, folder=find_folder(address))
    with growing_with(Grower(cluster).grow if cluster else None):
        trained = train(extract, settings, seed, step, by_lot=by_lot, budget=budget)
        step("Keeping the run")
        check_unchanged(data, files)
        watch.engine = cluster.plain() if cluster else None
        made = keep_run(trained, extract, seed, address, watch, files, runs_to_sync)
    return Run(trained, extract, made)


def keep_run(
    trained: Trained,
    extract: Extract,
    seed: int,
    uri: str,
    watch: RunWatch | None = None,
    files: dict[str, dict[str, Any]] | None = None,
    runs_to_sync: Path = PENDING,
) -> Registered:
    """Write everything of a training on this disk, then send it to MLflow and register it.

    Raises RunNotKeptError where this disk takes no more, RunNotSentError where MLflow does not.
    """
    watch = watch or RunWatch()
    info = build_info(trained, extract, seed)
    beside = compare_at_training(trained, extract, trained.config.registry, uri, seed)
    folder = runs_to_sync / watch.run
    try:
        _write_files(folder / FILES, trained, extract, info)
        record = watch.build(info, files or {})
        _write_json(folder / FILES / RECORD, record)
        _write_json(folder / FILES / BESIDE_CHAMPION, beside.plain())
        write_card_page(read_facts(folder / FILES), folder / FILES / CARD_PAGE)
        about = About.of(record)
        note = Note(flatten_settings(info), list_metrics(trained), trained.config.registry, about)
        write_note(folder, note)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RunNotKeptError(
            f"the run could not be written to {runs_to_sync} ({error.strerror}), and nothing of it "
            "was registered: make room, or name another folder with --runs-to-sync; train again"
        ) from error
    return send(folder, uri, trained.config.registry)


def _write_files(files: Path, trained: Trained, extract: Extract, info: dict[str, Any]) -> None:
    aside = len(extract.rejected)
    warnings = [f"{aside} faults set rows of the extract aside"] if aside else []
    card = build_card(trained, extract.contract, warnings)
    bundle = files.with_name(BUNDLE)
    write_bundle(bundle, trained.model, info, card)
    write_model(files / MODEL, bundle, extract.contract)
    shutil.rmtree(bundle)
    (files / "card.md").write_text(card, encoding="utf-8")
    _write_json(files / "figures.json", info["figures"])
    _write_json(files / FAIRNESS, trained.fairness.plain())
    _write_json(files / "refutation.json", info["refutation"])
    with (files / "fairness.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(list_fairness_rows(trained.fairness.audit))
    if trained.tuned and trained.tuned.trials:
        write_trials(files / TRIALS, trained.tuned.trials)
    draw_plots(trained, trained.config.evaluate, files / "plots")


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
