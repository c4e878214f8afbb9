"""F32: with too little room a capture does not begin, and nothing half is left behind."""

from collections.abc import Callable

from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.pictures import small_picture
from tests.support.visit import START, begin, open_plot, signed_in_on
from tests.torture.figures import report
from tests.torture.phone.kept import KEEPS_HALF, half_saved
from tests.torture.sizes import size

QUOTA_BYTES = 20_000_000
# A browser that names a round figure instead of the room there is.
ROUND_FIGURE = "StorageManager.prototype.estimate = async () => ({ quota: 10_000_000_000, usage: 0 })"
# And one that says besides that it has written what it has no room for.
NEVER_FULL = f"{ROUND_FIGURE}; Cache.prototype.put = async () => undefined"


def set_quota(phone: Phone, quota_bytes: int | None) -> None:
    """Give the app's site so much room; None: as much as the disk has."""
    # Left open: what a session has overridden ends with it.
    wire = phone.context.new_cdp_session(phone.page)
    about = {"origin": phone.address} | ({} if quota_bytes is None else {"quotaSize": quota_bytes})
    wire.send("Storage.overrideQuotaForOrigin", about)


def try_to_begin(phone: Phone, times: int) -> dict[str, int]:
    """Ask for so many captures without room for them, the last again with room, and count what came of it."""
    counts = {"asked": 0, "refused": 0, "half_saved": 0, "began_again": 0}
    for row in range(times):
        if row % 3 == 2:  # From the start of the app on.
            set_quota(phone, QUOTA_BYTES)
            phone.page.goto(f"{phone.address}/m/")
        open_plot(phone, row=row % 20)
        set_quota(phone, QUOTA_BYTES)
        phone.see("start-inspection").click()
        counts["asked"] += 1
        expect(phone.see("space-short").or_(phone.see("walk-start"))).to_be_visible()
        refused = phone.see("space-short").filter(has_text="手机空间不足，请先上传照片").count()
        counts["refused"] += refused
        counts["half_saved"] += len(read_phone(phone.page)["captures"])
        set_quota(phone, None)
        if row < times - 1:
            phone.page.goto(f"{phone.address}/m/")
        elif refused:
            phone.see("start-inspection").click()
            expect(phone.see("walk-start")).to_be_visible()
            counts["began_again"] += 1
    return counts


def take_photos(phone: Phone, most: int, *, size_bytes: int) -> dict[str, int]:
    """Begin a capture and take photos until one is refused, or there are so many; count what is left of them."""
    begin(phone, row=3)
    phone.see("step-photos").click()
    kept = refused = 0
    shot = phone.see("shot-tree")
    while not refused and kept < most:
        picture = small_picture(300 + kept, size_bytes=size_bytes)
        phone.see("shot-input-tree").set_input_files(
            {"name": picture.name, "mimeType": "image/jpeg", "buffer": picture.body}
        )
        expect(shot.locator("img").nth(kept).or_(shot.locator(".form-error"))).to_be_visible()
        refused += shot.locator(".form-error").count()
        kept = shot.locator("img").count()
    said = shot.locator(".form-error").filter(has_text="手机空间不足").count()
    return {"photos_kept": kept, "refused": refused, "half_saved": half_saved(read_phone(phone.page)), "said": said}


def test_no_capture_begins_without_room(new_phone: Callable[..., Phone]) -> None:
    """
    Room that runs out while the app is open, and room that was never there; with room again it does begin.

    Chromium's IndexedDB remembers for half a minute how much room there was, and takes what no longer fits: the app
    must not ask it.
    """
    phone = new_phone()
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    counts = try_to_begin(phone, size("QUOTAS"))
    report("F32", **counts)

    assert counts["refused"] == counts["asked"] == size("QUOTAS")
    assert counts["half_saved"] == 0
    assert counts["began_again"] == 1


def test_a_round_figure_is_not_believed(new_phone: Callable[..., Phone]) -> None:
    """Some browsers name the same figure to all apps, for their privacy: what a capture needs is tried, not asked."""
    counts = try_to_begin(signed_in_on(new_phone(), ROUND_FIGURE), 1)
    report("F32 round figure", **counts)

    assert counts == {"asked": 1, "refused": 1, "half_saved": 0, "began_again": 1}


def test_a_browser_that_is_never_full_lets_a_capture_begin(new_phone: Callable[..., Phone]) -> None:
    """The control: asked and tried, the browser claims room it does not have; else the refusals would show nothing."""
    counts = try_to_begin(signed_in_on(new_phone(), NEVER_FULL), 1)
    report("F32 control", fault="room is claimed that is not there", **counts)

    assert counts["refused"] < counts["asked"]
    assert counts["half_saved"] > 0


def test_a_full_phone_keeps_whole_photos_or_none(new_phone: Callable[..., Phone]) -> None:
    """The room runs out in the middle of a capture: each photo is either all there or refused, and that is said."""
    phone = new_phone()
    phone.before = lambda started: set_quota(started, 27_000_000)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    counts = take_photos(phone, 30, size_bytes=9_000_000)
    report("F32 mid-capture", **counts)

    assert counts["refused"] == counts["said"] == 1
    assert counts["half_saved"] == 0
    assert len(read_phone(phone.page)["photos"]) == counts["photos_kept"]


def test_a_browser_that_keeps_half_of_a_photo_is_found_out(new_phone: Callable[..., Phone]) -> None:
    """The control: the photo is on the screen and read back whole, and half of it is stored; the count must see it."""
    phone = new_phone()
    phone.before = lambda started: started.context.add_init_script(KEEPS_HALF)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    counts = take_photos(phone, 1, size_bytes=100_000)
    report("F32 mid-capture control", fault="half of a photo is stored", **counts)

    assert counts["photos_kept"] == 1
    assert counts["half_saved"] > 0


def test_signing_in_on_a_full_phone_says_why_not(new_phone: Callable[..., Phone]) -> None:
    """The session finds no room: the button did not come back, and the inspector waited for a sign-in that was over."""
    phone = new_phone()
    phone.before = lambda started: set_quota(started, 1_000)
    phone.switch_on(at=START)
    phone.see("signin-name").fill("yanshou01")
    phone.see("signin-password").fill(DEMO_PASSWORD)
    phone.see("signin-submit").click()

    expect(phone.page.locator(".form-error")).to_contain_text("请检查手机空间")
    expect(phone.see("signin-submit")).to_have_text("登录")
