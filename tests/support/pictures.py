"""Photos as a phone makes them: JPEGs of 12 megapixels and some megabytes, with EXIF, no two alike."""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 4000, 3000
EXIF_MAKE, EXIF_MODEL, EXIF_ORIENTATION, EXIF_DATE_TIME = 271, 272, 274, 306
EXIF_IFD, EXIF_DATE_TIME_ORIGINAL = 0x8769, 0x9003


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes given to the phone, and their hash."""

    name: str
    body: bytes

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal, as on the wire."""
        return hashlib.sha256(self.body).hexdigest()


@lru_cache(maxsize=16)
def phone_picture(number: int) -> Picture:
    """The n-th picture of a session: the same number gives the same bytes."""
    rng = np.random.default_rng(number)
    image = _orchard(rng, number).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
    # A drawing compresses to a few hundred kilobytes; a sensor's grain makes it weigh what a photo weighs.
    pixels = np.asarray(image)
    grain = rng.integers(0, 26, (HEIGHT, WIDTH, 1), dtype=np.uint8)
    image = Image.fromarray(np.where(pixels > 229, 255, pixels + grain).astype(np.uint8))
    exif = Image.Exif()
    exif[EXIF_MAKE], exif[EXIF_MODEL] = "Example", "Test phone 12 MP"
    exif[EXIF_DATE_TIME] = f"2026:05:20 09:{number % 60:02d}:07"
    exif.get_ifd(EXIF_IFD)[EXIF_DATE_TIME_ORIGINAL] = exif[EXIF_DATE_TIME]
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, exif=exif)
    return Picture(f"IMG_{20260520_000 + number}.jpg", out.getvalue())


def small_picture(number: int, size_bytes: int = 0) -> Picture:
    """A little valid JPEG, padded to about `size_bytes` where the weight matters more than the picture."""
    rng = np.random.default_rng(number)
    out = io.BytesIO()
    _orchard(rng, number).resize((320, 240)).save(out, "JPEG", quality=75)
    body = out.getvalue()
    # What follows the end marker is no part of the picture, and every decoder leaves it alone.
    return Picture(f"small-{number}.jpg", body + rng.bytes(max(0, size_bytes - len(body))))


def _orchard(rng: np.random.Generator, number: int) -> Image.Image:
    """Rows of trees running to the horizon."""
    image = Image.new("RGB", (1000, 750), (176, 205, 226))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 300), (330, 225), (620, 285), (1000, 235), (1000, 330), (0, 330)], fill=(112, 138, 120))
    draw.rectangle((0, 310, 1000, 750), fill=(134 + number * 7 % 40, 106, 74))
    for row in range(9):
        depth = (row + 1) / 9
        y, crown = 320 + 400 * depth**1.6, 12 + 62 * depth
        for column in range(-6, 7):
            x = 500 + column * (38 + 130 * depth) + float(rng.normal(0, 4 * depth))
            leaf = (int(rng.integers(38, 70)), int(rng.integers(92, 132)), int(rng.integers(36, 60)))
            draw.ellipse((x - crown / 2, y - crown, x + crown / 2, y), fill=leaf)
            for _fruit in range(int(3 * depth)):
                fx, fy = x + float(rng.normal(0, crown / 6)), y - crown / 2 + float(rng.normal(0, crown / 6))
                draw.ellipse((fx, fy, fx + 2 + 3 * depth, fy + 2 + 3 * depth), fill=(236, 150, 32))
    draw.text((20, 715), f"test picture {number}", fill=(255, 255, 255))
    return image
