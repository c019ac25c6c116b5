"""What can be wrong with a table as a whole: each error says what to do about it."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path

from features.errors import KantelpuntError
from features.fields import NAME_PATTERN, NEVER_AN_INPUT


class TableError(KantelpuntError):
    """A table that cannot be used at all."""


class FolderError(TableError):
    """There is no folder with tables at the place that was given."""

    def __init__(self, folder: Path) -> None:
        """Tell a file from nothing at all."""
        found = "is a file" if folder.is_file() else "does not exist"
        super().__init__(
            f"{folder} {found}: give the folder that holds the tables, such as cases.csv"
        )


class MissingTableError(TableError):
    """A table that is needed is not in the folder."""

    def __init__(self, table: str, folder: Path, found: Sequence[str]) -> None:
        """Name the files that would do and, where one comes near, that one."""
        near = get_close_matches(f"{table}.csv", found, n=1, cutoff=0.6)
        hint = f"; is {near[0]} meant?" if near else ""
        there = ", ".join(sorted(found)[:20]) or "no files at all"
        super().__init__(
            f"{folder} needs {table}.csv or {table}.parquet and holds {there}{hint}: "
            f"add the table, or rename its file"
        )


class AmbiguousTableError(TableError):
    """A table is there twice, so that nobody can tell which one counts."""

    def __init__(self, table: str, files: Sequence[str], folder: Path) -> None:
        """Name both files."""
        super().__init__(
            f"{folder} holds {table} as {' and '.join(sorted(files))}: keep one of them"
        )


class EmptyTableError(TableError):
    """A table without a header, or without the rows that the work needs."""


class UnreadableTableError(TableError):
    """A file that is no readable CSV or Parquet table."""

    def __init__(self, path: Path, fault: str, remedy: str) -> None:
        """Say what is wrong with the file as a whole, and how to make one that can be read."""
        super().__init__(f"{path} cannot be read: {fault}: {remedy}")


class NoKnownColumnError(UnreadableTableError):
    """A table without a line of column names, or with the names of something else."""

    def __init__(self, path: Path, names: str = "column names") -> None:
        """Show none of what was found: it may be the values of a first row."""
        fault = "none of its columns has a name that we know"
        super().__init__(path, fault, f"begin it with a line of {names}")


class MissingColumnError(TableError):
    """A table lacks columns that it must have."""

    def __init__(self, path: Path, missing: Sequence[str], found: Collection[str]) -> None:
        """Name the columns and, where a present one comes near, that one."""
        self.columns = list(missing)
        shown = [_add_hint(name, _name_like(found)) for name in missing]
        super().__init__(
            f"{path} lacks {_count(missing, 'column')}: {', '.join(shown)}. "
            "Add them (cells may stay empty where the contract allows it), "
            "or give the contract that belongs to this table"
        )


class UnknownColumnError(TableError):
    """A table has columns that the contract does not know."""

    def __init__(self, path: Path, unknown: Sequence[str], known: Collection[str]) -> None:
        """Name the columns, as far as their names cannot be personal themselves."""
        plain = _name_like(unknown)
        self.columns = plain[:_MOST_SHOWN]
        shown = [_explain(name, known) for name in plain[:_MOST_SHOWN]]
        if plain[_MOST_SHOWN:]:
            shown.append(f"and {len(plain) - _MOST_SHOWN} more")
        hidden = len(unknown) - len(plain)
        if hidden:
            shown.append(f"{hidden} whose name is empty or no plain name")
        super().__init__(
            f"{path} has {_count(unknown, 'unknown column')}: {', '.join(shown)}. "
            "Remove them, declare them as [[fields]] in a contract.toml beside the tables, "
            "or give the contract or model that belongs to this table"
        )


class PersonNumberColumnError(TableError):
    """A table brings the number of a person, which may not enter."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        """Name the columns."""
        super().__init__(
            f"{path} has {_count(names, 'column')} for the number of a person "
            f"({', '.join(names)}), which may never enter: remove them from the file, "
            "and use a pseudonym as person_key"
        )


_MOST_SHOWN = 10


def _count(names: Sequence[str], what: str) -> str:
    return f"{len(names)} {what}" + ("" if len(names) == 1 else "s")


def _name_like(names: Collection[str]) -> list[str]:
    return [name for name in names if NAME_PATTERN.fullmatch(name)]


def _add_hint(name: str, others: Collection[str]) -> str:
    near = get_close_matches(name, others, n=1, cutoff=0.75)
    return f"{name} (is {near[0]} meant?)" if near else name


def _explain(name: str, known: Collection[str]) -> str:
    if name in NEVER_AN_INPUT:
        return f"{name} (never an input: keep it in the groups table)"
    if name == "absent_days":
        return f"{name} (is counted from the dates of the case)"
    return _add_hint(name, known)
