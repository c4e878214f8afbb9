"""What a phone holds, read (and, to prove that the checks bite, damaged) from outside the app: in its own database."""

import base64
from typing import Any

from playwright.sync_api import Page

_OPEN = """
const answer = (asked) => new Promise((done, fail) => {
  asked.onsuccess = () => done(asked.result)
  asked.onerror = () => fail(asked.error)
})
const hex = async (bytes) => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
  .map((byte) => byte.toString(16).padStart(2, '0')).join('')
const account = async () => {
  const found = (await indexedDB.databases()).find(({ name }) => name.startsWith('yanshou-account-'))
  return found ? answer(indexedDB.open(found.name)) : null
}
"""

_READ = (
    "async () => {"
    + _OPEN
    + """
  const db = await account()
  if (!db) return null
  const all = (store) => answer(db.transaction(store).objectStore(store).getAll())
  const bytes = await all('photo_bytes')
  const kept = new Map(await Promise.all(bytes.map(async (row) => [row.photo_id, await hex(row.bytes)])))
  const seen = {
    captures: await all('captures'),
    fixes: (await all('fixes')).filter((fix) => !fix.undone).length,
    photos: (await all('photos')).map(({ id, sha256 }) => ({ id, said: sha256, is: kept.get(id) ?? null })),
    outbox: (await all('outbox')).map(({ submission_id, state, receipt, photos }) =>
      ({ submission_id, state, receipt, photos: photos.map((photo) => photo.sha256) })),
  }
  db.close()
  return seen
}"""
)

_PHOTOS = (
    "async () => {"
    + _OPEN
    + """
  const db = await account()
  const photos = await answer(db.transaction('photos').objectStore('photos').getAll())
  db.close()
  return photos
}"""
)

_BYTES = (
    "async () => {"
    + _OPEN
    + """
  const db = await account()
  const rows = await answer(db.transaction('photo_bytes').objectStore('photo_bytes').getAll())
  db.close()
  const text = (bytes) => new Promise((done) => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result.split(',')[1])
    reader.readAsDataURL(new Blob([bytes]))
  })
  return Object.fromEntries(await Promise.all(rows.map(async ({ photo_id, bytes }) => [photo_id, await text(bytes)])))
}"""
)

_DAMAGE = (
    "async () => {"
    + _OPEN
    + """
  const db = await account()
  const store = db.transaction('photo_bytes', 'readwrite').objectStore('photo_bytes')
  const [row] = await answer(store.getAll())
  new Uint8Array(row.bytes)[Math.floor(row.bytes.byteLength / 2)] ^= 1
  await answer(store.put(row))
  db.close()
  return row.photo_id
}"""
)

_DELETE = (
    "async (store) => {"
    + _OPEN
    + """
  const db = await account()
  const objects = db.transaction(store, 'readwrite').objectStore(store)
  const [key] = await answer(objects.getAllKeys())
  await answer(objects.delete(key))
  db.close()
}"""
)


def read_phone(page: Page) -> dict[str, Any]:
    """Return captures, count of fixes, photos (`said` and `is`: digest promised and found), outbox; of one account."""
    found: Any = page.evaluate(_READ)
    assert isinstance(found, dict)
    return found


def read_photos(page: Page) -> list[dict[str, Any]]:
    """Return what is said of each photo, as it will stand in the manifest; no bytes are read."""
    found: Any = page.evaluate(_PHOTOS)
    return list(found)


def read_photo_bytes(page: Page) -> dict[str, bytes]:
    """Return the bytes of each photo as the phone holds them, by the photo's id."""
    found: Any = page.evaluate(_BYTES)
    return {photo_id: base64.b64decode(text) for photo_id, text in found.items()}


def damage_a_photo(page: Page) -> str:
    """Flip one bit of a stored photo and return its id."""
    photo_id: Any = page.evaluate(_DAMAGE)
    return str(photo_id)


def delete_one(page: Page, store: str) -> None:
    """Take one record away, as no app may."""
    page.evaluate(_DELETE, store)
