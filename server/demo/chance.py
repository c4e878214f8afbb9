"""Chance and identity that repeat: the same seed gives the same demonstration, down to the last UUID."""

import random
from uuid import NAMESPACE_URL, UUID, uuid5


def chance(seed: int, *names: object) -> random.Random:
    """
    Start a stream of its own for one part of the demonstration.

    Parts that draw from separate streams do not move when another part changes.
    """
    # Repeatable is what a demonstration needs; nothing secret is drawn from it.
    return random.Random("/".join(map(str, (seed, *names))))  # noqa: S311


def identity(seed: int, *names: object) -> UUID:
    """Name a thing of the demonstration, the same at every run with this seed."""
    return uuid5(NAMESPACE_URL, "/".join(map(str, ("yanshou-demo", seed, *names))))
