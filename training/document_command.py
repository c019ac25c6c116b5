"""The command that writes the documents of a version: card, technical file, register entry."""

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.command_parts import Uri

if TYPE_CHECKING:
    from training.document_facts import Facts


def document(
    version: Annotated[
        str, typer.Argument(help="Version, alias, `latest`, or the folder of a run or a bundle.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write; made when missing.")],
    tracking_uri: Uri = None,
) -> None:
    """Write the model card, the technical file and the entry of an algorithm register."""
    from training.explain_page import check_folder
    from training.technical_file import write_documents

    check_folder(out)
    facts = _gather(version, tracking_uri)
    written = write_documents(facts, out)
    for path in written.paths:
        typer.echo(f"wrote {path}")
    typer.echo(
        f"technical file: {written.to_fill} places to be filled by the deployer, "
        f"{written.not_recorded} facts not recorded"
    )
    typer.echo(f"register: to be filled by the deployer: {', '.join(written.register_to_fill)}")


def _gather(version: str, tracking_uri: str | None) -> "Facts":
    """Return the facts of a version with its run and the log of releases, or of a folder."""
    from training.config import read_config
    from training.document_facts import read_facts
    from training.release_log import read_log
    from training.tracking import resolve_uri
    from training.tracking_releases import read_entries
    from training.tracking_runs import fetch_run

    if Path(version).is_dir():
        return read_facts(Path(version))
    registry, uri = read_config().registry, resolve_uri(tracking_uri)
    with tempfile.TemporaryDirectory(prefix="kantelpunt-run-") as folder:
        found = fetch_run(version, Path(folder), registry, uri)
        log = read_log(read_entries(registry, uri))
        releases = [asdict(entry) for entry in log.counting]
        facts = read_facts(Path(folder), found.version, found.standing, releases, log.faults)
    return replace(facts, mlflow_run=found.run_id)
