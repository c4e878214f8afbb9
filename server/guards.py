"""
Who may call a route. Deny unless a policy allows.

A route names its policy as `opt={"policy": ...}`; one without is refused at start-up
(`assert_every_route_has_a_policy`) and, should it slip through, at every call. A policy says who may knock; which
regions they see is the query's scope.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

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


async def check_policy(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """
    Guard of the whole application; it waits for nothing, but a plain function would be run in a thread each time.

    A route that names roles and is not only read keeps something: it is shut while the disk is failing.

    Raises:
        StorageFailed: The route keeps something, and the store was closed.
        NotAuthorizedException: No session, and the route wants one.
        PermissionDeniedException: Wrong role, or the route names no policy.
    """
    policy = handler.opt.get("policy")
    identity = connection.scope.get("user")
    if isinstance(policy, Policy) and policy.allows(identity):
        if policy.roles and connection.scope.get("method") not in SAFE_METHODS:
            connection.app.state.photos.health.require_open()
        return
    if isinstance(policy, Policy) and identity is None:
        raise NotAuthorizedException
    raise PermissionDeniedException


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
