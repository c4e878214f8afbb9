import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import measure
from tests.geo.shapes import POLICY, plot, rectangle

FIELD = rectangle(50, 40)


def said(first, second, joined):
    """A statement as a policy carries it."""
    return {"first_plot_id": first, "second_plot_id": second, "joined": joined}


def two(gap_m, accuracy_m=4.0):
    """Two plots side by side with a path between."""
    return [
        plot(FIELD, accuracy_m=accuracy_m),
        plot(rectangle(50, 40, east_m=50 + gap_m), plot_id="b", accuracy_m=accuracy_m),
    ]


@pytest.mark.parametrize(
    ("gap_m", "joined", "blocks"),
    [(3.5, True, [4000]), (1.0, False, [2000, 2000]), (0.0, False, [2000, 2000])],
    ids=["a path that is a ridge", "a ridge that is a road", "a wall on the edge"],
)
def test_the_inspectors_statement_overrides_the_gap_and_is_seen(gap_m, joined, blocks):
    """A phone cannot see a path of two metres; the person standing on it can."""
    result = measure(two(gap_m), POLICY | {"statements": [said("b", "a", joined)]})

    (join,) = result.joins
    assert (join.joined, join.stated, join.decided) == (joined, joined, True)
    assert join.gap_m == pytest.approx(gap_m, abs=1e-3)
    assert result.contiguous_blocks_m2 == pytest.approx(blocks, rel=1e-6)
    assert [issue.code for issue in result.issues] == ["join_stated"]


def test_without_a_statement_nothing_is_said():
    """Computed joins are evidence only."""
    assert [join.stated for join in measure(two(1.0), POLICY).joins] == [None]


def test_a_statement_against_what_the_fixes_prove_is_looked_at():
    """Two plots eighty metres apart are not one block because somebody says so; a person must look."""
    result = measure(two(80.0), POLICY | {"statements": [said("a", "b", True)]})

    assert (result.status, result.issues[0].code) == ("review", "statement_against_fixes")
    assert result.contiguous_blocks_m2 == pytest.approx([4000], rel=1e-6)


def test_both_said_of_one_pair_is_no_statement():
    """Two inspectors who disagree leave it to the fixes and to a person."""
    both = [said("a", "b", True), said("b", "a", False)]

    result = measure(two(1.0), POLICY | {"statements": both})

    assert (result.status, result.issues[0].code) == ("review", "statements_contradict")
    assert [(join.joined, join.stated) for join in result.joins] == [(True, None)]


def test_a_statement_about_a_plot_that_is_not_there_is_named():
    """A slip in a plot's number must not pass as a decision."""
    result = measure(two(1.0), POLICY | {"statements": [said("a", "z", True)]})

    assert (result.status, result.issues[0].code) == ("ok", "statement_without_plot")


@pytest.mark.parametrize(
    "statements",
    ["joined", [3], [{}], [said("a", "a", True)], [said("a", "b", "yes")], [said(None, "b", True)]],
)
def test_what_is_no_statement_is_an_error_of_the_policy(statements):
    """The policy is written by us; a broken one must not be half believed."""
    with pytest.raises(ValueError, match="statement"):
        measure(two(1.0), POLICY | {"statements": statements})


def test_ground_shared_by_plots_stated_apart_counts_once():
    """Saying that two overlapping plots are apart must not pay their common strip twice."""
    plots = [plot(FIELD), plot(rectangle(50, 40, east_m=40), plot_id="b")]

    result = measure(plots, POLICY | {"statements": [said("a", "b", False)]})

    assert result.contiguous_blocks_m2 == pytest.approx([2000, 1600], rel=1e-6)
    assert result.area_m2 == pytest.approx(3600, rel=1e-6)


pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()).filter(lambda p: p[0] != p[1]))


@settings(max_examples=40)
@given(pairs)
def test_statements_join_whichever_way_they_are_said(stated):
    """Symmetric: naming the pair the other way round changes nothing; transitive: joined plots are in one block."""
    plots = [plot(rectangle(30, 30, east_m=31.5 * i), plot_id=str(i), accuracy_m=3) for i in range(6)]
    there = [said(str(first), str(second), joined) for first, second, joined in stated]
    back = [said(str(second), str(first), joined) for first, second, joined in stated]

    one, other = (measure(plots, POLICY | {"statements": statements}) for statements in (there, back))

    assert one.contiguous_blocks_m2 == other.contiguous_blocks_m2
    block = {result.plot_id: result.block for result in one.plots}
    assert all(block[join.first_plot_id] == block[join.second_plot_id] for join in one.joins if join.joined)
    assert one.area_m2 == pytest.approx(5400, rel=1e-6)
