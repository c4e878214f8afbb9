"""
How large the parts of a photo are: pwa/src/outbox/part-size.ts in Python, held to tests/payloads/part-sizes.json as it.

A quarter of what the line carries between two breaks, and no more than goes out in ten seconds.
"""

import math

KIB = 1024
FIRST_PART_BYTES = 128 * KIB
LEAST_PART_BYTES = 8 * KIB
MOST_PART_BYTES = 4 * KIB * KIB

PARTS_BETWEEN_BREAKS = 4
LONGEST_MS = 10_000


class PartSize:
    """Of one phone, over all its photos."""

    def __init__(self) -> None:
        self._least: float = LEAST_PART_BYTES
        self._most: float = MOST_PART_BYTES
        self._ceiling = math.inf
        self._between_bytes: float = FIRST_PART_BYTES * PARTS_BETWEEN_BREAKS
        self._since_bytes = 0
        self._heard = True
        self._in_time_bytes = math.inf
        self._small = True

    @property
    def bytes(self) -> int:
        """Size of the next part."""
        share = max(self._between_bytes, self._since_bytes) / PARTS_BETWEEN_BREAKS
        most = min(self._most, self._ceiling)
        return math.floor(max(min(share, self._in_time_bytes, most), min(self._least, most)))

    def opening(self) -> int:
        """Size of the part that a run of parts begins with: in turn a whole one and a quarter."""
        self._small = not self._small
        return max(self.bytes // 4, 1) if self._small else self.bytes

    def limit(self, min_bytes: int | None, max_bytes: int | None) -> None:
        """The server is heard, and says what it allows; None where it says nothing."""
        self._heard = True
        self._most = min(MOST_PART_BYTES, max_bytes or MOST_PART_BYTES)
        self._least = max(LEAST_PART_BYTES, min_bytes or 0)

    def succeeded(self, count: int, took_ms: float) -> None:
        """So many bytes have become durable."""
        self._heard = True
        self._since_bytes += count
        in_time_bytes = count * LONGEST_MS / took_ms if took_ms > 0 else math.inf
        if took_ms > LONGEST_MS or in_time_bytes > self._in_time_bytes:
            self._in_time_bytes = in_time_bytes

    def failed(self) -> None:
        """A request broke off. Until the server is heard again that is one break, however many it ended."""
        if not self._heard:
            return
        self._heard = False
        carried_bytes = min(self._since_bytes, MOST_PART_BYTES * PARTS_BETWEEN_BREAKS)
        self._between_bytes = (self._between_bytes + carried_bytes) / 2
        self._since_bytes = 0

    def too_large(self, count: int) -> None:
        """So much at once is not let through."""
        self._ceiling = max(count / 2, LEAST_PART_BYTES)
