"""HTTP on one connection, where who sends without end, or does not go on, is hung up on."""

from asyncio import BaseTransport, Transport
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# for a whole head, for the next piece of a body, and for an answer to be read on: what an office
# or a phone with a bad line needs, and as nginx has it by and large
PATIENCE = 30.0
# browsers and proxies stop far earlier; a header is put together in memory, at a cost that is the
# square of its length
MOST_HEAD_BYTES = 64 * 1024
_TOO_LARGE = "The head of this request is too large."


class BoundedHttp(HttpToolsProtocol):
    """The HTTP of uvicorn, which itself waits for ever and takes a head of any size."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(cast("Transport", transport))
        self._undigested, self._was_stuck = 0, False
        self._until: float | None = self.loop.time() + PATIENCE
        self._look = self.loop.call_later(PATIENCE, self._check)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop to look."""
        self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a piece; hang up where one header, or all that belongs to no body, grows too large.

        What is past the head in the same piece is not counted, so it may be one piece more.
        """
        if self._until is None:
            self._until = self.loop.time() + PATIENCE
        self._undigested += len(data)
        super().data_received(data)
        if self._undigested > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Begin with a request."""
        self._go_on()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body; who was answered already has no more time for the rest of it."""
        if self.cycle.response_complete:
            self._undigested = 0
        else:
            self._go_on()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for nothing more: the next request may take a while to come."""
        self._until, self._undigested = None, 0
        super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing of who asks for a websocket: the answer is that of any request."""

    def _go_on(self) -> None:
        self._until, self._undigested = self.loop.time() + PATIENCE, 0

    def resume_writing(self) -> None:
        """Note that an answer is read on."""
        self._was_stuck = False
        super().resume_writing()

    def _check(self) -> None:
        """Hang up on who is late, or read nothing of an answer since the last look."""
        now = self.loop.time()
        if self._until is not None and self.flow.read_paused:
            self._until = now + PATIENCE  # it is we who do not read
        is_late = self._until is not None and now >= self._until
        is_stuck = self.flow.write_paused or self.transport.is_closing()
        if is_late or (is_stuck and self._was_stuck):
            self.transport.abort()
            return
        self._was_stuck = is_stuck
        self._look = self.loop.call_later(PATIENCE, self._check)
