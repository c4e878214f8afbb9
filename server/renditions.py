"""
Pictures made from a photo's bytes: a large one to look at, a small one for lists.

The original is evidence and is never touched; what is shown is always a copy made here, without any metadata of the
original (place, device, comment). Copies can be made again at any time, so they are not synced to disk.
"""

import asyncio
import contextlib
import io
import os
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol
from weakref import WeakKeyDictionary

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

Size = Literal[320, 1600]
SIZES: tuple[Size, ...] = (1600, 320)
MAX_PIXELS = 60_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY: dict[Size, int] = {320: 78, 1600: 82}
# Decoding a 12-megapixel photo keeps one core busy; two at a time leave the pages their share of a small machine.
_POOL_SIZE = 2
_POOL = ThreadPoolExecutor(max_workers=_POOL_SIZE, thread_name_prefix="rendition")
_SRGB = ImageCms.createProfile("sRGB")


# Originals in memory at a time: a page of small pictures must not read a whole page of photos at once.
_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class Originals(Protocol):
    """Where originals are read: server.actions.read_original.WholeOriginals."""

    async def read(self, sha256: str) -> bytes:
        """Return the original's bytes."""


class NotAPicture(Exception):
    """No picture can be made of these bytes; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def rendition_path(folder: Path, sha256: str, size: Size) -> Path:
    """Where the copy of one size lies below the folder of all copies."""
    return folder / sha256[:2] / f"{sha256}-{size}.jpg"


def render(original: bytes, size: Size, target: Path) -> None:
    """
    Write a JPEG copy whose longer side is at most `size` pixels.

    The copy appears under its name all at once: a reader sees the whole file or none.

    Raises:
        NotAPicture: Unknown format, damaged or cut short, or more than 60 million pixels.
        OSError: The disk refuses.
    """
    _save(_shrunk(original, size), size, target)


async def derive(sha256: str, photos: Originals, folder: Path) -> None:
    """
    Make every size of one photo, two photos at a time in the whole process.

    Raises:
        NotAPicture: As `render`.
        PhotoLost: As the originals say.
    """
    loop = asyncio.get_running_loop()
    async with _TURNS.setdefault(loop, asyncio.Semaphore(_POOL_SIZE)):
        original = await photos.read(sha256)
        await loop.run_in_executor(_POOL, _derive, original, sha256, folder)


def _derive(original: bytes, sha256: str, folder: Path) -> None:
    picture = None
    for size in SIZES:
        # The original is decoded once; the smaller sizes come from the larger copy.
        picture = _shrunk(original, size) if picture is None else _thumbnail(picture, size)
        _save(picture, size, rendition_path(folder, sha256, size))


async def ensure(sha256: str, size: Size, photos: Originals, folder: Path) -> bytes:
    """
    Return one copy, making all of them when it is missing.

    Raises:
        NotAPicture, PhotoLost: As `derive`.
    """
    target = rendition_path(folder, sha256, size)
    try:
        return await asyncio.to_thread(target.read_bytes)
    except OSError:  # Not made yet; or it cannot be read any more, and a new one takes its place.
        await derive(sha256, photos, folder)
    return await asyncio.to_thread(target.read_bytes)


def _shrunk(original: bytes, size: Size) -> Image.Image:
    with warnings.catch_warnings(), _refusals():
        # Pillow only warns in a range of sizes; our own limit lies below it.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(original), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise NotAPicture(f"{width} × {height} pixels are more than {MAX_PIXELS}")
            scale = size / max(width, height)
            if scale < 1:
                # Both sides in proportion: a square box asks for `size` on the short side too, and nothing is gained.
                image.draft("RGB", (round(width * scale), round(height * scale)))
            profile = image.info.get("icc_profile")
            picture = _thumbnail(image, size)
            # After shrinking, when turning is cheap.
            return _flat(ImageOps.exif_transpose(picture), profile)


def _thumbnail(image: Image.Image, size: Size) -> Image.Image:
    picture = image.copy() if max(image.size) <= size else image
    picture.load()
    picture.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=None)
    return picture


def _flat(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Plain sRGB on white, with nothing attached."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        picture = Image.new("RGB", layered.size, "white")
        picture.paste(layered, mask=layered.getchannel("A"))
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        # A damaged profile costs true colour, not the picture.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            picture = ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB") or picture
    picture = picture.convert("RGB")
    # Pillow writes the comment it finds here into the new file.
    picture.info.clear()
    return picture


def _save(picture: Image.Image, size: Size, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-", suffix=".jpg")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            picture.save(file, "JPEG", quality=_QUALITY[size], optimize=True, progressive=True)
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _refusals() -> Any:
    try:
        yield
    except UnidentifiedImageError as error:
        raise NotAPicture("not a JPEG, PNG or WebP picture") from error
    except Image.DecompressionBombError as error:
        raise NotAPicture(f"more than {MAX_PIXELS} pixels") from error
    # Pillow tells of damaged bytes in all of these ways.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, MemoryError) as error:
        raise NotAPicture(f"damaged: {error}") from error


def read_exif(original: bytes) -> dict[str, Any]:
    """
    Read what a photo says about itself: a hint for people, never proof.

    Returns:
        Any of `camera` and `software` (text), `taken_at` (datetime, with a zone only if the photo names one), `lon`
        and `lat` (degrees, WGS 84 as the camera claims). Empty when there is nothing or nothing readable.
    """
    try:
        with Image.open(io.BytesIO(original), formats=_FORMATS) as image:
            exif = image.getexif()
            details = exif.get_ifd(ExifTags.IFD.Exif)
            gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # Metadata of strangers: whatever is wrong with it, there is simply nothing to tell.
        return {}
    found = {
        "camera": " ".join(filter(None, (_text(exif.get(0x010F)), _text(exif.get(0x0110))))),
        "software": _text(exif.get(0x0131)),
        "taken_at": _taken_at(_text(details.get(0x9003)), _text(details.get(0x9011))),
        "lon": _degrees(gps.get(4), _text(gps.get(3)), "W", 180),
        "lat": _degrees(gps.get(2), _text(gps.get(1)), "S", 90),
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return "".join(sign for sign in value if sign.isprintable()).strip()[:100] if isinstance(value, str) else ""


def _taken_at(stamp: str, offset: str) -> datetime | None:
    for text, form in ((stamp + offset, "%Y:%m:%d %H:%M:%S%z"), (stamp, "%Y:%m:%d %H:%M:%S")):
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form)  # noqa: DTZ007 - most cameras name no zone; none is made up.
    return None


def _degrees(value: Any, sign: str, negative: str, limit: int) -> float | None:
    with contextlib.suppress(TypeError, ValueError, ZeroDivisionError):
        degrees, minutes, seconds = (float(part) for part in value)
        total = degrees + minutes / 60 + seconds / 3600
        if 0 <= total <= limit:
            return round(-total if sign.upper() == negative else total, 7)
    return None
