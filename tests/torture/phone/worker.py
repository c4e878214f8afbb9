"""The service worker, woken by hand."""

from playwright.sync_api import CDPSession

from tests.support.phone import Phone


def wake(phone: Phone, wire: CDPSession) -> None:
    """Wake the worker of the site as the browser does when the network is back."""
    known: list[dict[str, str]] = []
    wire.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.extend(told["registrations"]))
    wire.send("ServiceWorker.enable")
    mine: list[dict[str, str]] = []
    for _ in range(50):
        mine = [each for each in known if each["scopeURL"].startswith(phone.address)]
        if mine:
            break
        phone.page.wait_for_timeout(100)
    wire.send(
        "ServiceWorker.dispatchSyncEvent",
        {
            "origin": phone.address,
            "registrationId": mine[0]["registrationId"],
            "tag": "yanshou-outbox",
            "lastChance": False,
        },
    )
