"""Nothing is cut off or runs out of the page: narrow phones, large type, words two and a half times as long."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import make_landscape
from tests.support.browser import FLAGS, find_chromium
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.screens import before_leaving
from tests.support.tracks import walk_around

# Each word is followed by itself and a half, so that a text needs about the width of the longest language.
LENGTHEN = """
const lengthen = (word) => `${word} ${word} ${word.slice(0, Math.ceil(word.length / 2))}`;
const longer = (text) => text.replace(/[A-Za-z]{2,}/g, lengthen);
const long = ([id, text]) => [id, Array.isArray(text) ? text.map(longer) : longer(text)];
const messages = Object.fromEntries(Object.entries(plain).map(long));
export { messages, salt };
"""

# What runs out of the page, or out of its own box without a way to scroll there.
FAULTS = """() => {
  const wide = document.documentElement.clientWidth;
  const scrolls = (element) => {
    for (let at = element; at && at.id !== 'app'; at = at.parentElement) {
      const sideways = /auto|scroll/.test(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth;
      if (sideways) return !at.matches('.content');
    }
    return false;
  };
  const faults = [];
  for (const element of document.querySelectorAll('#app *')) {
    if (element.closest('.hidden, canvas, svg, video, dialog:not([open]), select')) continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || scrolls(element)) continue;
    const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    const name = `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}`;
    const where = `${name}: ${element.textContent.trim().slice(0, 40)}`;
    if (box.right > wide + 1 || box.left < -1) faults.push(`out of the page: ${where}`);
    const block = getComputedStyle(element).display !== 'inline';
    if (words && block && element.scrollWidth > element.clientWidth + 1) faults.push(`out of its box: ${where}`);
  }
  return [...new Set(faults)];
}"""

TOP_OF = "(name) => Math.round(document.querySelector(name).getBoundingClientRect().top)"
SIDES_OF = """(name) => [...document.querySelectorAll(name)].map(
  (each) => [each.getBoundingClientRect().width, each.getBoundingClientRect().height])"""


def _lengthen(route: Route) -> None:
    body = route.fetch().text()
    head, _, tail = body.rpartition("export{")
    names = {said: name for name, said in re.findall(r"(\w+) as (\w+)", tail)}
    assert set(names) == {"messages", "salt"}, "the English messages are no such module any more"
    route.fulfill(
        body=f"{head};const plain={names['messages']},salt={names['salt']};{LENGTHEN}", content_type="text/javascript"
    )


def _open(playwright: Playwright, server: LiveServer, profile: Path, *, width: int, locale: str) -> Phone:
    phone = Phone(playwright, profile, server.url, locale=locale)
    # Without a service worker, so that the messages can be changed on their way.
    context: BrowserContext = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=find_chromium(),
        args=list(FLAGS),
        locale=locale,
        timezone_id="Asia/Shanghai",
        permissions=["geolocation", "camera"],
        viewport={"width": width, "height": 800},
        has_touch=True,
        service_workers="block",
    )
    context.set_default_timeout(15_000)
    phone.context, phone.page = context, context.pages[0]
    return phone


def _screens(phone: Phone) -> Iterator[str]:
    """Every screen that needs no finished walk; nobody is signed in."""
    plot = make_landscape().plots[3]
    phone.stand(walk_around(plot.ring, seed=3)[0])
    phone.page.goto(f"{phone.address}/m/")
    expect(phone.see("signin-submit")).to_be_visible()
    yield "sign-in"
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    yield "tasks"
    phone.see("tab-plots").click()
    expect(phone.see("plot-row").first).to_be_visible()
    yield "plots"
    phone.page.goto(f"{phone.address}/m/#/plot/{plot.id}")
    expect(phone.see("start-inspection")).to_be_visible()
    yield "plot"
    phone.see("start-inspection").click()
    expect(phone.see("step-photos")).to_be_visible()
    for step in phone.page.locator('[data-testid^="step-"]').all():
        step.click()
        yield f"capture {step.get_attribute('data-testid')}"
    phone.page.goto(f"{phone.address}/m/#/outbox")
    expect(phone.see("tab-me")).to_be_visible()
    yield "outbox"
    phone.see("tab-me").click()
    yield "me"
    yield from before_leaving(phone)
    phone.see("reason").first.click()
    phone.see("keep-attempt").click()
    expect(phone.see("visits")).to_be_visible()
    yield "visits"


def _faults(page: Page, screen: str) -> list[str]:
    return [f"{screen}: {fault}" for fault in page.evaluate(FAULTS)]


@pytest.mark.parametrize(
    ("width", "type_size", "locale", "hand"),
    [
        (320, "100%", "zh-CN", "right"),
        (320, "100%", "en-GB", "left"),
        (360, "200%", "zh-CN", "left"),
        (360, "200%", "en-GB", "right"),
    ],
)
def test_everything_can_be_read_without_scrolling_sideways(
    playwright: Playwright, demo: LiveServer, tmp_path: Path, width: int, type_size: str, locale: str, hand: str
) -> None:
    """WCAG 1.4.4 and 1.4.10: the smallest phone there is, and type at twice its size; either hand."""
    phone = _open(playwright, demo, tmp_path / "phone", width=width, locale=locale)
    phone.context.add_init_script(
        f"addEventListener('DOMContentLoaded', () => {{ document.documentElement.style.fontSize = '{type_size}'; }})"
    )
    try:
        found = []
        for screen in _screens(phone):
            phone.page.evaluate(
                f"document.documentElement.classList.toggle('hand-left', {str(hand == 'left').lower()})"
            )
            found += _faults(phone.page, screen)
    finally:
        phone.switch_off()

    assert found == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_large_type_leaves_room_for_the_work_itself(
    playwright: Playwright, demo: LiveServer, tmp_path: Path, locale: str
) -> None:
    """Name and steps took two thirds of the first screen and stayed: now they end above its middle and scroll away."""
    phone = _open(playwright, demo, tmp_path / "phone", width=360, locale=locale)
    plot = make_landscape().plots[4]
    phone.stand(walk_around(plot.ring, seed=4)[0])
    try:
        phone.page.goto(f"{phone.address}/m/")
        phone.sign_in("yanshou01", DEMO_PASSWORD)
        phone.page.goto(f"{phone.address}/m/#/plot/{plot.id}")
        phone.see("start-inspection").click()
        phone.page.evaluate("document.documentElement.style.fontSize = '200%'")
        phone.see("step-photos").click()
        expect(phone.page.locator(".shots")).to_be_visible()
        begins = phone.page.evaluate(TOP_OF, "main")
        targets = phone.page.evaluate(SIDES_OF, ".step, .bar-back")
        phone.page.evaluate("document.querySelector('.screen').scrollTop = 2000")
        bar, verdict = [phone.page.evaluate(TOP_OF, name) for name in (".bar", ".verdict")]
        phone.see("step-confirm").evaluate("(step) => step.click()")
        current = phone.page.locator('.step[aria-current="step"]')
        expect(current).to_have_attribute("data-testid", "step-confirm")
        expect(current).to_be_in_viewport(ratio=0.98)
    finally:
        phone.switch_off()

    assert begins < 400
    assert min(min(sides) for sides in targets) >= 48
    assert bar < -1000 and verdict == 0


def test_words_two_and_a_half_times_as_long_still_fit(playwright: Playwright, demo: LiveServer, tmp_path: Path) -> None:
    """A pseudo-locale: whatever language comes next, the screens bear it."""
    phone = _open(playwright, demo, tmp_path / "phone", width=360, locale="en-GB")
    phone.context.route("**/m/assets/en-*.js", _lengthen)
    try:
        found, seen = [], ""
        for screen in _screens(phone):
            seen += phone.page.locator("#app").inner_text()
            found += _faults(phone.page, screen)
    finally:
        phone.switch_off()

    assert found == []
    assert "Sign Sign Si" in seen


def test_the_check_sees_what_is_cut_off(playwright: Playwright) -> None:
    """Else the tests above would pass on anything."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
    page = browser.new_page(viewport={"width": 320, "height": 600})
    page.set_content(
        '<div id="app"><p>fine</p><p style="width:400px">a wide line</p>'
        '<p style="width:40px;white-space:nowrap;overflow:hidden">cut off behind its box</p></div>'
    )
    found = page.evaluate(FAULTS)
    browser.close()

    assert [fault.split(": ")[0] for fault in found] == ["out of the page", "out of its box"]
