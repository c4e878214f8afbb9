"""
A submission (上报): what one visit to one plot has sent, and the checks at the door.

The structs are the manifest of docs/protocol.md, field by field. The digest is taken of exactly the bytes sent, so a
manifest is never encoded again.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from math import isfinite
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from inspections.counting import Counting, Spacing, TreeCounts
from inspections.errors import (
    DuplicatePhotos,
    EvidenceNotAnnounced,
    HouseholdMismatch,
    OutsideAllowedArea,
    ParallelArraysDiffer,
    PhotoTooLarge,
    PlotMismatch,
    PlotOutsideRegion,
    PlotUnknown,
    PolicyVersionUnknown,
    PositionOutOfRange,
    RingMalformed,
    SchemaUnknown,
    SubmissionIdMismatch,
    SubmissionUnreadable,
    TaskMismatch,
    TimesOutOfOrder,
    WrongProgramme,
)
from inspections.plots import Household, Plot
from inspections.policy import Policy
from inspections.sign_off import SignOff
from inspections.standards import StandardAnswer
from inspections.wire import (
    EARLIEST,
    LATEST,
    NO_NUL,
    Instant,
    Milliseconds,
    Name,
    Part,
    PhotoKind,
    Pixels,
    Sha256,
    ShortText,
)

SCHEMA = 1
MAX_PHOTO_BYTES = 25 * 1024 * 1024

Ring = list[tuple[float, float]]
PerFix = list[list[float | None]]
VertexSource = Literal["fix", "average", "tap", "tape", "earlier"]
BoundaryMethod = Literal["walk", "corners", "tape", "earlier"]


class PolygonGeometry(Part, frozen=True, kw_only=True):
    """A GeoJSON Polygon; for a walk the first ring holds every raw fix."""

    type: Literal["Polygon"]
    coordinates: list[Ring]


class Gap(Part, frozen=True, kw_only=True):
    """A stretch of a walk without fixes (记录中断), in seconds since the first fix; never joined silently."""

    from_s: Annotated[float, Meta(ge=0)]
    to_s: Annotated[float, Meta(ge=0)]
    cause: Literal["paused", "screen_off", "no_fix", "closed_app"]


class BoundaryProperties(Part, frozen=True, kw_only=True):
    """
    How the boundary was captured; the arrays run parallel to the rings, null where unknown.

    `sources` says where each vertex came from. `forced_close`: the last side was drawn, not walked. `start_reason`: why
    the walk began although the fixes were poor.
    """

    plot_id: UUID
    household_id: UUID
    datum: Literal["WGS84"]
    capture: Literal["walk", "vertices"]
    accuracy_m: PerFix | None = None
    timestamps_s: PerFix | None = None
    phone_model: Name | None = None
    method: BoundaryMethod | None = None
    sources: list[list[VertexSource]] | None = None
    gaps: tuple[Gap, ...] = ()
    forced_close: bool = False
    start_reason: ShortText = ""


class Boundary(Part, frozen=True, kw_only=True):
    """The boundary as a GeoJSON Feature."""

    type: Literal["Feature"]
    geometry: PolygonGeometry
    properties: BoundaryProperties


class PhotoPosition(Part, frozen=True, kw_only=True):
    """Where the phone was when the shutter fell; never read from the photo."""

    lon: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    accuracy_m: Annotated[float, Meta(ge=0)]
    fixed_at: Instant


class PhotoRemark(Part, frozen=True, kw_only=True):
    """What the phone saw wrong with a photo that was kept all the same, and why it was."""

    code: Literal["dark", "blurred", "far", "gallery"]
    reason: ShortText


class OriginalPicture(Part, frozen=True, kw_only=True):
    """The picture as the camera gave it, where a smaller copy was kept."""

    sha256: Sha256
    size_bytes: Annotated[int, Meta(ge=1)]
    width: Pixels
    height: Pixels


class ManifestPhoto(Part, frozen=True, kw_only=True):
    """
    One announced photo; its bytes follow under its hash.

    `source`: taken in the app, by the system's camera (`file`), chosen from the gallery, or drawn on the signature pad.
    `heading_deg`: where the camera looked, clockwise from north.
    """

    sha256: Sha256
    size_bytes: Annotated[int, Meta(ge=1)]
    media_type: Annotated[str, Meta(pattern=r"^image/[a-z0-9.+-]+$(?!\n)", max_length=40)]
    kind: PhotoKind
    taken_at: Instant
    clock_offset_ms: Milliseconds | None
    position: PhotoPosition | None
    source: Literal["camera", "file", "gallery", "drawn"]
    width: Pixels
    height: Pixels
    heading_deg: Annotated[float, Meta(ge=0, lt=360)] | None = None
    remarks: tuple[PhotoRemark, ...] = ()
    original: OriginalPicture | None = None


class JoinStatement(Part, frozen=True, kw_only=True):
    """The inspector saw whether this plot shares a ridge with another of the household (是否共埂相连)."""

    plot_id: UUID
    joined: bool


class Manifest(Part, frozen=True, kw_only=True):
    """Everything a submission says, photos by their hash."""

    schema: Literal[1]
    submission_id: UUID
    task_id: UUID
    plot_id: UUID
    programme_code: Name
    policy_version: int
    app_version: Name
    device_id: UUID
    started_at: Instant
    finished_at: Instant
    clock_offset_ms: Milliseconds | None
    boundary: Boundary
    tree_counts: TreeCounts
    photos: list[ManifestPhoto]
    remark: Annotated[str, Meta(pattern=NO_NUL, max_length=4000)]
    predecessor_id: UUID | None = None
    counting: Counting | None = None
    spacing: Spacing | None = None
    slope_deg: Annotated[float, Meta(ge=0, le=90)] | None = None
    standards: tuple[StandardAnswer, ...] = ()
    sign_off: SignOff | None = None
    joins: tuple[JoinStatement, ...] = ()


class _SchemaOnly(Struct):
    schema: int


def content_digest(body: bytes) -> str:
    """SHA-256 of exactly these bytes, in lower-case hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def read_manifest(body: bytes) -> Manifest:
    """
    Read a manifest strictly.

    Raises:
        SchemaUnknown: A manifest of another schema, perhaps of a newer app.
        SubmissionUnreadable: Not JSON, a field missing, unknown or of another type.
    """
    try:
        schema = msgspec.json.decode(body, type=_SchemaOnly).schema
        if schema != SCHEMA:
            raise SchemaUnknown(
                f"上报格式版本 {schema} 无法识别，服务器识别版本 {SCHEMA}。",
                f"Manifest schema {schema} is not known here; schema {SCHEMA} is.",
            )
        return msgspec.json.decode(body, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SubmissionUnreadable(f"上报内容无法读取：{error}", f"The manifest cannot be read: {error}") from error


def check_manifest(
    manifest: Manifest,
    *,
    submission_id: UUID,
    programme_code: str,
    policies: Mapping[int, Policy],
    plot: Plot | None,
    household: Household | None,
    task_plot_id: UUID | None,
    region_codes: Collection[str],
) -> Policy:
    """
    Compare a manifest with what the server knows, before it is stored.

    Args:
        manifest: As read.
        submission_id: The id in the address of the request.
        programme_code: The programme the plot is inspected under.
        policies: All policy versions of that programme.
        plot: The plot of that id, None if there is none.
        household: The plot's household.
        task_plot_id: The plot the manifest's task is about, None if there is no such task.
        region_codes: Code prefixes of the regions the inspector works in.

    Returns:
        The policy the inspector worked with, which is the one to judge by.

    Raises:
        SubmissionUnacceptable: One of its children, for the first thing found wrong.
    """
    if manifest.submission_id != submission_id:
        raise SubmissionIdMismatch(
            f"地址中的上报编号 {submission_id} 与内容中的 {manifest.submission_id} 不一致。",
            f"The address names submission {submission_id}, the manifest {manifest.submission_id}.",
        )
    if manifest.programme_code != programme_code:
        raise WrongProgramme(
            f"上报属于项目 {manifest.programme_code}，应为 {programme_code}。",
            f"The submission belongs to programme {manifest.programme_code}, not {programme_code}.",
        )
    policy = policies.get(manifest.policy_version)
    if policy is None:
        raise PolicyVersionUnknown(
            f"政策版本 {manifest.policy_version} 不存在。", f"There is no policy version {manifest.policy_version}."
        )
    _check_plot(manifest, plot, household, task_plot_id, region_codes)
    _check_rings(manifest.boundary, policy)
    _check_photos(manifest)
    _check_times(manifest)
    return policy


def _check_times(manifest: Manifest) -> None:
    times = [manifest.started_at, manifest.finished_at]
    for photo in manifest.photos:
        times += [photo.taken_at, photo.position.fixed_at] if photo.position else [photo.taken_at]
    for time in times:
        if not EARLIEST <= time < LATEST:
            raise TimesOutOfOrder(f"时间 {time.isoformat()} 不合理。", f"No clock shows {time.isoformat()}.")
    if manifest.finished_at < manifest.started_at:
        raise TimesOutOfOrder("结束时间早于开始时间。", "The visit ends before it starts.")


def _check_plot(
    manifest: Manifest,
    plot: Plot | None,
    household: Household | None,
    task_plot_id: UUID | None,
    region_codes: Collection[str],
) -> None:
    if plot is None or household is None or plot.id != manifest.plot_id:
        raise PlotUnknown(f"没有编号为 {manifest.plot_id} 的地块。", f"There is no plot {manifest.plot_id}.")
    if not any(household.village_code.startswith(code) for code in region_codes):
        raise PlotOutsideRegion(
            f"地块 {plot.number} 不在您的工作区域内。", f"Plot {plot.number} lies outside the regions you work in."
        )
    if task_plot_id != plot.id:
        raise TaskMismatch(
            f"任务 {manifest.task_id} 不是地块 {plot.number} 的任务。",
            f"Task {manifest.task_id} is not about plot {plot.number}.",
        )
    said = manifest.boundary.properties
    if said.plot_id != plot.id:
        raise PlotMismatch("边界所注地块与上报地块不一致。", "The boundary names another plot than the submission.")
    if said.household_id != plot.household_id or household.id != plot.household_id:
        raise HouseholdMismatch("边界所注农户不是该地块的农户。", "The boundary does not name the plot's household.")


def _check_rings(boundary: Boundary, policy: Policy) -> None:
    rings = boundary.geometry.coordinates
    if not rings:
        raise RingMalformed("边界没有任何环。", "The boundary has no ring.")
    for number, ring in enumerate(rings, start=1):
        if len(ring) < 4:
            raise RingMalformed(
                f"第 {number} 个环只有 {len(ring)} 个点，至少需要 4 个（含闭合点）。",
                f"Ring {number} has {len(ring)} positions; 4 are the least, the closing one included.",
            )
        if ring[0] != ring[-1]:
            raise RingMalformed(f"第 {number} 个环没有闭合。", f"Ring {number} is not closed.")
    for lon, lat in _positions(rings):
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise PositionOutOfRange(
                f"坐标 [{lon}, {lat}] 不是经纬度。", f"Position [{lon}, {lat}] is not a longitude and latitude."
            )
        west, south, east, north = policy.allowed_bbox
        if not (west <= lon <= east and south <= lat <= north):
            raise OutsideAllowedArea(
                f"坐标 [{lon}, {lat}] 超出项目范围，请检查经纬度是否颠倒。",
                f"Position [{lon}, {lat}] lies outside the programme's area; were longitude and latitude swapped?",
            )
    _check_parallel(boundary)


def _positions(rings: list[Ring]) -> Iterator[tuple[float, float]]:
    for ring in rings:
        yield from ring


def _check_parallel(boundary: Boundary) -> None:
    properties = boundary.properties
    lengths = [len(ring) for ring in boundary.geometry.coordinates]
    if properties.sources is not None and [len(values) for values in properties.sources] != lengths:
        raise ParallelArraysDiffer(
            "sources 与边界各环的点数不一致。", "sources does not run parallel to the boundary's rings."
        )
    for name, arrays in (("accuracy_m", properties.accuracy_m), ("timestamps_s", properties.timestamps_s)):
        if arrays is None:
            if properties.capture == "walk":
                raise ParallelArraysDiffer(f"步行边界缺少 {name}。", f"A walked boundary needs {name}.")
            continue
        if [len(values) for values in arrays] != lengths:
            raise ParallelArraysDiffer(
                f"{name} 与边界各环的点数不一致。", f"{name} does not run parallel to the boundary's rings."
            )
        for values in arrays:
            if any(value is not None and (not isfinite(value) or value < 0) for value in values):
                raise PositionOutOfRange(f"{name} 中有负数。", f"{name} holds a negative number.")


def _check_photos(manifest: Manifest) -> None:
    photos = manifest.photos
    repeated = [digest for digest, times in Counter(photo.sha256 for photo in photos).items() if times > 1]
    if repeated:
        raise DuplicatePhotos(
            f"照片重复：{repeated[0][:12]}…", f"The manifest names photo {repeated[0][:12]}… more than once."
        )
    for photo in photos:
        if photo.size_bytes > MAX_PHOTO_BYTES:
            raise PhotoTooLarge(
                f"照片 {photo.sha256[:12]}… 有 {photo.size_bytes} 字节，上限为 {MAX_PHOTO_BYTES} 字节。",
                f"Photo {photo.sha256[:12]}… has {photo.size_bytes} bytes; {MAX_PHOTO_BYTES} are the most.",
            )
    missing = _referred(manifest) - {photo.sha256 for photo in photos}
    if missing:
        raise EvidenceNotAnnounced(
            f"标准或签名所附照片 {min(missing)[:12]}… 不在照片清单中。",
            f"A standard or signature refers to photo {min(missing)[:12]}…, which the manifest does not announce.",
        )


def _referred(manifest: Manifest) -> set[str]:
    """Photos that standards and signatures rest on."""
    referred = {digest for answer in manifest.standards for digest in answer.photos}
    if manifest.sign_off:
        said = manifest.sign_off
        signed = [*said.inspectors, *(each for each in (said.household, said.village) if each)]
        referred |= {signature.photo for signature in signed if signature.photo}
    return referred
