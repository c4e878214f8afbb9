"""What the manifest says of a photo beyond its row, and the stamp that is written from both."""

from uuid import UUID

from inspections.policy import Policy
from inspections.submissions import ManifestPhoto
from server.i18n import Language, translations
from server.labels import LABELS
from server.stamps import Stamp, StampFacts, stamp_of
from server.store.keyset import Row
from server.store.programmes import policies_of
from server.store.submissions import find_submission, manifest_of
from server.tables import RegionTable


async def announced(submission_id: UUID, sha256: str) -> tuple[ManifestPhoto | None, int]:
    """Return a photo as its manifest announced it, and the policy version it was taken under."""
    submission = await find_submission(submission_id)
    if submission is None:
        return None, 0
    photos = manifest_of(submission).photos
    return next((photo for photo in photos if photo.sha256 == sha256), None), submission["policy_version"]


async def stamp_for(photo: Row, said: ManifestPhoto | None, policy_version: int, language: Language) -> Stamp:
    """
    Write the stamp of a photo of the archive.

    Args:
        photo: A row of `server.archive.find_photo`.
        said: As announced in the manifest.
        policy_version: Whose shot list names the photo.
        language: The reader's.
    """
    policy = (await policies_of(photo["plot.programme"])).get(policy_version)
    slot, shot = _shot(photo, policy, language)
    crop = (policy.crop_en if language == "en" else policy.crop_zh) if policy else ""
    facts = StampFacts(
        taken_at=photo["taken_at"],
        clock_offset_ms=photo["clock_offset_ms"],
        source=photo["source"],
        heading_deg=said.heading_deg if said else None,
        lon=photo["lon"],
        lat=photo["lat"],
        accuracy_m=photo["accuracy_m"],
        places=[*await _regions(photo["village_code"]), photo["household.group_name"]],
        head_name=photo["household.head_name"],
        plot_number=str(photo["plot.number"]),
        slot=slot,
        shot=shot,
        crop=crop,
        household_code=photo["household.code"],
    )
    return stamp_of(facts, translations(language).gettext)


def _shot(photo: Row, policy: Policy | None, language: Language) -> tuple[int | None, str]:
    shots = [shot for shot in policy.shots if photo["plot.land_type"] in shot.land_types] if policy else []
    for slot, shot in enumerate(shots, start=1):
        if shot.kind == photo["kind"]:
            return slot, shot.title_en if language == "en" else shot.title_zh
    name = str(LABELS["kind"].get(photo["kind"], photo["kind"]))
    return None, translations(language).gettext(name)


async def _regions(village_code: str) -> list[str]:
    codes = [village_code[:6], village_code[:9], village_code]
    rows = await RegionTable.select(RegionTable.code, RegionTable.name).where(RegionTable.code.is_in(codes))
    names = {row["code"]: row["name"] for row in rows}
    return [names[code] for code in codes if code in names]
