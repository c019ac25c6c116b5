"""The commands of serving: serve, demo, import, db upgrade, and those for accounts."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from serving import user_commands

Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on.")]


def register(app: typer.Typer) -> None:
    """Add the commands of serving to the command line."""
    app.command()(serve)
    app.command()(demo)
    app.command("import")(import_file)
    user_commands.register(app)
    database = typer.Typer(help="The store.", no_args_is_help=True)
    database.command("upgrade")(upgrade)
    app.add_typer(database, name="db")


def serve(
    host: Host = None,
    port: Port = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Folder of a bundle, instead of the champion.")
    ] = None,
) -> None:
    """Serve the API and the pages."""
    from serving.app import create_app
    from serving.registry import open_bundle
    from serving.server import open_port, run_server, set_up_logs
    from serving.settings import read_settings
    from serving.store.opening import open_store

    given = {"host": host, "port": port, "bundle": bundle}
    settings = read_settings(**{k: v for k, v in given.items() if v is not None})
    settings.check_secret()
    settings.check_log_on()
    with open_store(settings.database_url):
        pass  # tables of another release are told of before anything is served
    with open_port(settings.host, settings.port) as opened:
        set_up_logs()
        app = create_app(settings, open_bundle(settings))
        typer.echo(f"Kantelpunt: http://{settings.host}:{opened.getsockname()[1]}")
        run_server(app, opened)


def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Do everything, call every page once, and end.")
    ] = False,
    persons: Annotated[
        int | None, typer.Option("--persons", min=300, help="Persons made; without it 12,000.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port to listen on; without it 8000."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Folder of the demo; without it var/demo.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make it anew.")] = False,
) -> None:
    """Make synthetic persons, a model and a filled store, and serve them on this machine."""
    from serving.demo import check_demo, run_demo

    if check:
        check_demo(folder, persons=persons, port=port or 0, fresh=fresh)
    else:
        run_demo(folder, persons=persons, port=8000 if port is None else port, fresh=fresh)


def import_file(
    path: Annotated[Path, typer.Argument(help="A cases file, or the folder of an extract.")],
    fund: Annotated[
        str | None, typer.Option("--fund", help="Keep only cases of this sickness fund.")
    ] = None,
    max_rejected: Annotated[
        float,
        typer.Option("--max-rejected", min=0, max=1, help="Share of rows that may be set aside."),
    ] = 0.05,
    rejected_to: Annotated[
        Path | None,
        typer.Option("--rejected-to", help="Folder for rejected.csv; without it, beside the file."),
    ] = None,
) -> None:
    """Assess every case of a file and keep it; bad rows are set aside in rejected.csv."""
    from features.progress import show_count
    from models.suggestion import DEFAULT_PATH, read_limits
    from serving.deps import get_now
    from serving.intake_file import Intake, import_cases
    from serving.registry import open_bundle
    from serving.settings import read_settings
    from serving.store.opening import open_store

    settings = read_settings()
    where = rejected_to or (path if path.is_dir() else path.parent)
    limits = read_limits(settings.limits or DEFAULT_PATH)
    with open_store(settings.database_url) as store, show_count("Assessed") as count:
        intake = Intake(store, open_bundle(settings), limits, get_now(), fund)
        done = import_cases(path, intake, count=count, max_rejected=max_rejected, rejected_to=where)
    typer.echo(
        f"saved {done.saved:,}; known already {done.known:,}; of another fund {done.elsewhere:,}; "
        f"dated after today or before the first limits {done.untimely:,}; "
        f"rejected {done.rejected:,}"
        + (f" (see {where / 'rejected.csv'})" if done.rejected else "")
    )


def upgrade() -> None:
    """Bring the store to the tables of this release."""
    from serving.settings import read_settings
    from serving.store.engine import Store
    from serving.store.upgrade import upgrade_store

    with closing(Store(read_settings().database_url)) as store:
        upgrade_store(store)
    typer.echo("the store is up to date")
