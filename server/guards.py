"""
Who may call a route. Deny unless a policy allows.

A route names its policy as `opt={"policy": ...}`; one without is refused at start-up
(`assert_every_route_has_a_policy`) and, should it slip through, at every call. A policy says who may knock; which
regions they see is the query's scope.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from server.roles import Identity, Role
from server.sessions import SAFE_METHODS


@dataclass(frozen=True, slots=True)
class Policy:
    """Whether a session is needed, and which roles open the route (none named: any)."""

    signed_in: bool
    roles: frozenset[Role] = frozenset()

    def allows(self, identity: Identity | None) -> bool:
        """Whether this person may call the route."""
        if not self.signed_in:
            return True
        return identity is not None and (not self.roles or identity.holds(*self.roles))


PUBLIC = Policy(signed_in=False)
SIGNED_IN = Policy(signed_in=True)


def allow(*roles: Role) -> Policy:
    """Allow the named roles only."""
    return Policy(signed_in=True, roles=frozenset(roles))


class PolicyMiddleware(ASGIMiddleware):
    """
    The door of every route, behind `SessionMiddleware`. No guard: for those the framework copies the route each time.

    A route that names roles and is not only read keeps something: it is shut while the disk is failing.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """
        Let in whom the route's policy allows.

        Raises:
            StorageFailed: The route keeps something, and the store was closed.
            NotAuthorizedException: No session, and the route wants one.
            PermissionDeniedException: Wrong role, or the route names no policy.
        """
        policy, identity = scope["route_handler"].opt.get("policy"), scope["user"]
        if not isinstance(policy, Policy):
            raise PermissionDeniedException
        if not policy.allows(identity):
            raise PermissionDeniedException if identity else NotAuthorizedException
        if policy.roles and scope.get("method") not in SAFE_METHODS:
            scope["litestar_app"].state.photos.health.require_open()
        await next_app(scope, receive, send)


def routes_without_policy(app: Litestar) -> Iterable[str]:
    """
    Name the handlers that declare no policy.

    The OPTIONS handlers that the framework adds by itself are left out: they declare none and so refuse every call.
    """
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]:
            if handler is None or getattr(handler, "http_methods", None) == {"OPTIONS"}:
                continue
            if not isinstance(handler.opt.get("policy"), Policy):
                yield f"{route.path} ({handler})"


def assert_every_route_has_a_policy(app: Litestar) -> None:
    """Refuse to start with an open door; called once when the application is put together."""
    open_routes = list(routes_without_policy(app))
    if open_routes:
        raise RuntimeError(f"routes without a policy: {', '.join(open_routes)}")
