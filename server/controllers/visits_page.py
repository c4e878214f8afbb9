"""What inspectors noted besides inspections: visits that brought none, and plots no list had."""

from litestar import Controller, Response, get

from server.guards import allow
from server.pages import READERS, AnyRequest, render
from server.store import visits
from server.store.keyset import Key


class VisitsController(Controller):
    """Two lists, newest first; what follows from them is decided elsewhere."""

    path = "/desk/visits"
    include_in_schema = False
    opt = {"policy": allow(*READERS)}

    @get("/")
    async def lists(self, request: AnyRequest) -> Response[str]:
        """Show one of the lists."""
        tab = "found" if request.query_params.get("tab") == "found" else "attempts"
        read = visits.read_found if tab == "found" else visits.read_attempts
        after, before = (Key.parse(request.query_params.get(name)) for name in ("after", "before"))
        page = await read(request.user.scope(*READERS), after=after, before=before)
        return render(request, "desk/visits.html", {"tab": tab, "page": page})
