"""Shows the trials of a search in MLflow: each a run of its own under the run that searched."""

from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunInfo
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from training.tune_trials import TRIALS, Trial, TrialState, read_trials

RUNNING = "RUNNING"
ENDS = {
    TrialState.COMPLETE: "FINISHED",
    TrialState.PRUNED: "KILLED",
    TrialState.FAILED: "FAILED",
}


def log_trials(client: MlflowClient, files: Path, parent: RunInfo) -> None:
    """Make a child run per trial of the search that `files` tells of, if any.

    Written from the file, so that a run that is kept for later brings its trials along. What MLflow
    has already of it is completed.
    """
    path = files / TRIALS
    if not path.is_file():
        return
    ours = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent.run_id}'"
    known: dict[str, RunInfo] = {}
    token = None
    while token != "":
        page = client.search_runs([parent.experiment_id], ours, page_token=token)
        known |= {run.info.run_name: run.info for run in page}
        token = page.token or ""
    for trial in read_trials(path):
        name = f"trial {trial.number:03d}" if trial.number else "untuned"
        found = known.get(name)
        if found is None or found.status == RUNNING:
            _log_trial(client, trial, name, parent, found)


def _log_trial(
    client: MlflowClient, trial: Trial, name: str, parent: RunInfo, found: RunInfo | None
) -> None:
    began, ended = (round(1000 * t) for t in (trial.began, trial.began + trial.seconds))
    tags = {MLFLOW_PARENT_RUN_ID: parent.run_id, "state": trial.state.value}
    if trial.fault:
        tags["fault"] = trial.fault
    info = found or client.create_run(parent.experiment_id, began, tags, run_name=name).info
    figures = {"seconds": trial.seconds}
    figures |= {f"squared_error.{place}": one for place, one in enumerate(trial.errors)}
    if trial.error is not None:
        figures["squared_error"] = trial.error
    known = {**trial.parameters, "leaves": trial.leaves or trial.parameters.get("leaves")}
    if trial.rounds is not None:
        known["rounds"] = trial.rounds
    client.log_batch(
        info.run_id,
        metrics=[Metric(key, value, ended, 0) for key, value in figures.items()],
        params=[Param(key, str(value)) for key, value in known.items()],
    )
    client.set_terminated(info.run_id, ENDS[trial.state], end_time=ended)
