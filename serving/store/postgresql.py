"""A connection to PostgreSQL that lets go of a server that went silent."""

from typing import Any

from psycopg import Connection, OperationalError

from serving.store import patience


class PatientConnection(Connection[Any]):
    """A connection that waits as long as whoever asked does, and is closed after that."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Return what the server answers; raises OperationalError when it takes too long."""
        left = patience.find_seconds_left()
        if left is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, max(left, 0))
        except OperationalError:
            if patience.is_out():
                # what still comes would be taken for the answer to another question
                self.pgconn.finish()
            raise


def connect(_dialect: Any, _record: Any, words: Any, named: Any) -> PatientConnection:
    """Open such a connection, in the place of the one that SQLAlchemy would open."""
    return PatientConnection.connect(*words, **named)
