"""Where the `type` of every problem leads: what the code means and what to do."""

from litestar import Controller, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from server.guards import PUBLIC
from server.i18n import language_of
from server.pages import AnyRequest, render
from server.problem_guide import explain


class ProblemsController(Controller):
    """One page a code, open to all: whoever met a problem may not be signed in."""

    path = "/problems"
    include_in_schema = False

    @get("/{code:str}", opt={"policy": PUBLIC})
    async def problem(self, request: AnyRequest, code: FromPath[str]) -> Response[str]:
        """Explain one code; 404 for one that does not exist."""
        explanation = explain(code, language_of(request))
        if explanation is None:
            raise NotFoundException
        return render(request, "problem.html", {"problem": explanation})
