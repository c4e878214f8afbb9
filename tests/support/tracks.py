"""The recorded walk of the journeys: the demonstration's, so that what the tests walk can also be looked at."""

from server.demo.walks import Fix, walk_around

__all__ = ["Fix", "walk_around"]
