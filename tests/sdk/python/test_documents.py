"""The documents' own examples through curl and the official Python SDK, against a running Keystead.

Prints "N passed, N failed" and ends with 1 when something failed. All addresses and keys come from SDK_* variables.
"""

import json
import os
import subprocess
import sys
import time
import traceback

import openai
from openai import OpenAI

BASE = os.environ["SDK_BASE_URL"]
SANDBOX = os.environ.get("SDK_SANDBOX_URL", "")
ORGANIZATION = os.environ["SDK_ORGANIZATION_ID"]
PROJECT = os.environ["SDK_PROJECT_ID"]
ADMIN_KEY = os.environ["SDK_ADMIN_KEY"]
USER_KEY = os.environ["SDK_USER_KEY"]
PROJECT_KEY = os.environ["SDK_PROJECT_KEY"]
MESSAGES = [{"role": "user", "content": "Say hello"}]

checks = []
expected = {"requests": 0, "input": 0, "output": 0}


def check(function):
    checks.append(function)
    return function


def client(key, **more):
    return OpenAI(api_key=key, base_url=BASE, max_retries=0, **more)


def note(usage):
    expected["requests"] += 1
    expected["input"] += usage.prompt_tokens
    expected["output"] += usage.completion_tokens


def curl(path, *arguments):
    command = ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", BASE + path, *arguments]
    body, status = subprocess.run(command, check=True, capture_output=True, text=True).stdout.rsplit("\n", 1)
    return int(status), json.loads(body)


def refused(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


@check
def curl_creates_a_key():  # S1-27, S1-28
    status, body = curl(
        "/api-keys", "--request", "POST",
        "--header", f"Authorization: Bearer {PROJECT_KEY}",
        "--header", "Content-Type: application/json",
        "--data", '{"name": "My new key"}',
    )
    assert status in (200, 201), (status, body)
    assert body["value"].startswith("sk-proj-"), "project keys begin with sk-proj-"
    answer = client(body["value"]).chat.completions.create(model="gpt-4o", messages=MESSAGES)
    note(answer.usage)


@check
def curl_lists_models_with_both_headers():  # S2-10, S2-11, S2-14
    status, body = curl(
        "/models",
        "--header", f"Authorization: Bearer {USER_KEY}",
        "--header", f"OpenAI-Organization: {ORGANIZATION}",
        "--header", f"OpenAI-Project: {PROJECT}",
    )
    assert status == 200, (status, body)
    assert "gpt-4o" in [model["id"] for model in body["data"]]


@check
def a_key_in_the_address_is_no_key():  # S2-10
    status, body = curl(f"/models?api_key={PROJECT_KEY}")
    assert status == 401, (status, body)


@check
def chat_completion():  # S1-29
    answer = client(PROJECT_KEY).chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert answer.choices[0].message.content
    note(answer.usage)


@check
def both_headers_from_the_sdk():  # S2-11, S2-12, S2-15
    sdk = client(USER_KEY, organization=ORGANIZATION, project=PROJECT)
    raw = sdk.chat.completions.with_raw_response.create(model="gpt-4o", messages=MESSAGES)
    note(raw.parse().usage)
    assert raw.headers["x-request-id"].startswith("req_")


@check
def no_project_header_is_the_default_project():  # S2-13
    answer = client(USER_KEY, organization=ORGANIZATION).chat.completions.create(model="gpt-4o", messages=MESSAGES)
    note(answer.usage)


@check
def streaming():
    stream = client(PROJECT_KEY).chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    text, usage = "", None
    for chunk in stream:
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        usage = chunk.usage or usage
    assert text and usage is not None
    note(usage)


@check
def embeddings():
    answer = client(PROJECT_KEY).embeddings.create(model="text-embedding-3-small", input="The quick brown fox")
    assert answer.data[0].embedding and answer.usage.prompt_tokens > 0


@check
def models():
    names = [model.id for model in client(PROJECT_KEY).models.list()]
    assert "gpt-4o" in names and "text-embedding-3-small" in names, names


@check
def wrong_keys_are_authentication_errors():
    for key in ("sk-wrong", PROJECT_KEY[:-1] + ("A" if PROJECT_KEY[-1] != "A" else "B")):
        error = refused(openai.AuthenticationError, lambda key=key: client(key).models.list())
        assert error.code == "invalid_api_key" and key not in str(error), "the key is never repeated"


@check
def foreign_organizations_are_refused():  # S2-11
    refused(openai.APIStatusError, lambda: client(PROJECT_KEY, organization="org-of-somebody-else").models.list())


@check
def unknown_models_are_not_found():
    error = refused(
        openai.NotFoundError,
        lambda: client(PROJECT_KEY).chat.completions.create(model="no-such-model", messages=MESSAGES),
    )
    assert error.code == "model_not_found"


@check
def unverified_organizations_get_no_images():
    error = refused(
        openai.PermissionDeniedError,
        lambda: client(PROJECT_KEY).images.generate(model="gpt-image-1", prompt="A cat"),
    )
    assert "verified" in str(error).lower()


@check
def admin_keys_call_no_models():
    refused(
        openai.APIStatusError,
        lambda: client(ADMIN_KEY).chat.completions.create(model="gpt-4o", messages=MESSAGES),
    )


@check
def administration():
    admin = OpenAI(api_key=ADMIN_KEY, admin_api_key=ADMIN_KEY, base_url=BASE, max_retries=0).admin.organization
    project = admin.projects.create(name="Made by the SDK")
    assert project.id in [listed.id for listed in admin.projects.list()]
    account = admin.projects.service_accounts.create(project.id, name="Bot")
    assert account.api_key.value.startswith("sk-svcacct-")
    bot = client(account.api_key.value)
    bot.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)
    keys = list(admin.projects.api_keys.list(project.id))
    assert account.api_key.id in [key.id for key in keys]
    admin.projects.api_keys.retrieve(account.api_key.id, project_id=project.id)
    # A revoked key is refused by the very next request.
    admin.projects.service_accounts.delete(account.id, project_id=project.id)
    refused(openai.AuthenticationError, bot.models.list)
    archived = admin.projects.archive(project.id)
    assert archived.status == "archived"


@check
def rate_limits():
    admin = OpenAI(api_key=ADMIN_KEY, admin_api_key=ADMIN_KEY, base_url=BASE, max_retries=0).admin.organization
    project = admin.projects.create(name="Slow")
    limits = {limit.model: limit for limit in admin.projects.rate_limits.list_rate_limits(project.id)}
    assert limits["gpt-4o-mini"].object == "project.rate_limit" and limits["gpt-4o-mini"].id == "rl-gpt-4o-mini"
    assert all(limit.max_requests_per_1_minute > 0 and limit.max_tokens_per_1_minute > 0 for limit in limits.values())
    pages = [limit.id for limit in admin.projects.rate_limits.list_rate_limits(project.id, limit=2)]
    assert pages == [limit.id for limit in limits.values()], "page by page the same"
    changed = admin.projects.rate_limits.update_rate_limit(
        "rl-gpt-4o-mini", project_id=project.id, max_tokens_per_1_minute=600, max_requests_per_1_minute=30
    )
    assert (changed.max_tokens_per_1_minute, changed.max_requests_per_1_minute) == (600, 30)
    error = refused(openai.BadRequestError, lambda: admin.projects.rate_limits.update_rate_limit(
        "rl-gpt-4o-mini", project_id=project.id, max_tokens_per_1_minute=0
    ))
    assert error.param == "max_tokens_per_1_minute"
    account = admin.projects.service_accounts.create(project.id, name="Bot")
    key = account.api_key.value
    long = [{"role": "user", "content": "one two three four five six seven eight nine ten " * 4}]
    first = client(key).chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=long, max_tokens=64)
    assert first.headers["x-ratelimit-limit-tokens"] == "600" and first.headers["x-ratelimit-limit-requests"] == "30"
    assert first.headers["x-ratelimit-limit-project-tokens"] == "600"
    assert first.headers["x-ratelimit-remaining-requests"] == "29" and first.headers["x-ratelimit-reset-requests"] == "2s"
    # `rate_limit_exceeded`, then the SDK's own retries: it waits as long as the header says, and no longer.
    asked = dict(model="gpt-4o-mini", messages=MESSAGES, max_tokens=590)
    error = refused(openai.RateLimitError, lambda: client(key).chat.completions.create(**asked))
    assert (error.code, error.type) == ("rate_limit_exceeded", "tokens"), error
    told = float(error.response.headers["retry-after-ms"]) / 1000
    assert 0 < told <= 60, told
    began = time.time()
    patient = OpenAI(api_key=key, base_url=BASE).chat.completions.with_raw_response.create(**asked)
    assert patient.retries_taken == 1 and time.time() - began < told + 5
    assert patient.parse().choices[0].message.content
    # A request that is larger than the limit is not tried again: no wait helps.
    error = refused(openai.RateLimitError, lambda: OpenAI(api_key=key, base_url=BASE).chat.completions.create(
        model="gpt-4o-mini", messages=MESSAGES, max_tokens=601
    ))
    assert "Request too large" in error.message and error.response.headers["x-should-retry"] == "false"
    assert "x-stainless-retry-count" not in error.request.headers or error.request.headers["x-stainless-retry-count"] == "0"


@check
def audit_logs():  # S1-30
    admin = OpenAI(api_key=ADMIN_KEY, admin_api_key=ADMIN_KEY, base_url=BASE, max_retries=0).admin.organization
    start = int(time.time()) - 3600
    project = admin.projects.create(name="Audited")
    mine = list(admin.audit_logs.list(resource_ids=[project.id], event_types=["project.created"], effective_at={"gte": start}))
    assert len(mine) == 1 and mine[0].type == "project.created" and mine[0].project.name == "Audited", mine
    assert mine[0].actor.type == "api_key" and mine[0].actor.api_key.user.email, mine[0].actor
    address = mine[0].actor.api_key.user.email
    by_her = admin.audit_logs.list(actor_emails=[address], project_ids=[project.id], limit=1)
    assert [event.id for event in by_her.data] == [mine[0].id]
    assert not admin.audit_logs.list(effective_at={"lt": start}, resource_ids=[project.id]).data
    # The pages of the SDK, one row at a time, tell the same as one page.
    every = [event.id for event in admin.audit_logs.list(limit=100)]
    few = [event.id for event, _ in zip(admin.audit_logs.list(limit=2), range(7))]
    assert few == every[:7], (few, every[:7])
    refused(openai.BadRequestError, lambda: admin.audit_logs.list(limit=0))
    admin.projects.archive(project.id)


def completions_usage(admin, **filters):
    page = admin.usage.completions(start_time=int(time.time()) - 86400, bucket_width="1d", **filters)
    return [result for bucket in page.data for result in bucket.results]


@check
def usage_and_costs():  # S2-12
    admin = OpenAI(api_key=ADMIN_KEY, admin_api_key=ADMIN_KEY, base_url=BASE, max_retries=0).admin.organization
    deadline = time.time() + 15
    while True:
        results = completions_usage(admin, project_ids=[PROJECT], models=["gpt-4o"], group_by=["project_id", "model"])
        seen = {
            "requests": sum(result.num_model_requests for result in results),
            "input": sum(result.input_tokens for result in results),
            "output": sum(result.output_tokens for result in results),
        }
        if seen == expected or time.time() > deadline:
            break
        time.sleep(0.2)
    assert seen == expected, (seen, expected)
    assert all(result.project_id == PROJECT and result.model == "gpt-4o" for result in results)
    costs = admin.usage.costs(start_time=int(time.time()) - 86400)
    amounts = [result.amount for bucket in costs.data for result in bucket.results]
    assert sum(amount.value for amount in amounts) > 0 and {amount.currency for amount in amounts} == {"usd"}
    # Members that the SDK does not know are kept; parameters that the API does not know are refused by name.
    assert all("keystead_estimated" in result.model_extra for result in results)
    for name in ("project_id", "project_ids[0][id]", "sizes"):
        try:
            completions_usage(admin, extra_query={name: "true"})
            raise AssertionError(f"{name} was ignored")
        except openai.BadRequestError as refused:
            assert refused.param == name, refused
    assert completions_usage(admin, extra_query={"project_ids[0]": PROJECT})


@check
def usage_equals_what_the_model_server_served():
    assert SANDBOX, "no sandbox runs, so nothing can be compared"
    served = json.loads(subprocess.run(
        ["curl", "--silent", "--fail", SANDBOX + "/sandbox/usage"], check=True, capture_output=True, text=True
    ).stdout)
    admin = OpenAI(api_key=ADMIN_KEY, admin_api_key=ADMIN_KEY, base_url=BASE, max_retries=0).admin.organization
    truth = {}
    for row in served["data"]:
        if row["model"] in ("gpt-4o", "gpt-4o-mini"):
            sums = truth.setdefault(row["model"], [0, 0])
            sums[0] += row["input_tokens"]
            sums[1] += row["output_tokens"]
    # Usage is delivered a moment after the answer.
    deadline = time.time() + 15
    counted = None
    while counted != truth and time.time() < deadline:
        counted = {}
        for result in completions_usage(admin, group_by=["model"]):
            sums = counted.setdefault(result.model, [0, 0])
            sums[0] += result.input_tokens
            sums[1] += result.output_tokens
    assert counted == truth, (counted, truth)


def main():
    passed = failed = 0
    for function in checks:
        try:
            function()
            passed += 1
        except Exception:
            failed += 1
            print(f"FAILED {function.__name__}")
            traceback.print_exc(limit=-3)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
