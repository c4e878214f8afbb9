"""Take in a field note of a courier file, by the same way as if its phone had sent it."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.actions.add_plot import FoundPlot, add_plot
from server.actions.note_attempt import Attempt, note_attempt
from server.courier import AttemptEntry, CourierReader, FoundEntry
from server.errors import AttemptRefused, CourierRefused, NoteConflict, PlotRefused
from server.field_notes import read_attempt, read_found
from server.roles import Identity

MAX_NOTE_BYTES = 64 * 1024


@dataclass(slots=True)
class ImportedNote:
    """
    What became of one note of the file.

    Attributes:
        id: Which.
        kind: `attempt` or `plot`.
        content: What it says; None where it cannot be read.
        result: `stored`, `known`, `conflict`, `refused` or `damaged`.
        why_zh: The reason when it was not taken in.
        why_en: The same in English.
    """

    id: UUID
    kind: str
    content: Attempt | FoundPlot | None = None
    result: str = "stored"
    why_zh: str = ""
    why_en: str = ""


async def import_note(
    reader: CourierReader, entry: AttemptEntry | FoundEntry, *, sender: Identity, at: datetime
) -> ImportedNote:
    """
    Read the note that follows its description and store it once.

    Raises:
        CourierRefused: The file is damaged or cut short here, or the note is too large.
    """
    if entry.size_bytes > MAX_NOTE_BYTES:
        raise CourierRefused("文件中的外业记录过大。", "A field note of the file is too large.")
    body = await asyncio.to_thread(reader.read, entry.size_bytes)
    note = ImportedNote(entry.id, "attempt" if isinstance(entry, AttemptEntry) else "plot")
    if hashlib.sha256(body).hexdigest() != entry.content_sha256:
        note.result = "damaged"
        return note
    try:
        if isinstance(entry, AttemptEntry):
            attempt = note.content = read_attempt(body)
            created = await note_attempt(entry.id, attempt, entry.content_sha256, inspector=sender, at=at)
        else:
            found = note.content = read_found(body)
            created = await add_plot(entry.id, found, entry.content_sha256, inspector=sender, at=at)
    except (AttemptRefused, PlotRefused, NoteConflict) as refusal:
        note.result = "conflict" if isinstance(refusal, NoteConflict) else "refused"
        note.why_zh, note.why_en = refusal.message_zh, refusal.message_en
        return note
    if not created:
        note.result = "known"
    return note
