"""The API against its own description: what it promises is true, and nothing sent to it makes the server fail."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.app import create_app
from server.demo.accounts import DEMO_PASSWORD
from server.problems import PROBLEMS
from server.schema import OPEN, PROBLEMS_OF, complete
from server.settings import read_settings
from tests.support.live_server import LiveServer, live_server

EXAMPLES = 25
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# Part of a photo is bytes to whoever makes some up.
schemathesis.serializer.alias("application/partial-upload", "application/octet-stream")
PHONE = "6f0c2a51-7c2f-4f2e-8d57-0f4d1c6b2a90"


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The description, as it is served."""
    app = create_app(read_settings({"YANSHOU_DATA": str(tmp_path_factory.mktemp("data"))}), work=False)
    return complete(app.openapi_schema.to_schema())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with the demonstration, as an installation starts it."""
    data = Path(tmp_path_factory.mktemp("schema"))
    with live_server(data, f"sqlite:///{data / 'yanshou.sqlite'}") as running:
        yield running


@pytest.fixture(scope="module")
def token(server: LiveServer) -> str:
    """An inspector's, so that what is sent comes as far as it can."""
    credentials = {"name": "yanshou01", "password": DEMO_PASSWORD, "device_id": PHONE}
    answer = httpx.post(f"{server.url}/api/session", json=credentials)
    return str(answer.json()["token"])


@pytest.fixture
def api(server: LiveServer) -> Any:
    """The operations, read from the running server."""
    return schemathesis.openapi.from_url(f"{server.url}/schema/openapi.json")


def test_the_description_is_valid_openapi(described: dict[str, Any]):
    """A generator of clients must be able to read it: OpenAPI 3.1, every reference resolved."""
    OpenAPIV31SpecValidator(described).validate()

    assert described["openapi"] == "3.1.0"


def test_every_operation_says_which_problems_it_has_and_who_may_call_it(described: dict[str, Any]):
    """The table in the code names exactly the operations there are, and calls open what is open."""
    operations = {
        operation["operationId"]: operation
        for item in described["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    }

    assert set(operations) == set(PROBLEMS_OF)
    assert {name for name, operation in operations.items() if operation.get("security") == []} == OPEN
    statuses = {problem.status for problem in PROBLEMS.values()}
    assert {status for named in PROBLEMS_OF.values() for status in named} <= statuses | {415}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", sorted(PROBLEMS_OF))
def test_whatever_is_sent_is_answered_as_described(api: Any, token: str, name: str, mode: GenerationMode):
    """Nothing makes it fail (5xx), and every answer has a status, a type and a form that the description names."""
    # Signing out with the token of all the others would end the test; without one it is refused as described.
    headers = {} if name == "signOut" else {"Authorization": f"Bearer {token}"}

    @given(api.find_operation_by_id(name).as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    def knock(case: Any) -> None:
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)

    # Some operations take nothing that could be wrong.
    with suppress(Unsatisfiable):
        knock()
