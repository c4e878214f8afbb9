"""F11, flipped bytes in stored photos: made at random places, then looked for."""

import random
from collections.abc import Sequence

from server.storage import PhotoStore
from tests.support.stores import damage


async def flip_bytes(photos: PhotoStore, hashes: Sequence[str], count: int, *, seed: int = 1) -> set[str]:
    """Flip one bit in each of `count` photos; return which."""
    chance = random.Random(seed)
    chosen = set(chance.sample(sorted(hashes), count))
    for sha256 in chosen:
        content = bytearray(await photos.read(sha256))
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        await damage(photos, sha256, bytes(content))
    return chosen
