"""Runs each Python program of the API's description with a transport that records, and compares the request that it
sends with the operation.

Prints "N passed, N failed" and ends with 1 when something failed. Addresses and keys come from SDK_* variables.
"""

import json
import os
import re
import sys
import urllib.request

import httpx2
import openai

ROOT = os.environ["SDK_BASE_URL"].removesuffix("/v1")
os.environ.update(OPENAI_API_KEY="sk-example", OPENAI_ADMIN_KEY="sk-admin-example")


class Recorder(httpx2.BaseTransport):
    """Answers every request with an empty object, and keeps the last one."""

    last = None

    def handle_request(self, request):
        request.read()
        Recorder.last = request
        return httpx2.Response(200, json={"object": "list", "data": [], "has_more": False}, request=request)


class Client(openai.OpenAI):
    def __init__(self, **options):
        super().__init__(http_client=httpx2.Client(transport=Recorder()), max_retries=0, **options)


def fault(path, method, operation, source):
    """What is wrong with a program; nothing when it sends its operation."""
    Recorder.last = None
    program = source.replace("from openai import OpenAI", "")
    try:
        exec(compile(program, operation["operationId"], "exec"), {"OpenAI": Client, "print": lambda *_: None})
    except Exception as error:
        # The empty answer may be refused, but only after the request was sent.
        if Recorder.last is None:
            return f"{type(error).__name__}: {error}"
    sent = Recorder.last
    wanted = re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path))
    if sent.method != method.upper() or not re.fullmatch(wanted, sent.url.path):
        return f"sent {sent.method} {sent.url.path}"
    example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    body = json.loads(sent.content) if sent.content else None
    if example is not None and {name: body.get(name) for name in example} != example:
        return f"sent {body}, not {example}"
    names = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
    unknown = {name.removesuffix("[]") for name in sent.url.params} - names
    return f"unknown parameters {unknown}" if unknown else None


with urllib.request.urlopen(f"{ROOT}/openapi.json") as answer:
    description = json.load(answer)
passed, failed = 0, []
for path, verbs in description["paths"].items():
    for method, operation in verbs.items():
        source = next(one["source"] for one in operation["x-codeSamples"] if one["lang"] == "python")
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
            continue
        wrong = fault(path, method, operation, source)
        if wrong is None:
            passed += 1
        else:
            failed.append((operation["operationId"], wrong))
for name, wrong in failed:
    print(f"FAILED {name}: {wrong}")
print(f"{passed} passed, {len(failed)} failed")
sys.exit(1 if failed else 0)
