import pytest

from server.initials import initials


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("张三", "zs"), ("韦建国", "wjg"), ("欧阳锋", "oyf"), ("李四（代）", "lsd"), ("Li Si", ""), ("", "")],
)
def test_initials_are_what_an_inspector_would_type(name, wanted):
    """ "zs" finds 张三; what is not Chinese is found as it is written."""
    assert initials(name) == wanted


@pytest.mark.parametrize(("name", "reading"), [("覃志强", "qzq"), ("曾大明", "zdm"), ("单雄信", "sxx")])
def test_a_surname_is_found_by_any_of_its_readings(name, reading):
    """覃 is Qin in Guangxi and Tan elsewhere: which one holds is the family's to say."""
    assert reading in initials(name).split()
