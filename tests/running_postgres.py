"""A PostgreSQL server of our own for tests, on a free port of this machine."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Connection, create_engine, text

from tests.free_port import find_port
from tests.waiting import AGES, wait_until

# policies on rows do not hold for a superuser, so the service must not be one
ADMIN, USER = "admin", "kantelpunt"


@dataclass
class Postgres:
    """A PostgreSQL server of our own, on a free port of this machine."""

    port: int
    data: Path
    control: Callable[..., None]

    def stop(self) -> None:
        """Stop the server as a crash would: connections break."""
        self.control("-m", "immediate", "stop")

    def kill(self) -> None:
        """Kill every process of the server, without a chance to end anything."""
        note = self.data / "postmaster.pid"
        main = int(note.read_text().split()[0])
        started = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        processes = [main, *map(int, started)]
        for process in processes:
            os.kill(process, signal.SIGKILL)
        wait_until(lambda: not any(map(_runs, processes)))
        # where nobody buries the process, its number would look taken
        for left in (note, *self.data.parent.glob(".s.PGSQL.*")):
            left.unlink()

    def start(self) -> None:
        """Start the server, again on the same port."""
        self.control("start")

    def make_database(self, template: str = "template1") -> str:
        """Return the address of a new database."""
        name = f"t{secrets.token_hex(6)}"
        self.administer(f'create database "{name}" template "{template}" owner {USER}')
        return self.address(name)

    def administer(self, command: str) -> None:
        """Run one command as the superuser of the server."""
        with self._administering() as connection:
            connection.execute(text(command))

    def count_connections(self, name: str) -> int:
        """Return how many connections there are to a database."""
        query = text("select count(*) from pg_stat_activity where datname = :name")
        with self._administering() as connection:
            return int(connection.execute(query, {"name": name}).scalar_one())

    @contextmanager
    def _administering(self) -> Iterator[Connection]:
        admin = create_engine(self.address("postgres", ADMIN), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            yield connection
        admin.dispose()

    def address(self, name: str, user: str = "") -> str:
        """Return the address of a database of this server, for its ordinary user."""
        return f"postgresql+psycopg://{user or USER}@127.0.0.1:{self.port}/{name}"


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Start PostgreSQL from the system's binaries, as an ordinary user, and stop it afterwards."""
    folder = Path(mkdtemp(prefix="kantelpunt-postgres-"))
    port, data = find_port(), folder / "data"
    as_user = _lend_to_ordinary_user(folder)
    options = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    options += f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
    initdb = [find_binary("initdb"), "-D", str(data), "-U", ADMIN, "-A", "trust", "-E"]
    started = [find_binary("pg_ctl"), "-D", str(data), "-w", "-t", str(AGES)]
    started += ["-l", str(folder / "log")]

    def control(*words: str) -> None:
        _run([*as_user, *started, "-o", options, *words], folder)

    try:
        _run([*as_user, *initdb, "UTF8", "--locale=C", "--no-sync"], folder)
        server = Postgres(port, data, control)
        server.start()
        server.administer(f"create role {USER} login")
        try:
            yield server
        finally:
            with suppress(RuntimeError):  # it may be down already
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binary(name: str) -> str:
    """Return the path of a program of PostgreSQL."""
    found = shutil.which(name)
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found and not debian:
        raise RuntimeError(f"{name} is missing: install postgresql (make system does)")
    return str(debian[-1]) if debian else str(found)


def _lend_to_ordinary_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: give its folder to another user then."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    folder.chmod(0o700)
    return ["setpriv", "--reuid=nobody", "--clear-groups"]


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in ("Z", "X")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[-1]}: {done.stderr or done.stdout}")
