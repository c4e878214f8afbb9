from inspections.policy import read_policy
from inspections.todo import TODO_NAMES, chosen_todo, todo_codes
from server.demo.policy import demo_policy_json

POLICY = read_policy(demo_policy_json())


def test_only_what_the_programme_asks_for_can_be_asked_for_again():
    """A list the inspector cannot work off is worse than none."""
    codes = todo_codes(POLICY, "paddy")

    assert codes[0] == "boundary"
    assert "shot:panorama" in codes
    assert {code for code in codes if not code.startswith("shot:")} <= set(TODO_NAMES)
    assert ("signatures" in codes) is (POLICY.sign_off is not None)


def test_what_was_ticked_is_kept_once_and_in_the_order_of_the_work():
    """The form sends what a browser sends; a code nobody knows goes no further."""
    assert chosen_todo(["note", "counts", "counts", "<script>"], POLICY, "paddy") == ["counts", "note"]
