r"""What a command writes, kept as it comes: in bounded memory, and watched for a line that matches.

>>> import re
>>> capture = Capture(re.compile("^Ready"))
>>> capture.feed(b"Starting\nRea"), capture.feed(b"dy.\nStopping\n")
(False, True)
>>> capture.text()
'Starting\nReady.\n'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from preuve.play.terminal import plain

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

LONGEST: Final = 1_000_000
"""Bytes of output that are kept whole; of more, this much is kept of its two ends, in whole lines."""


class Capture:
    """The output of one command.

    Args:
        until: take nothing more after the first line that matches.
        veil: leaves out of what was written what is nobody's business.
    """

    def __init__(self, until: re.Pattern[str] | None = None, veil: Callable[[str], str] = str) -> None:
        self.until = until
        self._veil = veil
        self.matched = False
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0
        self._line = b""

    def feed(self, data: bytes) -> bool:
        """Take what came, as the bytes that came; say whether a line has matched."""
        if self.until is None:
            self._keep(data)
        elif not self.matched:
            *lines, self._line = (self._line + data).split(b"\n")
            for line in lines:
                self._keep(line + b"\n")
                if self._match(line):
                    self._line = b""
                    break
            if len(self._line) > LONGEST:  # no one waits for a line as long as that
                self._keep(self._line)
                self._line = b""
        return self.matched

    def end(self) -> bool:
        """Take a last line that has no end as one that does; say whether a line has matched."""
        if self._line:
            self._keep(self._line)
            self._match(self._line)
            self._line = b""
        return self.matched

    def text(self) -> str:
        """Give what a terminal would show of it."""
        tail = bytes(self._tail)
        if self._size > LONGEST:
            head = self._head[: self._head.rfind(b"\n") + 1] or self._head
            tail = tail[-LONGEST // 2 :]
            tail = tail[tail.find(b"\n") + 1 :] or tail
            left_out = f"[… {(self._size - len(head) - len(tail)) / 1e6:.1f} MB …]\n"
            shown = self._plain(head).removesuffix("\n")
            return f"{shown}\n{left_out}{self._plain(tail)}"
        return self._plain(self._head + tail)

    def _match(self, line: bytes) -> bool:
        self.matched = self.until is not None and bool(self.until.search(self._plain(line)))
        return self.matched

    def _plain(self, data: bytes | bytearray) -> str:
        return plain(self._veil(data.decode(errors="replace")))

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        room = LONGEST // 2 - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * LONGEST:
            del self._tail[: -LONGEST // 2]
