from inspections import errors


def classes(parent=errors.InspectionError):
    """All refusals below one."""
    for child in parent.__subclasses__():
        yield child
        yield from classes(child)


def test_every_refusal_has_a_code_of_its_own():
    """Codes stand in records and programs branch on them."""
    codes = [refusal.code for refusal in classes()]

    assert len(codes) == len(set(codes))


def test_the_tree_at_the_top_is_the_tree_of_the_classes():
    """A drawing that lies is worse than none."""
    for refusal in classes():
        assert any(refusal.__name__ in line and refusal.code in line for line in errors.__doc__.splitlines())
