"""Plays every operation of a running Keystead's own description with schemathesis.

Arguments: the address, requests for each operation, and the seed. No answer may be a fault of the server, have a status
that the description does not name, or differ from its schema. Prints "N operations, N requests, N failed" and ends with 1
when something failed.
"""

import os
import sys

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

ADDRESS, EXAMPLES, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
KEYS = {"adminKey": os.environ["SDK_ADMIN_KEY"], "projectKey": os.environ["SDK_PROJECT_KEY"]}
# Ids of what exists, so that requests come further than "not found".
KNOWN = {"project_id": os.environ["SDK_PROJECT_ID"], "organization_id": os.environ["SDK_ORGANIZATION_ID"]}
# What would end the keys of this test, or the service of models that it uses.
LEFT_OUT = {"deleteAdminApiKey", "createIpAllowlist", "activateIpAllowlist", "updateIpAllowlist"}

load_all_checks()
session = requests.Session()
description = session.get(f"{ADDRESS}/openapi.json").json()
schema = schemathesis.openapi.from_dict(description)
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
played = {"operations": 0, "requests": 0}
failures = []


def key_of(definition):
    schemes = [name for one in definition.get("security", []) for name in one]
    return KEYS[schemes[0]] if schemes else None


def known(case):
    """Puts an existing id in place of half of the invented ones."""
    for name, value in KNOWN.items():
        if name in (case.path_parameters or {}) and len(str(case.path_parameters[name])) % 2:
            case.path_parameters[name] = value


def play(operation):
    definition = description["paths"][operation.path][operation.method.lower()]
    name, key = definition["operationId"], key_of(definition)
    if name in LEFT_OUT:
        return
    played["operations"] += 1
    headers = {"Authorization": f"Bearer {key}"} if key else {}

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case):
        known(case)
        played["requests"] += 1
        response = case.call(base_url=ADDRESS, headers=headers, session=session, timeout=30)
        status = response.status_code
        # 501 says that the operator has not set something up, and 503 that an outside service is away.
        assert status < 500 or status in (501, 503), f"{status}: {response.text[:500]}"
        case.validate_response(response, checks=CHECKS)

    try:
        one()
    except Exception as error:  # every operation is played, so that one run shows all that is wrong
        failures.append((name, str(error)))
        print(f"FAILED {name}: {error}", flush=True)


for result in schema.get_all_operations():
    play(result.ok())
print(f"{played['operations']} operations, {played['requests']} requests, {len(failures)} failed")
sys.exit(1 if failures else 0)
