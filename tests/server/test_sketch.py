import re
from math import hypot

import pytest

from server.sketch import HEIGHT, WIDTH, Neighbour, Spot, draw

# About 50 m east to west and 40 m south to north.
PLOT = {
    "type": "Polygon",
    "coordinates": [
        [[109.4, 25.2], [109.400496, 25.2], [109.400496, 25.200361], [109.4, 25.200361], [109.4, 25.2]],
    ],
}


def moved(east: float, north: float) -> dict:
    ring = [[lon + east, lat + north] for lon, lat in PLOT["coordinates"][0]]
    return {"type": "Polygon", "coordinates": [ring]}


def numbers(path: str) -> list[tuple[float, float]]:
    values = [float(value) for value in re.findall(r"-?[\d.]+", path)]
    return list(zip(values[::2], values[1::2], strict=True))


def test_a_plot_lies_inside_the_drawing_with_north_up_and_in_proportion():
    """East of the plot is right, north is up, and a metre is as long one way as the other."""
    (left, bottom), (right, _), (_, top), *_ = numbers(draw(PLOT).boundary)

    assert 0 < left < right < WIDTH
    assert 0 < top < bottom < HEIGHT
    assert (right - left) / (bottom - top) == pytest.approx(50 / 40, rel=0.01)


def test_the_scale_bar_is_a_round_length_and_as_long_as_it_says():
    """People lay a finger on it."""
    sketch = draw(PLOT)
    points = numbers(sketch.boundary)

    assert sketch.bar_m in (1, 2, 5, 10, 20, 50)
    assert sketch.bar / sketch.bar_m == pytest.approx((points[1][0] - points[0][0]) / 50, rel=0.01)


def test_a_closed_ring_has_as_many_corners_as_it_has_sides():
    """GeoJSON repeats the first position; a corner is drawn once."""
    assert len(draw(PLOT).vertices) == 4


def test_neighbours_that_touch_are_drawn_and_distant_plots_are_not():
    """A plot on the next hill is no neighbour."""
    sketch = draw(
        PLOT, neighbours=[Neighbour("A", moved(0.000496, 0)), Neighbour("B", moved(0.02, 0)), Neighbour("C", {})]
    )

    assert len(sketch.neighbours) == 1


def test_a_photo_far_away_is_named_and_does_not_shrink_the_plot():
    """The reviewer learns of it in words; the drawing stays of use."""
    far = Spot("2", 109.5, 25.2)
    sketch = draw(PLOT, spots=[Spot("1", 109.4002, 25.2002), far])

    assert [mark.label for mark in sketch.spots] == ["1"]
    assert sketch.far == ("2",)
    assert draw(PLOT).boundary == sketch.boundary


def test_photos_from_one_spot_stay_readable():
    """Five photos are often taken without a step; five numbers on one point are none."""
    marks = draw(PLOT, spots=[Spot(str(n), 109.4002, 25.2002) for n in range(5)]).spots

    assert all(hypot(a.x - b.x, a.y - b.y) >= 16 for a in marks for b in marks if a is not b)


def test_the_walk_is_an_open_line():
    """The gap between the last fix and the first is information."""
    track = [(109.4, 25.2), (109.4003, 25.2), (109.4003, 25.2003)]

    assert not draw(PLOT, track=track).track.endswith("Z")


@pytest.mark.parametrize(
    "boundary", [{}, {"type": "Point", "coordinates": [1, 2]}, {"type": "Polygon", "coordinates": []}]
)
def test_what_is_no_polygon_is_refused(boundary):
    """The page then says that there is no boundary instead of drawing nonsense."""
    with pytest.raises(ValueError, match="ring"):
        draw(boundary)


def test_a_plot_of_one_point_is_still_drawn():
    """A track that never moved must not divide by zero."""
    sketch = draw({"type": "Polygon", "coordinates": [[[109.4, 25.2]] * 4]})

    assert sketch.bar_m >= 1
