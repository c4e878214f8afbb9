import asyncio
import errno

from server.grouping import LARGEST_GROUP, in_groups


class Book:
    """Notes what was committed together."""

    def __init__(self) -> None:
        self.commits: list[list[int]] = []

    async def commit(self, items: list[int]) -> list[int]:
        await asyncio.sleep(0.001)
        if any(item < 0 for item in items):
            raise ValueError("a negative item")
        self.commits.append(items)
        return [item * 10 for item in items]


async def test_many_at_once_share_a_few_commits_and_each_gets_its_own_answer():
    """A commit costs an fsync; a hundred photos must not cost a hundred."""
    book = Book()
    submit = in_groups(book.commit)

    answers = await asyncio.gather(*[submit(item) for item in range(100)])

    assert answers == [item * 10 for item in range(100)]
    assert sorted(item for items in book.commits for item in items) == list(range(100))
    assert len(book.commits) <= 100 / LARGEST_GROUP + 2


async def test_nobody_is_answered_before_their_commit():
    """An answer is a promise that the change is durable; a group must not break it."""
    book, answered = Book(), []
    submit = in_groups(book.commit)

    async def ask(item: int) -> None:
        await submit(item)
        assert any(item in items for items in book.commits)
        answered.append(item)

    await asyncio.gather(*[ask(item) for item in range(30)])

    assert len(answered) == 30


async def test_one_bad_change_fails_alone():
    """A stranger in the group must not cost the others their photo."""
    book = Book()
    submit = in_groups(book.commit)

    answers = await asyncio.gather(*[submit(item) for item in (1, 2, -3, 4)], return_exceptions=True)

    assert [answer for answer in answers if not isinstance(answer, Exception)] == [10, 20, 40]
    assert isinstance(answers[2], ValueError)


async def test_a_caller_who_goes_away_takes_nobody_along():
    """A phone that loses its network in the middle of a commit: the others are answered, and later ones too."""
    book = Book()
    submit = in_groups(book.commit)
    tasks = [asyncio.ensure_future(submit(item)) for item in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(answers[3], asyncio.CancelledError)
    assert [answer for k, answer in enumerate(answers) if k != 3] == [k * 10 for k in range(10) if k != 3]
    assert await submit(11) == 110


async def test_a_group_works_on_after_it_was_empty():
    """Between two visits nobody sends; the first of the next day must not wait for ever."""
    submit = in_groups(Book().commit)

    for item in range(3):
        assert await submit(item) == item * 10
        await asyncio.sleep(0.005)


async def test_nobody_waits_for_a_group_that_was_cut_off():
    """A server that is told to stop must not hang on phones that wait for its commit."""

    async def cut_off(_items: list[int]) -> list[int]:
        raise asyncio.CancelledError

    submit = in_groups(cut_off)

    answers = await asyncio.wait_for(
        asyncio.gather(*[submit(item) for item in range(5)], return_exceptions=True), timeout=5
    )

    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers)


async def test_after_a_failing_disk_nobody_of_the_group_is_tried_again():
    """A second fsync may succeed and still have lost what the first one wrote: whoever was in it, or waits, is told."""
    commits: list[list[int]] = []

    async def commit(items: list[int]) -> list[int]:
        commits.append(items)
        await asyncio.sleep(0.001)
        if len(commits) == 1:
            raise OSError(errno.EIO, "Input/output error")
        return items

    submit = in_groups(commit)
    first = asyncio.create_task(submit(1))
    await asyncio.sleep(0)
    answers = await asyncio.gather(first, *[submit(item) for item in (2, 3)], return_exceptions=True)

    assert commits == [[1]]
    assert all(isinstance(answer, OSError) for answer in answers)
    assert await submit(4) == 4


async def test_after_a_failing_disk_a_group_of_several_is_not_taken_apart():
    """The same for several at once."""
    commits: list[list[int]] = []

    async def commit(items: list[int]) -> list[int]:
        commits.append(items)
        raise OSError(errno.EIO, "Input/output error")

    submit = in_groups(commit)
    answers = await asyncio.gather(*[submit(item) for item in (1, 2, 3)], return_exceptions=True)

    assert commits == [[1, 2, 3]]
    assert all(isinstance(answer, OSError) for answer in answers)
