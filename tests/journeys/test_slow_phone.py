"""A tap that comes before the first frame of a screen has been drawn, as on a slow phone."""

from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone

TAP_AT_ONCE = """
new MutationObserver((_, watching) => {
  const row = document.querySelector('[data-testid=task-row]')
  if (!row) return
  watching.disconnect()
  row.click()
}).observe(document, { childList: true, subtree: true })
"""


def test_a_tap_before_the_first_frame_is_followed(phone: Phone) -> None:
    """Else the address has changed, the screen has not, and the same tap does nothing ever after."""
    phone.switch_on()
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.add_init_script(TAP_AT_ONCE)
    phone.page.reload()
    expect(phone.see("start-inspection")).to_be_visible()
