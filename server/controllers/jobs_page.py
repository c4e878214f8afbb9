"""Background work that was given up after five tries, for the county's office and the administrator."""

from datetime import UTC, datetime

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from server.actions.try_job_again import OVERSEERS, try_job_again
from server.guards import allow
from server.pages import AnyRequest, render
from server.store import jobs_list

__all__ = ["OVERSEERS", "JobsController"]


class JobsController(Controller):
    """What waits, what failed, and another try."""

    path = "/desk/jobs"
    include_in_schema = False
    opt = {"policy": allow(*OVERSEERS)}

    @get("/")
    async def jobs(self, request: AnyRequest) -> Response[str]:
        """Show how many jobs wait and which were given up."""
        said = request.query_params.get("before", "")
        before_seq = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None
        rows, following = await jobs_list.read_given_up(request.user.scope(*OVERSEERS), before_seq=before_seq)
        waiting = await jobs_list.count_waiting()
        return render(
            request,
            "desk/jobs.html",
            {
                "rows": rows,
                "following": following,
                "waiting": f"{jobs_list.COUNT_LIMIT}+" if waiting > jobs_list.COUNT_LIMIT else str(waiting),
                "again": "again" in request.query_params,
            },
        )

    @post("/{seq:int}")
    async def again(self, request: AnyRequest, seq: FromPath[int]) -> Redirect:
        """Try one again."""
        await try_job_again(seq, by=request.user, at=datetime.now(UTC))
        return Redirect("/desk/jobs?again=1", status_code=303)
