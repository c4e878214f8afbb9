"""What the township sees: how the server judges what has arrived, and the desk's page about it."""

import time
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from server.demo.accounts import DEMO_PASSWORD

JUDGED_WITHIN_S = 60
DEVICE = "8d1f3f0c-6a0b-4c39-9d0c-3f0f0a6f7a11"


def bearer(address: str, name: str = "yanshou01") -> dict[str, str]:
    """Headers of somebody signed in."""
    said = {"name": name, "password": DEMO_PASSWORD, "device_id": DEVICE}
    return {"Authorization": f"Bearer {httpx.post(f'{address}/api/session', json=said).json()['token']}"}


def evaluated(address: str, submission_id: str) -> dict[str, Any]:
    """
    Read a submission as the interface gives it, once it has been judged.

    Raises:
        AssertionError: It was not judged in time.
    """
    give_up_at = time.monotonic() + JUDGED_WITHIN_S
    with httpx.Client(base_url=address, headers=bearer(address), timeout=20) as client:
        while time.monotonic() < give_up_at:
            status: dict[str, Any] = client.get(f"/api/submissions/{submission_id}").raise_for_status().json()
            if status["evaluation"] is not None:
                return status
            time.sleep(0.05)
    raise AssertionError("the submission was not evaluated")


def open_at_desk(page: Page, address: str, submission_id: str, *, name: str = "shenhe01") -> None:
    """Sign a reviewer in and open a submission."""
    page.goto(f"{address}/desk/")
    page.get_by_label("工号").fill(name)
    page.get_by_label("密码").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.locator(f'a[href="/desk/submissions/{submission_id}"]').click()


def decide(
    page: Page, decision: str, reason: str, *, presets: tuple[str, ...] = (), todo: tuple[str, ...] = ()
) -> None:
    """
    Decide about the submission that is open.

    Args:
        page: Of the desk.
        decision: `approved`, `returned` or `refused`.
        reason: In the reviewer's own words.
        presets: Reasons to tick.
        todo: Codes of what is to be done again.
    """
    page.locator(f'input[name="decision"][value="{decision}"]').check()
    for preset in presets:
        page.get_by_label(preset).check()
    for code in todo:
        page.locator(f'input[name="todo"][value="{code}"]').check()
    page.get_by_label("补充说明").fill(reason)
    page.get_by_role("button", name="提交审核结论").click()
    expect(page.locator(".notice[role=status]")).to_be_visible()
