"""The desk without what a browser may lack: without scripts, and without a mouse."""

from playwright.sync_api import Browser, Page, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.browser import desk_context
from tests.support.live_server import LiveServer

LONGEST_WAY = 60


def test_without_a_script_everything_can_be_done(desk_browser: Browser, demo: LiveServer) -> None:
    """Old browsers and strict offices block scripts; a decision, a search and a proof need none."""
    context = desk_context(desk_browser, javascript=False)
    page = context.new_page()
    page.goto(f"{demo.url}/desk/")
    page.fill("#name", "shenhe01")
    page.fill("#password", DEMO_PASSWORD)
    page.click("main form button[type=submit]")

    page.select_option("#outcome", "in_doubt")
    page.click(".filters__button")
    page.locator(".table__open").first.click()
    page.check('input[name="decision"][value="approved"]', force=True)
    page.click("#decision-card button[type=submit]")
    expect(page.locator("#reason-error")).to_be_visible()
    page.fill("#reason", "现场看过，属实")
    page.click("#decision-card button[type=submit]")
    expect(page.locator(".notice--pass")).to_contain_text("已通过")

    page.goto(f"{demo.url}/archive/")
    page.select_option("#kind", "tree")
    page.click(".filters__button")
    page.locator(".thumbs__link").first.click()
    page.click('button[name="verify"]')
    expect(page.locator(".notice--pass")).to_contain_text("一致")
    page.click(".bar__button")
    expect(page.locator('a[href="/desk/login"]')).to_be_visible()
    context.close()


def test_with_the_keyboard_alone_a_submission_is_returned(desk_browser: Browser, demo: LiveServer) -> None:
    """Every step is reached by Tab, can be seen when it is, and does with Enter or Space what a click does."""
    context = desk_context(desk_browser)
    page = context.new_page()
    page.goto(f"{demo.url}/desk/login")
    _tab_to(page, "#name")
    page.keyboard.type("shenhe01")
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo.url}/desk/")

    page.keyboard.press("Tab")
    expect(page.locator(".govuk-skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, ".table__open")
    name = page.locator(".table__open").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(name)

    _tab_to(page, 'input[name="decision"]')
    page.keyboard.press("ArrowDown")
    expect(page.locator('input[value="returned"]')).to_be_checked()
    _tab_to(page, 'input[name="preset"]')
    page.keyboard.press("Space")
    _tab_to(page, "#decision-card button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator(".notice--doubt")).to_contain_text(name)
    context.close()


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the first such element has the focus; what has it is in sight, with a ring or a colour."""
    for _ in range(LONGEST_WAY):
        page.keyboard.press("Tab")
        # `:focus-visible` is what the ring is drawn for; an element outside the window or below a bar cannot be seen.
        # The button within a date's field is the browser's own, ring and all.
        seen = page.evaluate(
            """() => {
              const at = document.activeElement, box = at.getBoundingClientRect();
              const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
              const there = document.elementFromPoint(x, y);
              return (at.type === 'date' || at.matches(':focus-visible')) && there !== null &&
                (at.contains(there) || there.contains(at) || at.parentElement.contains(there));
            }"""
        )
        assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")
