"""Files that were uploaded: kept until they are imported, one after another, beside the service."""

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from re import fullmatch
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Any, BinaryIO
from uuid import uuid4

import structlog
from anyio import CapacityLimiter

from features.errors import KantelpuntError
from models.bundle import Bundle
from models.suggestion import Limits
from serving.assess import Kept, tell_nobody
from serving.intake_check import FileRefusedError, UploadsGoneError
from serving.intake_file import MAX_REJECTED, Intake, begin_import, import_rows
from serving.intake_reader import GONE
from serving.permissions import Action, Role, User, check_can, get_scope
from serving.rate_limit import TooManyError
from serving.store.engine import EVERY_FUND, Store, StoreGoneError
from serving.store.imports import (
    Import,
    ImportStatus,
    ImportTakenError,
    end_import,
    find_import,
    list_unfinished,
    save_import,
)
from serving.uploaded_file import EndedError, UnreadError, check_uploaded, read_uploaded

MOST_WAITING = 8
RETRY_SECONDS = 5.0
MOST_ENDED = 3  # readings of one file that something else ends, before it keeps others waiting
STRAY_SECONDS = 24 * 3600.0  # no file takes so long to come in
_STOP = ""
_SHARE = "max_rejected"
log = structlog.get_logger("kantelpunt")


class _StoppedError(KantelpuntError):
    """The service stops: the rest of an import follows when it starts again."""


@dataclass(frozen=True)
class Workplace:
    """What the imports of a service need."""

    store: Store
    bundle: Bundle
    limits: tuple[Limits, ...]
    clock: Callable[[], datetime]
    tell_kept: Kept = tell_nobody


class Uploads:
    """Takes files in and imports them in one thread; what was cut off goes on after a restart."""

    def __init__(
        self, folder: Path, most_bytes: int, work: Workplace, most_waiting: int = MOST_WAITING
    ) -> None:
        """Prepare a folder, which is made when the first file comes."""
        self.folder = folder
        self.most_bytes = most_bytes
        self._work = work
        # a file is looked at for as long as it takes: not by the threads that all others share,
        # and one at a time, for the memory
        self.turns = CapacityLimiter(1)
        self._room = BoundedSemaphore(most_waiting)
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._stopped = Event()
        self._ended: Counter[str] = Counter()
        self._lock = Lock()
        self._thread: Thread | None = None

    def use(self, bundle: Bundle) -> None:
        """Import the next file with this bundle; one that is being imported ends with its own."""
        self._work = replace(self._work, bundle=bundle)

    def take_room(self) -> None:
        """Keep a place for one more file; raises TooManyError when too many wait already."""
        if not self._room.acquire(blocking=False):
            raise TooManyError(60)

    def give_back_room(self) -> None:
        """Give back the place of a file that did not come, or is done."""
        self._room.release()

    def receive(self, source: BinaryIO) -> str:
        """Keep a file and return its number; raises FileRefusedError or UploadsGoneError."""
        number = uuid4().hex
        place = self.folder / number
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.mkdir(mode=0o700)
            part = place / "part"
            part.touch(mode=0o600)
            with part.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            suffix = check_uploaded(part, self.most_bytes, self._stopped)
            part.rename(place / f"cases{suffix}")
        except OSError as error:
            self._remove(number)
            raise UploadsGoneError(f"{self.folder} cannot be written ({error.strerror})") from None
        except (FileRefusedError, UnreadError):
            self._remove(number)
            raise
        return number

    def accept(
        self, number: str, user: User, now: datetime, max_rejected: float = MAX_REJECTED
    ) -> Import:
        """Note that a file came in, and have it imported; it keeps its place until it is done."""
        check_can(user, Action.UPLOAD_CASES)
        made = Import(number, "", self._work.bundle.version, get_scope(user), now, user.key)
        intake = self._build_intake(made)
        try:
            self._keep_share(number, max_rejected)
            with self._work.store.writing(intake.reach) as connection:
                received = intake.tell(import_id=number, step="received")
                save_import(connection, made, audit=received)
        except KantelpuntError:
            self._remove(number)
            raise
        self.start()
        self._queue.put(number)
        return made

    def _keep_share(self, number: str, max_rejected: float) -> None:
        """Keep beside the file what may be rejected of it, also for after a restart."""
        try:
            path = self.folder / number / _SHARE
            path.touch(mode=0o600)
            path.write_text(str(max_rejected), encoding="utf-8")
        except OSError as error:
            raise UploadsGoneError(f"{self.folder} cannot be written ({error.strerror})") from None

    def start(self) -> None:
        """Begin to work, with what an earlier run of the service left unfinished."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="imports", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Stop after the batch at hand."""
        self._stopped.set()
        self._queue.put(_STOP)
        if self._thread is not None:
            self._thread.join(timeout=60)

    def _run(self) -> None:
        for number in self._try(self._list_left) or []:
            self._try(partial(self._import, number))
        while not self._stopped.is_set():
            number = self._queue.get()
            if number != _STOP:
                self._try(partial(self._import, number))
                self.give_back_room()

    def _try(self, step: Callable[[], Any]) -> Any:
        """Return what a step gives; the thread must outlive any one file, and what is said of it.

        A file that could not even be noted as failed is tried again when the service starts.
        """
        try:
            return self._retry(step)
        except Exception as error:
            # only the class: the text of an error may repeat a value
            log.warning("import could not be ended", kind=type(error).__name__)
            return None

    def _retry(self, step: Callable[[], Any]) -> Any:
        """Return what a step gives, once more after an outage or a reading that was ended."""
        while not self._stopped.is_set():
            try:
                return step()
            except StoreGoneError:
                log.warning("import waits for the store")
                self._stopped.wait(RETRY_SECONDS)
            except EndedError:
                self._stopped.wait(RETRY_SECONDS)
            except _StoppedError:
                return None
        return None

    def _list_left(self) -> list[str]:
        """Return what waits here, and after a day also what nobody has the file of any more."""
        with self._work.store.reading(EVERY_FUND) as connection:
            left = list_unfinished(connection)
        if self.folder.is_dir():
            self._remove_strays([made.import_id for made in left])
        before = self._work.clock() - timedelta(seconds=STRAY_SECONDS)
        return [
            made.import_id
            for made in left
            if (self.folder / made.import_id).is_dir()
            or (made.status is ImportStatus.WAITING and made.began_at < before)
        ]

    def _remove_strays(self, left: Sequence[str]) -> None:
        """Remove what no import knows of: the service ended between taking a file and noting it.

        Not what came lately: another process may be about to note it.
        """
        before = self._work.clock().timestamp() - STRAY_SECONDS
        for place in self.folder.iterdir():
            is_ours = fullmatch("[0-9a-f]{32}", place.name) is not None
            if is_ours and place.name not in left and place.stat().st_mtime < before:
                self._remove(place.name)

    def _import(self, number: str) -> None:
        with self._work.store.reading(EVERY_FUND) as connection:
            made = find_import(connection, number)
        if made is not None and made.status in (ImportStatus.WAITING, ImportStatus.RUNNING):
            try:
                self._import_file(made)
            except (StoreGoneError, _StoppedError):
                raise
            except EndedError as error:
                self._ended[number] += 1
                if self._ended[number] < MOST_ENDED:
                    raise
                self._fail(made, error)
            except ImportTakenError:
                return  # another process of this service has it
            except Exception as error:
                self._fail(made, error)
        self._remove(number)

    def _import_file(self, made: Import) -> None:
        intake, place = self._build_intake(made), self.folder / made.import_id
        path = next(place.glob("cases.*"), None)
        if path is None:
            raise FileLostError("an uploaded file is gone")
        contract, most = intake.bundle.contract, self.most_bytes
        share = float((place / _SHARE).read_text(encoding="utf-8"))
        reading = read_uploaded(
            path, contract, max_rejected=share, most_bytes=most, stopped=self._stopped
        )
        try:
            with reading as arrival:
                told = (ImportStatus.RUNNING, arrival.fingerprint, intake.bundle.version)
                if (made.status, made.fingerprint, made.model_version) != told:
                    made = begin_import(made, arrival, intake)
                import_rows(arrival, made, intake, count=self._check_stopped)
        except UnreadError:
            self._check_stopped(0)
            raise

    def _build_intake(self, made: Import) -> Intake:
        work = self._work
        user = User(made.began_by, "", Role.FUND_SYSTEM)
        return Intake(
            work.store, work.bundle, work.limits, work.clock(), made.scope, user, work.tell_kept
        )

    def _check_stopped(self, _: int) -> None:
        if self._stopped.is_set():
            raise _StoppedError("the service stops")

    def _fail(self, made: Import, error: Exception) -> None:
        why = _explain(error)
        log.warning("import failed", import_id=made.import_id, kind=why.kind)
        intake = self._build_intake(made)
        told = intake.tell(import_id=made.import_id, step="failed", problem=why.problem["key"])
        with self._work.store.writing(intake.reach) as connection:
            end_import(
                connection,
                made.import_id,
                at=intake.now,
                problem=why.problem,
                rejects=why.rejects,
                audit=told,
            )

    def _remove(self, number: str) -> None:
        shutil.rmtree(self.folder / number, ignore_errors=True)


class FileLostError(KantelpuntError):
    """An uploaded file that is not there any more."""


def _explain(error: Exception) -> UnreadError:
    """Return why an import failed, for its user and for the log: of an error only the class."""
    if isinstance(error, UnreadError):
        return error
    keys: dict[type[Exception], str] = {FileLostError: "file-lost", OSError: GONE}
    key = next((key for kind, key in keys.items() if isinstance(error, kind)), "fault")
    return UnreadError({"key": key, "columns": []}, type(error).__name__)
