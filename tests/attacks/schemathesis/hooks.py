"""What every answer to a generated request must keep: no defect of the server's own."""

import schemathesis
from hypothesis import strategies
from schemathesis.graphql import nodes

DEFECTS = {"INTERNAL", "STORE_UNAVAILABLE", "TIME_LIMIT", "OVERLOADED"}

decimals = strategies.decimals(allow_nan=False, allow_infinity=False, places=2)
schemathesis.graphql.scalar("Decimal", decimals.map(str).map(nodes.String))
schemathesis.graphql.scalar("GeoJSON", strategies.text().map(nodes.String))
schemathesis.graphql.scalar("JSON", strategies.text().map(nodes.String))


@schemathesis.check
def no_defect(ctx, response, case):
    """JSON of one shape, a status below 500, and every error with a code that is no defect."""
    assert response.status_code < 500, f"status {response.status_code}"
    answer = response.json()
    assert set(answer) <= {"data", "errors", "extensions"}, sorted(answer)
    errors = answer.get("errors", [])
    assert errors or "data" in answer, "neither data nor errors"
    for error in errors:
        code = error["extensions"]["code"]
        assert error["message"] and code, error
        assert code not in DEFECTS, error
