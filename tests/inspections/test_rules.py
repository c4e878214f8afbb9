import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.rules import RULES
from inspections.submissions import read_manifest
from tests.inspections.factories import (
    OTHER_ID,
    POLICY,
    judge,
    make_manifest,
    make_photo,
    make_plot,
    make_policy,
    manifest_dict,
    polygon,
    rule_of,
)

BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[109.4, 25.2], [109.4005, 25.2004], [109.4005, 25.2], [109.4, 25.2004], [109.4, 25.2]]],
}


def trees(live, dead=0, missing=0):
    """Tree counts of a manifest."""
    return {"live": live, "dead": dead, "missing": missing}


def outcome(code, manifest=None, **changes):
    """One rule's outcome, everything else in order."""
    return rule_of(judge(manifest, **changes), code).outcome


def test_everything_in_order_passes_every_rule():
    """The example the other tests depart from."""
    outcomes = {rule.code: rule.outcome for rule in judge().rules}

    # What the policy does not ask for, and was not measured, is no question.
    assert outcomes == dict.fromkeys(RULES, "passed") | {"sign_off": "not_applicable", "spacing": "not_applicable"}


def test_every_parameter_named_by_a_rule_is_in_the_policy():
    """A rule marks its threshold as a sample by these names."""
    assert {name for rule in RULES.values() for name in rule.parameters} <= {
        *POLICY,
        "evidence",
        "sampling",
        "sign_off",
    }


class TestGeometry:
    def test_a_bow_tie_fails_and_leaves_the_other_rules_without_an_answer(self):
        """No area, so nothing can be said of density, and nothing is paid."""
        result = judge(make_manifest(BOW_TIE))

        assert rule_of(result, "geometry").outcome == "failed"
        assert "8 字形" in rule_of(result, "geometry").sentence_zh
        assert {rule_of(result, code).outcome for code in ("min_block", "density", "overlap", "declared_area")} == {
            "not_applicable"
        }

    def test_a_large_repair_is_in_doubt(self):
        """A knot that changes the area is a person's to judge."""
        knotted = polygon(50, 40)
        ring = knotted["coordinates"][0]
        ring[2:2] = [[ring[2][0] + 0.00006, ring[2][1] + 0.00003], [ring[2][0] - 0.00006, ring[2][1] + 0.00003]]
        ring.insert(4, [ring[1][0], ring[1][1] + 0.0003])

        assert outcome("geometry", make_manifest(knotted)) in {"in_doubt", "failed"}


class TestMinBlock:
    @pytest.mark.parametrize(
        ("side_m", "accuracy_m", "expected"),
        [(18.4, 0.1, "passed"), (18.2, 0.01, "failed"), (18.2, 4.0, "in_doubt"), (18.4, 4.0, "passed")],
        ids=["above", "below, proven", "below, within the tolerance", "above, within the tolerance"],
    )
    def test_half_a_mu_is_about_eighteen_metres_square(self, side_m, accuracy_m, expected):
        """Estimate inside passes, interval touching is in doubt, only the whole interval outside fails."""
        assert outcome("min_block", make_manifest(polygon(side_m, side_m), accuracy_m)) == expected

    def test_nearly_the_minimum_does_not_read_as_the_minimum(self):
        """0.4996 mu is not 0.50 mu."""
        result = rule_of(judge(make_manifest(polygon(333.067 / 18, 18), 0.001)), "min_block")

        assert result.outcome == "failed"
        assert result.measured_zh.startswith("0.4996 亩")

    def test_a_small_plot_beside_another_of_the_household_is_in_doubt_where_gps_cannot_see_the_gap(self):
        """Whether they touch is seen on the spot, not from a satellite."""
        small = make_manifest(polygon(15, 15), 4.0)
        other = make_plot(id=OTHER_ID, boundary=polygon(50, 40, east_m=16))

        joined = rule_of(judge(small, household_plots=[other]), "min_block")

        assert joined.outcome == "in_doubt"
        assert "现场确认" in joined.measured_zh
        assert "2 个地块" in joined.measured_zh

    def test_a_neighbours_plot_joins_nothing(self):
        """Contiguity is counted per household."""
        small = make_manifest(polygon(15, 15), 0.1)
        theirs = make_plot(id=OTHER_ID, household_id=OTHER_ID, boundary=polygon(50, 40, east_m=15))

        assert outcome("min_block", small, neighbours=[theirs]) == "failed"

    def test_a_sample_threshold_says_that_it_is_one(self):
        """The plan's digit is lost; nobody may take the sample for the county's."""
        result = rule_of(judge(), "min_block")

        assert result.is_sample
        assert "示例值" in result.sentence_zh
        assert "sample value" in result.sentence_en
        assert not rule_of(judge(policy=make_policy(sample_parameters=[])), "min_block").is_sample


class TestDensity:
    @pytest.mark.parametrize(
        ("planted", "accuracy_m", "expected"),
        [
            (180, 0.01, "passed"),
            (194, 0.01, "passed"),
            (179, 0.001, "failed"),
            (197, 0.001, "failed"),
            (170, 4.0, "in_doubt"),
            (205, 4.0, "in_doubt"),
            (90, 4.0, "failed"),
            (0, 4.0, "failed"),
        ],
    )
    def test_three_states_on_three_mu(self, planted, accuracy_m, expected):
        """The band is ±4 %, a phone's area ±10 %: only what lies wholly outside fails."""
        # A hair under three mu, so that 180 trees are not just below 60 by rounding.
        manifest = make_manifest(polygon(50, 39.999), accuracy_m, tree_counts=trees(planted))

        assert outcome("density", manifest) == expected

    def test_a_density_just_below_the_band_reads_so(self):
        """59.96 is shown as 59.96."""
        manifest = make_manifest(polygon(50, 40.0267), 0.001, tree_counts=trees(180))

        assert rule_of(judge(manifest), "density").measured_zh.startswith("59.96 ")


class TestSurvival:
    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            (trees(162, 18), "passed"),
            (trees(161, 10, 9), "failed"),
            (trees(9, 1), "passed"),
            (trees(0), "failed"),
            (trees(0, 5), "failed"),
        ],
    )
    def test_nine_of_ten_must_live(self, counts, expected):
        """Counts are exact: nine of ten is enough, and no tree at all is none alive."""
        assert outcome("survival", make_manifest(tree_counts=counts)) == expected

    @given(st.integers(0, 5000), st.integers(0, 5000))
    def test_the_comparison_is_exact(self, live, dead):
        """0.9 as a float is a little more than nine tenths; no farmer pays for that."""
        result = rule_of(judge(make_manifest(tree_counts=trees(live, dead))), "survival")

        assert (result.outcome == "passed") == (live + dead > 0 and 10 * live >= 9 * (live + dead))


class TestOverlap:
    def test_a_shared_edge_passes_and_a_second_claim_is_in_doubt(self):
        """The first claim does not win by being first: a person decides."""
        beside = make_plot(id=OTHER_ID, household_id=OTHER_ID, boundary=polygon(50, 40, east_m=50))
        across = make_plot(id=OTHER_ID, household_id=OTHER_ID, boundary=polygon(50, 40, east_m=25))

        assert outcome("overlap", neighbours=[beside]) == "passed"
        assert outcome("overlap", neighbours=[across]) == "in_doubt"

    def test_the_households_own_overlap_is_not_paid_twice(self):
        """Half of this plot is counted with the other one already."""
        other = make_plot(id=OTHER_ID, boundary=polygon(50, 40, east_m=25))

        result = judge(household_plots=[other])

        assert rule_of(result, "own_overlap").outcome == "in_doubt"
        assert (result.area_mu, result.payable_mu) == ("3.00", "1.50")


class TestDeclaredArea:
    @pytest.mark.parametrize(
        ("declared_mu", "expected"), [(3.0, "passed"), (3.1, "passed"), (6.0, "in_doubt"), (1.0, "in_doubt")]
    )
    def test_the_declaration_agrees_within_the_tolerance(self, declared_mu, expected):
        """Payment follows the measured area; a large difference is looked at, either way."""
        manifest = make_manifest(polygon(50, 40), 4.0)

        assert outcome("declared_area", manifest, plot=make_plot(declared_mu=declared_mu)) == expected


class TestPhotos:
    def test_the_shot_list_follows_the_land_type(self):
        """Paddy shows its ditch; dry land has none."""
        assert outcome("shots") == "passed"

        missing = rule_of(judge(plot=make_plot(land_type="paddy")), "shots")

        assert missing.outcome == "failed"
        assert "沟与畦" in missing.sentence_zh
        assert "ditch and ridge" in missing.sentence_en

    def test_no_shot_list_asks_for_nothing(self):
        """A county may trust its inspectors."""
        assert outcome("shots", policy=make_policy(shots=[])) == "not_applicable"

    @pytest.mark.parametrize(
        "position",
        [None, {"lon": 109.41, "lat": 25.2, "accuracy_m": 5.0, "fixed_at": "2026-03-01T02:10:00Z"}],
        ids=["no position", "a kilometre away"],
    )
    def test_a_photo_from_elsewhere_is_in_doubt(self, position):
        """A person looks at it; a missing fix is no proof of fraud."""
        assert outcome("photo_place", make_manifest(photos=[make_photo(position=position)])) == "in_doubt"

    def test_without_photos_there_is_no_place(self):
        """The shot list says that they are missing."""
        manifest = make_manifest(photos=[])

        assert outcome("photo_place", manifest) == "not_applicable"
        assert outcome("shots", manifest) == "failed"


class TestClock:
    @pytest.mark.parametrize(
        ("visit_ms", "photo_ms", "expected"),
        [
            (0, 300_000, "passed"),
            (0, 300_001, "in_doubt"),
            (-400_000, 0, "in_doubt"),
            (None, 0, "in_doubt"),
            (None, None, "in_doubt"),
        ],
    )
    def test_five_minutes_are_allowed(self, visit_ms, photo_ms, expected):
        """Also when only one photo was taken with the clock changed."""
        manifest = make_manifest(clock_offset_ms=visit_ms, photos=[make_photo(clock_offset_ms=photo_ms)])

        assert outcome("clock", manifest) == expected


class TestPlantingWindow:
    @pytest.mark.parametrize(
        ("finished_at", "expected"),
        [
            ("2025-12-31T15:59:59Z", "failed"),
            ("2025-12-31T16:00:00Z", "passed"),
            ("2026-04-30T15:59:59Z", "passed"),
            ("2026-04-30T16:00:00Z", "not_applicable"),
        ],
    )
    def test_a_visit_tells_what_it_can_tell(self, finished_at, expected):
        """Days are days of Beijing time; a visit after the window proves nothing about planting."""
        assert outcome("planting_window", make_manifest(started_at=finished_at, finished_at=finished_at)) == expected


class TestFixAccuracy:
    @pytest.mark.parametrize(
        ("accuracies", "expected"),
        [
            ([4.0] * 95 + [40.0] * 5, "passed"),
            ([4.0] * 94 + [40.0] * 6, "in_doubt"),
            ([15.0] * 100, "passed"),
            ([None] * 100, "in_doubt"),
            ([4.0] * 94 + [None] * 6, "in_doubt"),
        ],
    )
    def test_nearly_all_fixes_must_be_good(self, accuracies, expected):
        """One bad fix under a tree does not spoil a walk; six in a hundred are looked at."""
        manifest = manifest_dict()
        manifest["boundary"]["properties"]["accuracy_m"] = [accuracies]

        assert outcome("fix_accuracy", read_manifest(json.dumps(manifest).encode())) == expected
