import asyncio
import errno
import io
from pathlib import Path

import pytest
from PIL import Image

from server.renditions import NotAPicture, derive, ensure, read_exif, render, rendition_path

SHA = "ab" * 32


def jpeg(size=(2400, 1800), colour="green", **options) -> bytes:
    image = Image.new("RGB", size, colour)
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def exif_of(orientation=1, **gps) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Honor", "X6", orientation
    exif.get_ifd(0x8769)[0x9003] = "2026:03:02 09:15:00"
    exif.get_ifd(0x8769)[0x9011] = "+08:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 13.0, 27.0), 3: "E", 4: (109.0, 23.0, 51.0)})
    return exif


class Store:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def read(self, sha256: str) -> bytes:
        return (self.folder / sha256).read_bytes()


@pytest.fixture
def put(tmp_path):
    def _put(data: bytes) -> bytes:
        (tmp_path / SHA).write_bytes(data)
        return data

    return _put


@pytest.mark.parametrize(("size", "expected"), [(1600, (1600, 1200)), (320, (320, 240))])
def test_a_copy_keeps_its_proportions(put, tmp_path, size, expected):
    """The longer side decides; a stretched tree tells nothing."""
    target = tmp_path / "new" / "copy.jpg"

    render(put(jpeg()), size, target)

    with Image.open(target) as copy:
        assert (copy.format, copy.size) == ("JPEG", expected)


def test_a_small_photo_is_not_blown_up(put, tmp_path):
    """Invented pixels would look like evidence."""
    target = tmp_path / "copy.jpg"

    render(put(jpeg((200, 100))), 320, target)

    assert Image.open(target).size == (200, 100)


def test_a_photo_held_sideways_is_shown_upright(put, tmp_path):
    """Phones store the sensor's picture and a note how to turn it; the copy carries no note, so it is turned."""
    target = tmp_path / "copy.jpg"

    render(put(jpeg((2400, 1800), exif=exif_of(orientation=6))), 320, target)

    with Image.open(target) as copy:
        assert copy.size == (240, 320)
        # Turned a quarter clockwise, the red corner moves from top left to top right.
        red, green, _blue = copy.getpixel((230, 10))
        assert (red > 200, green < 80) == (True, True)


def test_a_copy_says_nothing_about_place_or_device(put, tmp_path):
    """A shared copy must not tell where a household lives."""
    target = tmp_path / "copy.jpg"

    render(put(jpeg(exif=exif_of(), comment=b"secret", icc_profile=b"not a profile")), 1600, target)

    data = target.read_bytes()
    assert not any(word in data for word in (b"Exif", b"Honor", b"secret", b"not a profile", b"ICC_PROFILE"))
    assert read_exif(target) == {}


def test_a_wide_colour_profile_is_turned_into_plain_colours(put, tmp_path):
    """The profile is metadata too; dropping it without computing would change the colours."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    target = tmp_path / "copy.jpg"

    render(put(jpeg(icc_profile=profile)), 320, target)

    with Image.open(target) as copy:
        assert "icc_profile" not in copy.info
        assert copy.getpixel((300, 200))[1] > 100


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_transparent_pictures_lie_on_white(put, tmp_path, form):
    """JPEG knows no transparency; black would look like a broken photo."""
    file = io.BytesIO()
    Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(file, form)
    target = tmp_path / "copy.jpg"

    render(put(file.getvalue()), 320, target)

    assert min(Image.open(target).getpixel((5, 5))) > 250


@pytest.mark.parametrize(
    "data",
    [b"", b"not a picture at all", jpeg()[:20000], jpeg()[:300], b"GIF89a" + bytes(50), b"%PDF-1.7\n"],
    ids=["empty", "text", "cut short", "cut in the header", "gif", "pdf"],
)
def test_bytes_that_are_no_picture_are_refused_with_a_reason(put, tmp_path, data):
    """Such bytes stay in the archive as they are; the page says why there is no picture."""
    target = tmp_path / "copies" / "copy.jpg"

    with pytest.raises(NotAPicture) as refused:
        render(put(data), 320, target)

    assert refused.value.reason
    assert not target.exists()


def test_a_huge_picture_is_refused_before_it_is_decoded(put, tmp_path):
    """A few kilobytes can unfold to gigabytes of memory."""
    file = io.BytesIO()
    Image.new("1", (9000, 7000)).save(file, "PNG")

    with pytest.raises(NotAPicture, match="pixels"):
        render(put(file.getvalue()), 320, tmp_path / "copy.jpg")


def test_a_failed_copy_leaves_nothing_behind(put, tmp_path, monkeypatch):
    """A half-written file under the final name would be served for ever."""
    target = tmp_path / "copies" / "copy.jpg"
    source = put(jpeg())

    def full(*_args, **_options):
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", full)

    with pytest.raises(OSError, match="disk full"):
        render(source, 320, target)

    assert list(target.parent.iterdir()) == []


async def test_every_size_is_made_at_once_and_found_again(put, tmp_path):
    """One decoding serves both; the second look costs no work."""
    put(jpeg())
    folder = tmp_path / "renditions"

    await asyncio.gather(*(derive(SHA, Store(tmp_path), folder) for _ in range(4)))
    copy = await ensure(SHA, 320, Store(tmp_path), folder)

    assert copy == rendition_path(folder, SHA, 320).read_bytes()
    assert sorted(Image.open(file).size for file in (folder / "ab").iterdir()) == [(320, 240), (1600, 1200)]


async def test_a_copy_that_cannot_be_read_is_made_anew(put, tmp_path, monkeypatch):
    """A bad sector under a copy is nothing to trouble anybody with: the original is there."""
    put(jpeg())
    folder, whole = tmp_path / "renditions", await ensure(SHA, 320, Store(tmp_path), tmp_path / "renditions")
    path, read, faults = rendition_path(folder, SHA, 320), Path.read_bytes, [OSError(errno.EIO, "sector 7")]

    def failing(self: Path) -> bytes:
        if self == path and faults:
            raise faults.pop()
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", failing)

    assert await ensure(SHA, 320, Store(tmp_path), folder) == whole
    assert not faults


def test_what_a_photo_says_about_itself_is_read(put):
    """Shown beside our own record, so that a difference meets the eye."""
    found = read_exif(put(jpeg(exif=exif_of())))

    assert found["camera"] == "Honor X6"
    assert found["taken_at"].isoformat() == "2026-03-02T09:15:00+08:00"
    assert (found["lon"], found["lat"]) == pytest.approx((109.3975, 25.2241667))


@pytest.mark.parametrize("data", [b"", b"text", jpeg(), jpeg()[:400]], ids=["empty", "text", "no exif", "cut"])
def test_a_photo_without_readable_metadata_says_nothing(put, data):
    """Absent metadata is normal; it is never an error."""
    assert read_exif(put(data)) == {}
