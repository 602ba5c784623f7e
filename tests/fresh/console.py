"""The console of a guest as a person has it: a terminal on the other end of a virtual serial line."""

import select
import socket
import time

import pyte

COLUMNS, ROWS = 80, 24


class Unanswered(Exception):
    """What was waited for did not come; the text says what was on the screen instead."""


class Console:
    """Types, and looks at what is drawn. `path` is the socket of QEMU's character device."""

    def __init__(self, path, log):
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._log = open(log, "wb")

    def close(self):
        self._socket.close()
        self._log.close()

    def type(self, text):
        self._socket.sendall(text.encode())

    def text(self):
        return "\n".join(line.rstrip() for line in self._screen.display)

    def until(self, what, holds, limit=60):
        """Reads until `holds(text of the screen)`; the text, or its value if that says more."""
        deadline = time.monotonic() + limit
        while not (found := holds(self.text())):
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unanswered(f"{what}: not within {limit} s; the screen shows:\n{self.text()}")
            if select.select([self._socket], [], [], left)[0]:
                data = self._socket.recv(65536)
                if not data:
                    raise Unanswered(f"{what}: the console was closed; the screen shows:\n{self.text()}")
                self._log.write(data)
                self._stream.feed(data)
        return found

    def see(self, *words, limit=60):
        """Reads until all these words are on the screen; its text."""
        return self.until(f"see {' and '.join(words)}", lambda text: all(w in text for w in words) and text, limit)
