"""The commands for accounts: user add, list, close and password."""

import sys
from typing import Annotated

import typer

from serving.permissions import Role

NewPassword = Annotated[
    str | None,
    typer.Option(envvar="KANTELPUNT_NEW_PASSWORD", help="Asked for when not given."),
]
Key = Annotated[str, typer.Argument(help="Name of the account, as `user list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands for accounts to the command line."""
    user = typer.Typer(help="Accounts of users.", no_args_is_help=True)
    user.command("add")(add_user)
    user.command("list")(list_users)
    user.command("close")(close_user)
    user.command("password")(change_user_password)
    app.add_typer(user, name="user")


def add_user(
    name: Annotated[str, typer.Argument(help="Name to log on with: small letters and digits.")],
    role: Annotated[Role, typer.Option("--role", help="What the user is here for.")],
    password: NewPassword = None,
    fund: Annotated[str | None, typer.Option("--fund", help="Sickness fund of the user.")] = None,
    region: Annotated[str | None, typer.Option("--region", help="Only this region.")] = None,
    full_name: Annotated[str | None, typer.Option("--name", help="Name to show.")] = None,
) -> None:
    """Add an account; the password is asked for."""
    from serving.accounts import add_account, check_account
    from serving.deps import get_now
    from serving.settings import read_settings
    from serving.store.opening import open_store

    check_account(name, role, fund, region)  # before a password is asked for
    with open_store(read_settings().database_url) as store:
        made = add_account(
            store,
            name,
            password or _ask_password(),
            role,
            sickness_fund=fund,
            region=region,
            full_name=full_name,
            now=get_now(),
        )
    typer.echo(f"added {made.key} as {made.role}")


def list_users() -> None:
    """List the accounts: name, role, fund, region, open or closed, from where, last seen."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from serving.settings import read_settings
    from serving.store.opening import open_store
    from serving.store.users import list_accounts

    table = Table("name", "shown as", "role", "fund", "region", "state", "from", "last log-on")
    with open_store(read_settings().database_url) as store, store.reading() as connection:
        for account in list_accounts(connection):
            user, seen = account.user, account.last_seen_at
            table.add_row(
                *(user.key, escape(user.name), user.role),
                *(escape(user.sickness_fund or ""), escape(user.region or "")),
                "open" if account.active else "closed",
                "identity provider" if account.issuer else "here",
                f"{seen:%Y-%m-%d %H:%M}" if seen else "",
            )
    table.columns[0].no_wrap = True
    # in a file or a pipe every line is whole
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def close_user(name: Key) -> None:
    """Close an account; its sessions end at once."""
    from serving.accounts import end_account
    from serving.deps import get_now
    from serving.settings import read_settings
    from serving.store.opening import open_store

    with open_store(read_settings().database_url) as store:
        end_account(store, name, now=get_now())
    typer.echo(f"closed {name}")


def change_user_password(name: Key, password: NewPassword = None) -> None:
    """Give a local account another password; its sessions end at once."""
    from serving.accounts import set_password
    from serving.deps import get_now
    from serving.settings import read_settings
    from serving.store.opening import open_store

    with open_store(read_settings().database_url) as store:
        set_password(store, name, password or _ask_password(), now=get_now())
    typer.echo(f"changed the password of {name}")


def _ask_password() -> str:
    """Return a password that was typed twice; asked only once the store is known to be there."""
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed
