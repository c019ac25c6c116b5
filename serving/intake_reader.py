"""The short process that reads uploaded files: pandas and Arrow never enter the service.

`python -m serving.intake_reader` is asked by one line of JSON, answers one and ends. It knows no
store and no secret, takes no more memory and time than it is given, and leaves good cases, one per
line, and rejected rows in the folder that it is given.
"""

import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.contract import parse_contract
from serving.intake_check import FileRefusedError, check_file
from serving.intake_rows import number_cases, read_checked
from serving.own_process import give_way

ROWS, REJECTED = "rows.jsonl", "rejected.csv"
LISTED = ("rows-none", "rows-too-many-rejected")  # known once every rejected row was written
NO_ROOM, GONE = "reading-no-room", "uploads-gone"


def main() -> None:
    """Answer what is asked: the kind of a file, or how many cases it holds; or what is wrong."""
    give_way()
    asked = json.load(sys.stdin)
    _stay_within(asked["most_bytes"], asked["most_seconds"])
    answer: Mapping[str, Any]
    try:
        answer = _read(asked) if "contract" in asked else _check(asked)
    except Exception as error:  # told by its class alone: a text may repeat a value
        answer = {"problem": find_problem(error), "kind": type(error).__name__}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


def _stay_within(most_bytes: int, seconds: int) -> None:
    _limit(resource.RLIMIT_AS, most_bytes, most_bytes)
    # whoever waits ends it earlier: this is for when nobody does any more. At the second limit the
    # kernel kills without a word, as where it has no memory left
    _limit(resource.RLIMIT_CPU, seconds, seconds + 5)


def _limit(what: int, most: int, end: int) -> None:
    """Set a limit; a lower one of the machine stays, as nobody may raise that."""
    told = resource.getrlimit(what)[1]
    end = end if told == resource.RLIM_INFINITY else min(end, told)
    resource.setrlimit(what, (min(most, end), end))


def _check(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"suffix": check_file(Path(asked["path"]), asked["most_file_bytes"], by_name=False)}


def _read(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    path, contract = Path(asked["path"]), parse_contract(asked["contract"])
    share, into = asked["max_rejected"], Path(asked["into"])
    extract = read_checked(path, contract, max_rejected=share, rejected_to=into)
    rejected = {int(row) for row in extract.rejected["row"]}
    with (into / ROWS).open("w", encoding="utf-8") as opened:
        for row, case in number_cases(extract.cases, rejected, 0, contract):
            opened.write(json.dumps([row, *case.values()], default=str) + "\n")
    return {"total": len(extract.cases), "rejected": len(rejected)}


def find_problem(error: Exception) -> dict[str, Any]:
    """Return why a file cannot be read: the key of a text, and the columns that it names."""
    from features import table_errors as tables
    from features.rejects import ReportNotKeptError, TooManyRejectedError

    if isinstance(error, FileRefusedError):
        return {"key": error.key}
    keys: dict[type[Exception], str] = {
        TooManyRejectedError: "rows-too-many-rejected",
        tables.EmptyTableError: "rows-none",
        tables.MissingColumnError: "columns-missing",
        tables.UnknownColumnError: "columns-unknown",
        tables.PersonNumberColumnError: "columns-of-persons",
        tables.NoKnownColumnError: "columns-none",
        tables.UnreadableTableError: "rows-unreadable",
        MemoryError: NO_ROOM,
        OSError: GONE,
        ReportNotKeptError: GONE,
    }
    key = next((key for kind, key in keys.items() if isinstance(error, kind)), "fault")
    return {"key": key, "columns": list(getattr(error, "columns", []))}


if __name__ == "__main__":
    main()
