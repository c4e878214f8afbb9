import json

import pytest

from inspections.errors import PolicyInvalid
from inspections.policy import read_policy
from tests.inspections.factories import POLICY, make_policy, policy_json


@pytest.mark.parametrize("parameter", sorted(POLICY))
def test_no_parameter_has_a_default(parameter):
    """The plan's text has lost digits; a county that forgets one must be told, not served a guess."""
    with pytest.raises(PolicyInvalid, match=parameter):
        read_policy(policy_json(**{parameter: None}))


def test_a_parameter_nobody_knows_is_refused():
    """A misspelt parameter would otherwise be no parameter."""
    with pytest.raises(PolicyInvalid, match="min_blok_mu"):
        read_policy(policy_json(min_blok_mu=0.5))


@pytest.mark.parametrize(
    "wrong",
    [
        {"cap": {"kind": "per_person"}},
        {"cap": {"kind": "none", "amount_fen": 1}},
        {"cap": {"kind": "per_tree", "amount_fen": 1}},
        {"density_per_mu": {"min": 65, "max": 60}},
        {"survival_min": 90},
        {"planting_window": {"from_on": "2026-05-01", "to_on": "2026-04-30"}},
        {"walk": {"max_accuracy_m": 0, "start_accuracy_m": 10, "close_within_m": 8}},
        {"confidence": 1.0},
        {"allowed_bbox": [110, 24, 109, 25]},
        {"allowed_bbox": [109, 24, 110]},
        {"max_area_mu": 0},
        {"area_decimals_mu": -1},
        {"subsidy_fen_per_mu": -1},
        {"subsidy_fen_per_mu": 1000.5},
        {"min_block_mu": -0.1},
        {"gap_m": -1},
        {"sample_parameters": ["min_blok_mu"]},
        {"schema": 2},
    ],
    ids=lambda wrong: json.dumps(wrong),
)
def test_a_figure_that_cannot_be_is_refused(wrong):
    """A slip in the policy is a slip in every payment."""
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(policy_json(**wrong))

    assert refused.value.code == "policy_invalid"
    assert refused.value.message_zh
    assert refused.value.message_en


@pytest.mark.parametrize("cap", [{"kind": "per_household", "amount_fen": 500_000}, {"kind": "none"}])
def test_other_counties_cap_otherwise(cap):
    """Per person, per household, or not at all."""
    assert make_policy(cap=cap).cap.kind == cap["kind"]
