"""F32: with too little room a capture does not begin, and nothing half is left behind."""

from collections.abc import Callable

from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.pictures import small_picture
from tests.support.visit import START, begin, open_plot
from tests.torture.figures import report
from tests.torture.sizes import size

QUOTA_BYTES = 20_000_000


def set_quota(phone: Phone, quota_bytes: int | None) -> None:
    """Give the app's site so much room; None: as much as the disk has."""
    # Left open: what a session has overridden ends with it.
    wire = phone.context.new_cdp_session(phone.page)
    about = {"origin": phone.address} | ({} if quota_bytes is None else {"quotaSize": quota_bytes})
    wire.send("Storage.overrideQuotaForOrigin", about)


def whole(phone: Phone) -> bool:
    """Whether every photo on the phone is all there."""
    return all(photo["said"] == photo["is"] for photo in read_phone(phone.page)["photos"])


def test_no_capture_begins_without_room(new_phone: Callable[..., Phone]) -> None:
    """
    Room that runs out while the app is open, and room that was never there; with room again it does begin.

    Chromium's IndexedDB remembers for half a minute how much room there was, and takes what no longer fits: the app
    must not ask it.
    """
    phone = new_phone()
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    asked = refused = left_behind = began_again = 0
    for row in range(size("QUOTAS")):
        if row % 3 == 2:  # From the start of the app on.
            set_quota(phone, QUOTA_BYTES)
            phone.page.goto(f"{phone.address}/m/")
        open_plot(phone, row=row % 20)
        set_quota(phone, QUOTA_BYTES)
        phone.see("start-inspection").click()
        asked += 1
        expect(phone.see("space-short").or_(phone.see("walk-start"))).to_be_visible()
        refused += phone.see("space-short").count()
        expect(phone.see("space-short")).to_contain_text("手机空间不足，请先上传照片")
        left_behind += len(read_phone(phone.page)["captures"])
        set_quota(phone, None)
        if row == size("QUOTAS") - 1:
            phone.see("start-inspection").click()
            expect(phone.see("walk-start")).to_be_visible()
            began_again += 1
        else:
            phone.page.goto(f"{phone.address}/m/")
    report("F32", asked=asked, refused=refused, half_saved=left_behind, began_again=began_again)

    assert refused == asked
    assert left_behind == 0
    assert began_again == 1


def test_a_full_phone_keeps_whole_photos_or_none(new_phone: Callable[..., Phone]) -> None:
    """The room runs out in the middle of a capture: each photo is either all there or refused, and that is said."""
    phone = new_phone()
    phone.before = lambda started: set_quota(started, 27_000_000)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    begin(phone, row=3)
    phone.see("step-photos").click()
    kept = refused = 0
    shot = phone.see("shot-tree")
    while not refused and kept < 30:
        picture = small_picture(300 + kept, size_bytes=9_000_000)
        phone.see("shot-input-tree").set_input_files(
            {"name": picture.name, "mimeType": "image/jpeg", "buffer": picture.body}
        )
        expect(shot.locator("img").nth(kept).or_(shot.locator(".form-error"))).to_be_visible()
        refused += shot.locator(".form-error").count()
        kept = shot.locator("img").count()
    said = shot.locator(".form-error").filter(has_text="手机空间不足").count()
    report("F32 mid-capture", photos_kept=kept, refused=refused, half_saved=0 if whole(phone) else 1, said=said)

    assert refused == 1
    assert said == 1
    assert whole(phone)
    assert len(read_phone(phone.page)["photos"]) == kept


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
