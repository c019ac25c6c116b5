"""The commands of serving: serve and demo; siblings add those for accounts and the store."""

import gc
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from serving import (
    monitor_commands,
    person_commands,
    plan_commands,
    replay_commands,
    shadow_commands,
    store_commands,
    user_commands,
)

# made by a demo that is served, and by one that is only checked
PERSONS, CHECK_PERSONS = 20_000, 1_500
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on.")]


def register(app: typer.Typer) -> None:
    """Add the commands of serving to the command line."""
    app.command()(serve)
    app.command()(demo)
    user_commands.register(app)
    store_commands.register(app)
    person_commands.register(app)
    replay_commands.register(app)
    shadow_commands.register(app)
    monitor_commands.register(app)
    plan_commands.register(app)


def serve(
    host: Host = None,
    port: Port = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Folder of a bundle, instead of the champion.")
    ] = None,
) -> None:
    """Serve the API and the pages."""
    # what is loaded now lives as long as the process: to look through it for garbage, again and
    # again, takes a fifth of the start
    gc.disable()
    try:
        _serve({"host": host, "port": port, "bundle": bundle})
    finally:
        gc.enable()


def _serve(given: Mapping[str, str | int | Path | None]) -> None:
    from functools import partial

    from models.suggestion import DEFAULT_PATH, read_limits
    from serving.app import build_showing, create_app
    from serving.registry import find_served
    from serving.server import open_port, run_server, set_up_logs
    from serving.settings import read_settings
    from serving.store.opening import open_store
    from serving.store.room import check_room
    from serving.swapping import check_shown

    settings = read_settings(**{k: v for k, v in given.items() if v is not None})
    settings.check_secret()
    settings.check_log_on()
    with open_store(settings.database_url):
        pass  # tables of another release are told of before anything is served
    with open_port(settings.host, settings.port) as opened:
        set_up_logs()
        show = build_showing(read_limits(settings.limits or DEFAULT_PATH))
        served = find_served(settings, partial(check_shown, show))
        # the copy of an earlier start is not known to be what the registry releases
        folder = "" if served.from_cache else served.folder
        app = create_app(settings, served.bundle, model_from_cache=served.from_cache, folder=folder)
        check_room(app.state.service.store)
        typer.echo(f"Kantelpunt: http://{settings.host}:{opened.getsockname()[1]}")
        gc.freeze()
        gc.enable()
        run_server(app, opened)


def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Do everything, call every page once, and end.")
    ] = False,
    persons: Annotated[
        int | None,
        typer.Option(
            "--persons",
            min=300,
            help=f"Persons made; without it {PERSONS:,}, and with --check {CHECK_PERSONS:,}.",
        ),
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
        check_demo(folder, persons=persons or CHECK_PERSONS, port=port or 0, fresh=fresh)
    else:
        port = 8000 if port is None else port
        run_demo(folder, persons=persons or PERSONS, port=port, fresh=fresh)
