import hashlib
import json

import pytest

from inspections import errors
from inspections.submissions import MAX_PHOTO_BYTES, check_manifest, content_digest, read_manifest
from tests.inspections.factories import (
    OTHER_ID,
    PLOT_ID,
    SUBMISSION_ID,
    make_household,
    make_manifest,
    make_photo,
    make_plot,
    make_policy,
    manifest_dict,
    polygon,
)


def check(manifest, **changes):
    """Check with everything in order, save what is changed."""
    known = {
        "submission_id": SUBMISSION_ID,
        "programme_code": "RA-2026",
        "policies": {1: make_policy()},
        "plot": make_plot(),
        "household": make_household(),
        "task_plot_id": PLOT_ID,
        "region_codes": ["450224901"],
    }
    return check_manifest(manifest, **known | changes)


def with_boundary(geometry=None, **properties):
    """A manifest whose boundary says something else."""
    manifest = manifest_dict(geometry)
    manifest["boundary"]["properties"] |= properties
    return read_manifest(json.dumps(manifest).encode())


def test_what_is_in_order_passes_and_names_its_policy():
    """A submission is judged by the policy its inspector worked with."""
    policy = make_policy()

    assert check(make_manifest(), policies={1: policy, 2: make_policy(min_block_mu=1.0)}) is policy


def test_the_digest_is_of_the_bytes_as_sent():
    """A space more is another submission: the phone freezes its bytes once."""
    body = json.dumps(manifest_dict()).encode()

    assert content_digest(body) == hashlib.sha256(body).hexdigest()
    assert content_digest(body + b" ") != content_digest(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"\xff\xfe", b'{"schema": 1}', b'{"schema": "1"}', b"[" * 100_000],
    ids=["empty", "a list", "nothing", "no text", "fields missing", "schema a text", "nested deep"],
)
def test_what_is_no_manifest_is_unreadable(body):
    """It goes to quarantine with its reason; nothing authenticated is thrown away."""
    with pytest.raises(errors.SubmissionUnreadable) as refused:
        read_manifest(body)

    assert refused.value.code == "submission_unreadable"


def test_a_newer_schema_is_named():
    """The person at the desk learns that the server is old, not that the phone is broken."""
    with pytest.raises(errors.SchemaUnknown, match="2"):
        read_manifest(json.dumps(manifest_dict() | {"schema": 2, "weather": "fine"}).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"weather": "fine"},
        {"tree_counts": {"live": -1, "dead": 0, "missing": 0}},
        {"tree_counts": {"live": 1.5, "dead": 0, "missing": 0}},
        {"started_at": "2026-03-01T02:00:00"},
        {"photos": [make_photo(sha256="A" * 64)]},
        {"photos": [make_photo(media_type="text/html")]},
        {"photos": [make_photo(kind="selfie")]},
        {"photos": [make_photo(position={"lon": 200, "lat": 0, "accuracy_m": 1, "fixed_at": "2026-03-01T02:00:00Z"})]},
    ],
    ids=["unknown field", "negative", "half a tree", "no zone", "upper case", "no image", "no such kind", "no place"],
)
def test_the_manifest_is_read_strictly(change):
    """What is not understood is not stored as if it were."""
    with pytest.raises(errors.SubmissionUnreadable):
        make_manifest(**change)


SHORT = {"type": "Polygon", "coordinates": [[[109.4, 25.2], [109.5, 25.2], [109.4, 25.2]]]}
OPEN = {"type": "Polygon", "coordinates": [[[109.4, 25.2], [109.5, 25.2], [109.5, 25.3], [109.4, 25.3]]]}
SWAPPED = {"type": "Polygon", "coordinates": [[[25.2, 109.4], [25.3, 109.4], [25.3, 109.5], [25.2, 109.4]]]}
ELSEWHERE = {"type": "Polygon", "coordinates": [[[2.3, 48.8], [2.4, 48.8], [2.4, 48.9], [2.3, 48.8]]]}


@pytest.mark.parametrize(
    ("manifest", "known", "error"),
    [
        (make_manifest(), {"submission_id": OTHER_ID}, errors.SubmissionIdMismatch),
        (make_manifest(), {"programme_code": "RA-2027"}, errors.WrongProgramme),
        (make_manifest(policy_version=7), {}, errors.PolicyVersionUnknown),
        (make_manifest(), {"plot": None}, errors.PlotUnknown),
        (make_manifest(), {"plot": make_plot(id=OTHER_ID)}, errors.PlotUnknown),
        (make_manifest(), {"household": None}, errors.PlotUnknown),
        (make_manifest(), {"region_codes": ["450224902"]}, errors.PlotOutsideRegion),
        (make_manifest(), {"region_codes": []}, errors.PlotOutsideRegion),
        (make_manifest(), {"task_plot_id": None}, errors.TaskMismatch),
        (make_manifest(), {"task_plot_id": OTHER_ID}, errors.TaskMismatch),
        (with_boundary(plot_id=str(OTHER_ID)), {}, errors.PlotMismatch),
        (with_boundary(household_id=str(OTHER_ID)), {}, errors.HouseholdMismatch),
        (with_boundary({"type": "Polygon", "coordinates": []}), {}, errors.RingMalformed),
        (with_boundary(SHORT), {}, errors.RingMalformed),
        (with_boundary(OPEN), {}, errors.RingMalformed),
        (with_boundary(SWAPPED), {}, errors.PositionOutOfRange),
        (with_boundary(ELSEWHERE), {}, errors.OutsideAllowedArea),
        (with_boundary(accuracy_m=[[4.0]]), {}, errors.ParallelArraysDiffer),
        (with_boundary(timestamps_s=[]), {}, errors.ParallelArraysDiffer),
        (with_boundary(capture="walk", timestamps_s=None), {}, errors.ParallelArraysDiffer),
        (with_boundary(accuracy_m=[[4.0, 4.0, -1.0, 4.0, 4.0]]), {}, errors.PositionOutOfRange),
        (make_manifest(photos=[make_photo(), make_photo()]), {}, errors.DuplicatePhotos),
        (
            make_manifest(sign_off={"inspectors": [{"name": "甲", "photo": "0" * 64}]}),
            {},
            errors.EvidenceNotAnnounced,
        ),
        (
            make_manifest(standards=[{"code": "ditch", "answer": "unmet", "photos": ["0" * 64]}]),
            {},
            errors.EvidenceNotAnnounced,
        ),
        (with_boundary(sources=[["fix"]]), {}, errors.ParallelArraysDiffer),
        (make_manifest(photos=[make_photo(size_bytes=MAX_PHOTO_BYTES + 1)]), {}, errors.PhotoTooLarge),
        (make_manifest(finished_at="2026-03-01T01:00:00Z"), {}, errors.TimesOutOfOrder),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(manifest, known, error):
    """Each refusal says in both languages what is wrong, for the quarantine's list."""
    with pytest.raises(error) as refused:
        check(manifest, **known)

    assert isinstance(refused.value, errors.SubmissionUnacceptable)
    assert refused.value.message_zh
    assert refused.value.message_en


def test_corners_need_no_times():
    """Only a walk has a pace; corners taken one by one are independent."""
    check(with_boundary(polygon(50, 40), accuracy_m=None, timestamps_s=None))
