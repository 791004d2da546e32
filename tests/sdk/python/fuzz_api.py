"""Plays every operation of a running Keystead's own description.

Arguments: requests for each operation, and the seed. First each operation gets a request that succeeds, made from its
example (`api_objects.py`), then requests that schemathesis makes from its schema and others that break it, with the same
keys and mostly with ids of existing objects. No answer may be a fault of the server, have a status or a content type that
the description does not name, or differ from its schema; none may be 401, as the keys are good to the end; and what
breaks the schema of a request is refused. Prints "N operations, N succeeded, N requests, N failed" and ends with 1 when
something failed.
"""

import collections
import json
import sys
import urllib.parse

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies
from openapi_spec_validator import validate
from schemathesis import GenerationMode, openapi
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from api_objects import ADDRESS, body_of, description, filled, headers, ids_of, people, person, prepare, send, session

EXAMPLES, SEED = int(sys.argv[1]), int(sys.argv[2])
# What cannot succeed here, and how it is answered instead.
REFUSED = {
    "resendPhoneVerification": (429, "a code can be sent again after some seconds"),
    "appealOrganizationVerification": (400, "no verification was refused"),
    "decideReviewCase": (404, "a case needs photos of a person; the journey `review` has them"),
    "holdReviewCase": (404, "needs a case"),
    "endHoldOfReviewCase": (404, "needs a case"),
    "releaseEndedLeases": (404, "needs a node that was killed"),
}
# Parameters of queries that are required and have no example.
QUERIES = {"model": "gpt-4o"}
# Requests of these would end the service of this address.
NOT_RANDOM = {"createIpAllowlist", "activateIpAllowlist", "updateIpAllowlist"}

load_all_checks()
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
answers = collections.Counter()
failures = []


def failed(name, error):
    failures.append(name)
    print(f"FAILED {name}: {error}", flush=True)


def check(case, response):
    status = response.status_code
    answers[status // 100] += 1
    # 501 says that the operator has not set something up, and 503 that an outside service is away.
    assert status < 500 or status in (501, 503), f"{status}: {response.text[:500]}"
    assert status != 401, response.text[:500]
    # A request that breaks the schema is refused, unless the model server judges it.
    forwarded = "default" in case.operation.definition.raw["responses"]
    judged = not forwarded and not lenient(response.request)
    case.validate_response(response, checks=[*CHECKS, negative_data_rejection] if judged else CHECKS)


def lenient(request):
    """Whether a broken request may be read: empty parameters and blank bodies count as absent, and characters that cannot
    be seen are removed around names, which shortens them."""
    parameters = urllib.parse.parse_qsl(urllib.parse.urlsplit(request.url).query, keep_blank_values=True)
    body = request.body or b""
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    try:
        text = "".join(texts(json.loads(text)))
    except ValueError:
        pass
    return any(not value for _, value in parameters) or bool(body) and (not text.strip() or not text.isprintable())


def texts(value):
    """Every text in a value of JSON."""
    if isinstance(value, dict):
        return [one for pair in value.items() for part in pair for one in texts(part)]
    if isinstance(value, list):
        return [one for item in value for one in texts(item)]
    return [value] if isinstance(value, str) else ["-"]


def example(operation, definition):
    """Sends the example of an operation with ids of new objects; returns the ids."""
    name, method, path = definition["operationId"], operation.method.upper(), operation.path
    ids = ids_of(path, definition)
    if ids is None:
        assert name in REFUSED, f"{name}: nothing makes the objects of {path}; add a maker to api_objects.py"
        ids = {one["name"]: one["example"] for one in definition["parameters"] if one["in"] == "path"}
    target = filled(path, ids)
    body, kind = body_of(definition, target)
    query = {one["name"]: QUERIES.get(one["name"]) or one["schema"].get("examples", [1767225600])[0] for one in definition.get("parameters", []) if one["in"] == "query" and one.get("required")}
    sent = body if kind == "multipart/form-data" else {"json": body} if body is not None else {}
    response = session.request(method, ADDRESS + target, params=query, headers=headers(definition), timeout=30, **sent)
    case = operation.Case(path_parameters=ids, query=query)
    check(case, response)
    wanted = REFUSED.get(name, (200,))[0]
    assert response.status_code == wanted, f"{response.status_code} instead of {wanted}: {response.text[:500]}"
    if name == "deleteUser":
        people.clear()
    if name == "activateCertificates":
        # Else requests for models would need a certificate.
        send("POST", f"{path.removesuffix('activate')}deactivate", body)
    return ids


def play(operation, definition, ids):
    """Sends random requests: that keep to the schema or break it, with existing ids, and with random ids."""
    key = headers(definition)
    kinds = [
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=ids, headers=key),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE, path_parameters=ids, headers=key),
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE, headers=key),
    ]

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=strategies.one_of(kinds))
    def one(case):
        # The key is sent whatever a broken request has in its place.
        case.headers = {**(case.headers or {}), **key}
        check(case, case.call(base_url=ADDRESS, session=session, timeout=30))

    one()


validate(description)
prepare()
schema = openapi.from_dict(description)
succeeded, every = 0, []
for result in schema.get_all_operations():
    operation = result.ok()
    definition = description["paths"][operation.path][operation.method.lower()]
    every.append((operation, definition))
reached = {}
for operation, definition in every:
    name = definition["operationId"]
    try:
        reached[name] = example(operation, definition)
        succeeded += name not in REFUSED
    except (Exception, FailureGroup) as error:  # every operation is played, so that one run shows all that is wrong
        failed(f"{name}, its example", error)
person()
for operation, definition in every:
    name = definition["operationId"]
    if name in NOT_RANDOM or EXAMPLES == 0:
        continue
    try:
        play(operation, definition, reached.get(name))
    except (Exception, FailureGroup) as error:
        failed(name, error)
for scheme in ("adminKey", "projectKey"):
    answer = session.get(f"{ADDRESS}/v1/me", headers=headers({"security": [{scheme: []}]}), timeout=30)
    if answer.status_code != 200:
        failed(scheme, "the key does not work any more, so that later answers prove nothing")
kinds = ", ".join(f"{kind}xx {count}" for kind, count in sorted(answers.items()))
print(f"{len(every)} operations, {succeeded} succeeded, {sum(answers.values())} requests ({kinds}), {len(failures)} failed")
sys.exit(1 if failures else 0)
