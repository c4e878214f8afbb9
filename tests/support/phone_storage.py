"""What a phone holds, read (and, to prove that the checks bite, damaged) from outside the app: in its own database."""

import base64
from typing import Any

from playwright.sync_api import Page

from tests.support.pictures import small_picture

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

_PLANT = (
    "async ({count, jpeg, pad}) => {"
    + _OPEN
    + """
  const db = await account()
  const { ledger } = await answer(db.transaction('ledger').objectStore('ledger').get('current'))
  const device = await answer(indexedDB.open('yanshou-device'))
  const device_id = (await answer(device.transaction('facts').objectStore('facts').get('device_id'))).value
  device.close()
  // All of one plot: many can be planted, and others find theirs not yet inspected.
  const task = ledger.tasks.filter((task) => task.state === 'open').at(-1) ?? ledger.tasks.at(-1)
  const plot = ledger.plots.find(({ id }) => id === task.plot_id)
  const picture = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0))
  const kinds = ['panorama', 'spacing', 'groundwork', 'tree', 'household']
  const planted = []
  for (let i = 0; i < count; i += 1) {
    const submission_id = crypto.randomUUID()
    const at = new Date(Date.now() - 60_000 + i * 10).toISOString()
    const photos = [], bytes = new Map()
    for (const kind of kinds) {
      const whole = new Uint8Array(picture.length + 16 + pad)
      whole.set(picture)
      for (let k = picture.length; k < whole.length; k += 65_536) crypto.getRandomValues(whole.subarray(k, k + 65_536))
      const id = crypto.randomUUID()
      bytes.set(id, whole.buffer)
      photos.push({
        id, sha256: await hex(whole), size_bytes: whole.length, media_type: 'image/jpeg', kind, taken_at: at,
        clock_offset_ms: 0, position: { lon: plot.centre[0], lat: plot.centre[1], accuracy_m: 4, fixed_at: at },
        source: 'file', width: 320, height: 240,
      })
    }
    const corner = (x, y) => [+(plot.centre[0] + x).toFixed(7), +(plot.centre[1] + y).toFixed(7)]
    const ring = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].map(([x, y]) => corner(x * 0.0002, y * 0.0002))
    const manifest = new TextEncoder().encode(JSON.stringify({
      schema: 1, submission_id, task_id: task.id, plot_id: plot.id, programme_code: ledger.programme.code,
      policy_version: ledger.programme.policy_version, app_version: '0.1.0', device_id, started_at: at, finished_at: at,
      clock_offset_ms: 0,
      boundary: {
        type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] },
        properties: {
          plot_id: plot.id, household_id: plot.household_id, datum: 'WGS84', capture: 'walk',
          accuracy_m: [[4, 4, 4, 4, 4]], timestamps_s: [[0, 30, 60, 90, 120]],
        },
      },
      tree_counts: { live: 30, dead: 1, missing: 1 },
      photos: photos.map(({ id, ...said }) => said), remark: '',
    })).buffer
    const content_sha256 = await hex(manifest)
    const stores = ['captures', 'photos', 'photo_bytes', 'photo_thumbs', 'outbox']
    const tx = db.transaction(stores, 'readwrite', { durability: 'strict' })
    tx.objectStore('captures').put({
      id: submission_id, task_id: task.id, plot_id: plot.id, started_at: at, finished_at: at, step: 'confirm',
      walk: { attempt: 1, state: 'closed', closed_t_ms: 120_000, interruptions: [] },
      counts: { live: 30, dead: 1, missing: 1 }, counts_before: [], remark: '', revision: 1,
    })
    for (const photo of photos) {
      tx.objectStore('photos').put({ ...photo, capture_id: submission_id })
      tx.objectStore('photo_bytes').put({ photo_id: photo.id, bytes: bytes.get(photo.id) })
      tx.objectStore('photo_thumbs').put({ photo_id: photo.id, bytes: bytes.get(photo.id) })
    }
    tx.objectStore('outbox').put({
      submission_id, task_id: task.id, plot_id: plot.id, finished_at: at, manifest, content_sha256,
      photos: photos.map(({ id, sha256, kind, size_bytes, media_type }) =>
        ({ photo_id: id, sha256, kind, size_bytes, media_type })),
      state: 'queued', data_held: false, photos_held: [], attempt_count: 0, next_try_at: at, failure: null,
      receipt: null, receipt_no: null, received_at: null, verified_at: null, checked_at: null,
    })
    await new Promise((done, fail) => { tx.oncomplete = done; tx.onabort = () => fail(tx.error) })
    planted.push(submission_id)
  }
  db.close()
  return planted
}"""
)

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
    version: db.version,
    captures: await all('captures'),
    fixes: (await all('fixes')).filter((fix) => !fix.undone).length,
    photos: (await all('photos')).map(({ id, sha256, original }) =>
      ({ id, said: sha256, is: kept.get(id) ?? null, came_as: original?.sha256 ?? sha256 })),
    outbox: await Promise.all((await all('outbox')).map(async (item) => ({
      submission_id: item.submission_id, state: item.state, receipt: item.receipt, failure: item.failure?.kind ?? null,
      content_sha256: item.content_sha256, manifest_is: await hex(item.manifest),
      manifest: new TextDecoder().decode(item.manifest), photos: item.photos.map((photo) => photo.sha256),
    }))),
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

_FACT = (
    "async (key) => {"
    + _OPEN
    + """
  const db = await account()
  const found = await answer(db.transaction('facts').objectStore('facts').get(key))
  db.close()
  return found ? found.value : null
}"""
)

_DAMAGE = (
    "async (wanted) => {"
    + _OPEN
    + """
  const db = await account()
  const store = db.transaction('photo_bytes', 'readwrite').objectStore('photo_bytes')
  const row = wanted ? await answer(store.get(wanted)) : (await answer(store.getAll()))[0]
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
    """
    Return what the phone holds of one account.

    `version` of the database, `captures`, the count of `fixes`, `outbox` (`content_sha256` and `manifest_is`: the same
    of the frozen bytes), `photos` (`said` and `is`: digest promised and found; `came_as`: of the camera's own picture).
    """
    found: Any = page.evaluate(_READ)
    assert isinstance(found, dict)
    return found


def plant_items(page: Page, count: int, *, pad_bytes: int = 0) -> list[str]:
    """
    Put finished captures of five photos into the outbox, as visits would; return their submissions' ids.

    The inspector must be signed in and have the ledger; the page sees them after it is loaded again.
    """
    jpeg = base64.b64encode(small_picture(7).body).decode()
    planted: Any = page.evaluate(_PLANT, {"count": count, "jpeg": jpeg, "pad": pad_bytes})
    assert isinstance(planted, list)
    return planted


def read_photos(page: Page) -> list[dict[str, Any]]:
    """Return what is said of each photo, as it will stand in the manifest; no bytes are read."""
    found: Any = page.evaluate(_PHOTOS)
    return list(found)


def read_photo_bytes(page: Page) -> dict[str, bytes]:
    """Return the bytes of each photo as the phone holds them, by the photo's id."""
    found: Any = page.evaluate(_BYTES)
    return {photo_id: base64.b64decode(text) for photo_id, text in found.items()}


def read_fact(page: Page, key: str) -> Any:
    """Return one of the account's small facts (`db/facts.ts`), None if it has none of that key."""
    return page.evaluate(_FACT, key)


def damage_a_photo(page: Page, photo_id: str | None = None) -> str:
    """Flip one bit of a stored photo (of any, if none is named) and return its id."""
    photo_id = page.evaluate(_DAMAGE, photo_id)
    return str(photo_id)


def delete_one(page: Page, store: str) -> None:
    """Take one record away, as no app may."""
    page.evaluate(_DELETE, store)
