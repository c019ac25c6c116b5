"""The commands of serving: serve, demo, import, user add and db upgrade."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.store.engine import Store

Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on.")]


class RoleName(StrEnum):
    """The roles of `kantelpunt user add`; serving/permissions.py says what each may do."""

    ADVISING_PHYSICIAN = "advising_physician"
    RTW_COORDINATOR = "rtw_coordinator"
    PLANNER = "planner"
    DATA_SCIENTIST = "data_scientist"
    AUDITOR = "auditor"


def register(app: typer.Typer) -> None:
    """Add the commands of serving to the command line."""
    app.command()(serve)
    app.command()(demo)
    app.command("import")(import_file)
    user = typer.Typer(help="Accounts of users.", no_args_is_help=True)
    user.command("add")(add_user)
    app.add_typer(user, name="user")
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

    given = {"host": host, "port": port, "bundle": bundle}
    settings = read_settings(**{k: v for k, v in given.items() if v is not None})
    settings.check_secret()
    with _open_store(settings.database_url):
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

    settings = read_settings()
    where = rejected_to or (path if path.is_dir() else path.parent)
    limits = read_limits(settings.limits or DEFAULT_PATH)
    with _open_store(settings.database_url) as store, show_count("Assessed") as count:
        intake = Intake(store, open_bundle(settings), limits, get_now(), fund)
        done = import_cases(path, intake, count=count, max_rejected=max_rejected, rejected_to=where)
    typer.echo(
        f"saved {done.saved:,}; known already {done.known:,}; of another fund {done.elsewhere:,}; "
        f"dated after today or before the first limits {done.untimely:,}; "
        f"rejected {done.rejected:,}"
        + (f" (see {where / 'rejected.csv'})" if done.rejected else "")
    )


def add_user(
    name: Annotated[str, typer.Argument(help="Name to log on with: small letters and digits.")],
    role: Annotated[RoleName, typer.Option("--role", help="What the user is here for.")],
    password: Annotated[
        str,
        typer.Option(
            envvar="KANTELPUNT_NEW_PASSWORD",
            prompt=True,
            confirmation_prompt=True,
            hide_input=True,
            help="Asked for when not given.",
        ),
    ],
    fund: Annotated[str | None, typer.Option("--fund", help="Sickness fund of the user.")] = None,
    region: Annotated[str | None, typer.Option("--region", help="Only this region.")] = None,
    full_name: Annotated[str | None, typer.Option("--name", help="Name to show.")] = None,
) -> None:
    """Add an account; the password is asked for."""
    from serving.accounts import add_account
    from serving.deps import get_now
    from serving.permissions import Role
    from serving.settings import read_settings

    with _open_store(read_settings().database_url) as store:
        made = add_account(
            store,
            name,
            password,
            Role(role.value),
            sickness_fund=fund,
            region=region,
            full_name=full_name,
            now=get_now(),
        )
    typer.echo(f"added {made.key} as {made.role}")


def upgrade() -> None:
    """Bring the store to the tables of this release."""
    from serving.settings import read_settings
    from serving.store.engine import Store
    from serving.store.upgrade import upgrade_store

    with closing(Store(read_settings().database_url)) as store:
        upgrade_store(store)
    typer.echo("the store is up to date")


@contextmanager
def _open_store(url: str) -> Iterator["Store"]:
    """Give the store, whose tables must be those of this release, and let go of it afterwards."""
    from serving.store.engine import Store
    from serving.store.upgrade import check_store

    with closing(Store(url)) as store:
        check_store(store)
        yield store
