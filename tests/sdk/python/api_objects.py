"""Objects for requests of the API's description: each operation gets a request that succeeds, made from its example.

Ids in the path are those of new objects. An object is made by the operation that creates its kind, which is the POST at
the path before its id; what cannot be made like this has a maker in `MAKERS`.
"""

import functools
import json
import os
import pathlib
import time
import urllib.parse

import requests

ADDRESS = os.environ["SDK_BASE_URL"].removesuffix("/v1")
SANDBOX = os.environ["SDK_SANDBOX_URL"]
KEYS = {"adminKey": os.environ["SDK_ADMIN_KEY"], "projectKey": os.environ["SDK_PROJECT_KEY"]}
PROJECT, ORGANIZATION = os.environ["SDK_PROJECT_ID"], os.environ["SDK_ORGANIZATION_ID"]
CERTIFICATE = (pathlib.Path(os.environ["SDK_CERTIFICATES"]) / "authority.pem").read_text()
ADMIN = "/v1/organization"
# One line of a batch, and a sound and a picture of the smallest size.
LINE = '{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}}\n'
FILES = {"file": ("lines.jsonl", LINE), "image": ("one.png", b"\x89PNG\r\n\x1a\n"), "data": ("part", "0123456789")}

session = requests.Session()
description = session.get(f"{ADDRESS}/openapi.json", timeout=30).json()
operations = {(method.upper(), path): one for path, verbs in description["paths"].items() for method, one in verbs.items()}
made = 0


def headers(operation):
    """The key that an operation needs."""
    schemes = [name for one in operation.get("security", []) for name in one]
    return {"Authorization": f"Bearer {KEYS[schemes[0]]}"} if schemes else {}


def number():
    """A number for a name that is used once."""
    global made
    made += 1
    return made


def send(method, path, body=None, key="adminKey", **more):
    answer = session.request(method, ADDRESS + path, json=body, headers={"Authorization": f"Bearer {KEYS[key]}"}, timeout=30, **more)
    assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
    return answer.json()


def wait_for(what, look):
    """Looks until there is something: jobs of the server follow requests within a moment."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come")


def messages(address, mark=""):
    """What the sandbox delivered to an address or a phone, the newest first."""

    def sent():
        all_of_them = session.get(f"{SANDBOX}/messages", timeout=30).json()["data"]
        return [one for one in all_of_them if one["to"].startswith(address) and mark in (one["link"] or one["code"] or "")]

    return wait_for(f"a message to {address}", sent)


def follow(link, path):
    """Chooses a password behind the link of a mail, as a person does."""
    form = {"token": urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["token"][0], "password": "correct horse battery"}
    submit(path, form)


def submit(path, form):
    same_site = {"Sec-Fetch-Site": "same-origin"}
    answer = session.post(ADDRESS + path, data=form, headers=same_site, allow_redirects=False, timeout=30)
    assert answer.status_code == 303, answer.text[:300]
    session.cookies.clear()


def prepare():
    """Confirms the owner's address, so that they are an operator."""
    submit("/forgot", {"email": "owner@example.com"})
    follow(messages("owner@example.com", "/reset?")[0]["link"], "/reset")


people = {}


def person():
    """A member of the organization: the same one until `people` is cleared."""
    if "id" not in people:
        address = f"person{number()}@example.com"
        send("POST", f"{ADMIN}/invites", {"email": address, "role": "reader"})
        follow(messages(address, "/invite?")[0]["link"], "/invite/join")
        people["id"] = send("GET", f"{ADMIN}/users?emails={address}")["data"][0]["id"]
    return people["id"]


def project_of(path):
    parts = path.split("/")
    return parts[parts.index("projects") + 1] if "projects" in parts else PROJECT


def account(project):
    wanted = {"name": f"account {number()}", "create_service_account_only": True}
    return send("POST", f"{ADMIN}/projects/{project}/service_accounts", wanted)["id"]


def key_of(project):
    path = f"{ADMIN}/projects/{project}/service_accounts/{account(project)}/api_keys"
    return send("POST", path, {"name": "key"})["id"]


def budget_of_key(_path=None):
    """A budget of a new key, which has no other."""
    wanted = {"subject": {"type": "api_key", "id": key_of(PROJECT)}, "measure": "tokens", "interval": "day", "amount": 1000}
    return send("POST", "/v1/keystead/budgets", wanted)["id"]


def file(_path=None):
    form = {"files": {"file": FILES["file"]}, "data": {"purpose": "batch"}}
    headers = {"Authorization": f"Bearer {KEYS['projectKey']}"}
    return session.post(f"{ADDRESS}/v1/files", headers=headers, timeout=30, **form).json()["id"]


def card(_path):
    """A card that was added at the payment service."""
    setup = send("POST", "/v1/keystead/payment_methods")
    session.post(f"{setup['url']}/simulate", json={"outcome": "succeed"}, timeout=30)
    target = f"/v1/keystead/payment_methods/{setup['id']}/refresh"
    wait_for("a card", lambda: send("POST", target)["status"] == "succeeded")
    return send("GET", "/v1/keystead/payment_methods")["data"][0]["id"]


@functools.cache
def card_on_file():
    """Whether there is a card with which credit is bought; one is enough."""
    return card(None)


def purchase(_path=None):
    """A purchase of credit that is paid."""
    card_on_file()
    return send("POST", "/v1/keystead/credit/purchases", {"amount_in_cents": 500})["id"]


def phone(_path):
    """An organization with a verified phone."""
    made = send("POST", "/v1/keystead/phone_verifications", {"phone_number": f"+48 512 345 {100 + number()}"})
    send("POST", f"/v1/keystead/phone_verifications/{made['id']}/check", {"code": messages("+48")[0]["code"]})
    return [ORGANIZATION]


def verified(_path):
    """An organization with a verification that succeeded."""
    made = send("POST", "/v1/keystead/organization_verifications", {"consent": True})
    session.post(f"{made['url'].split('?')[0]}/simulate", json={"outcome": "approve"}, timeout=30)
    target = f"/v1/keystead/organization_verifications/{made['id']}/refresh"
    wait_for("a verification", lambda: send("POST", target)["status"] == "approved")
    return ORGANIZATION


def part(path):
    """A part of the upload that a path names."""
    headers = {"Authorization": f"Bearer {KEYS['projectKey']}"}
    target = f"{ADDRESS}{path.removesuffix('/complete')}/parts"
    return session.post(target, headers=headers, files={"data": FILES["data"]}, timeout=30).json()["id"]


def workload(body):
    """A provider that trusts the sandbox's issuer, a rule for an account, and a token that the rule admits."""
    claims = {"sub": f"job {number()}", "aud": "keystead"}
    provider = send("POST", f"{ADMIN}/workload_identity_providers", {"name": "ci", "type": "oidc", "issuer": f"{SANDBOX}/oidc", "audience": "keystead"})["id"]
    rule = {"project_id": PROJECT, "service_account_id": account(PROJECT), "attribute_matchers": {"sub": claims["sub"]}, "permissions": {"type": "service_account_default"}}
    send("POST", f"{ADMIN}/workload_identity_providers/{provider}/federation_rules", rule)
    token = session.post(f"{SANDBOX}/oidc/workload_token", json=claims, timeout=30).json()["token"]
    return {**body, "subject_token": token, "identity_provider_id": provider, "service_account_id": rule["service_account_id"]}


# Makers of ids for the parameter of a path that ends here; they get the path before it, with ids.
MAKERS = {
    "/v1/models/{id}": lambda _: "gpt-4o",
    "/v1/files/{id}": file,
    f"{ADMIN}/users/{{user_id}}": lambda _: person(),
    f"{ADMIN}/projects/{{project_id}}/users/{{user_id}}": lambda path: send("POST", path, {"user_id": person(), "role": "member"}) and person(),
    f"{ADMIN}/projects/{{project_id}}/rate_limits/{{rate_limit_id}}": lambda _: "rl-gpt-4o",
    f"{ADMIN}/projects/{{project_id}}/api_keys/{{key_id}}": lambda path: key_of(project_of(path)),
    "/v1/keystead/api_keys/{key_id}": lambda _: key_of(PROJECT),
    "/v1/projects/{project_id}": lambda _: send("POST", f"{ADMIN}/projects", {"name": f"Project {number()}"})["id"],
    "/v1/projects/{project_id}/users/{user_id}": lambda _: person(),
    "/v1/projects/{project_id}/groups/{group_id}": lambda _: send("POST", f"{ADMIN}/groups", {"name": f"Group {number()}"})["id"],
    "/v1/keystead/operator/organizations/{organization_id}": lambda _: ORGANIZATION,
    "/v1/keystead/operator/exemptions/{organization_id}": lambda _: ORGANIZATION,
    "/v1/keystead/operator/credit/{organization_id}": lambda _: ORGANIZATION,
    "/v1/keystead/credit/purchases/{purchase_id}": purchase,
    "/v1/keystead/operator/credit/{organization_id}/purchases/{purchase_id}": purchase,
    "/v1/keystead/webhooks/{webhook_id}/deliveries/{delivery_id}": lambda path: send("POST", path.replace("/deliveries", "/test"))["id"],
    "/v1/keystead/operator/prices/{id}": lambda path: send("POST", path, {"model": "o3", "input": 2, "holds_from": int(time.time()) + 86400, "reason": "Later."})["id"],
}
# The same for operations with an id of another kind than others at the path.
MAKERS_OF = {"deletePaymentMethod": card, "preferPaymentMethod": card, "operateOnVerification": verified}
# Values for members of bodies, by name; they get the path with ids.
VALUES = {
    "name": lambda _: f"Name {number()}",
    "role_name": lambda _: f"Role {number()}",
    "email": lambda _: f"guest{number()}@example.com",
    "user_id": lambda _: person(),
    "group_id": lambda _: send("POST", f"{ADMIN}/groups", {"name": f"Group {number()}"})["id"],
    "project_id": lambda _: PROJECT,
    "service_account_id": lambda _: account(PROJECT),
    "organization_id": lambda _: ORGANIZATION,
    "organization_ids": phone,
    "certificate": lambda _: CERTIFICATE,
    "certificate_ids": lambda _: [send("POST", f"{ADMIN}/certificates", {"certificate": CERTIFICATE})["id"]],
    "input_file_id": file,
    "allowed_ips": lambda _: ["127.0.0.0/8", "::1/128"],
    "issuer": lambda _: f"{SANDBOX}/oidc",
    "part_ids": lambda path: [part(path)],
    "budget_id": budget_of_key,
    "subject": lambda _: {"type": "api_key", "id": key_of(PROJECT)},
    "code": lambda _: messages("+48")[0]["code"],
}
# What is made at the path of an operation before it: a limit that it reads or removes.
SPEND_LIMIT = {"threshold_amount": 50_000, "currency": "USD", "interval": "month"}
BEFORE = dict.fromkeys(("retrieveSpendLimit", "deleteSpendLimit", "retrieveProjectSpendLimit", "deleteProjectSpendLimit"), SPEND_LIMIT)
# Models that the sandbox serves, where an example names another one.
MODELS = {"createCompletion": "gpt-4o-mini", "createImage": "gpt-4o-mini", "createModeration": "gpt-4o-mini", "createSpeech": "tts-1"}


def body_of(operation, path):
    """The example of a body with ids of existing objects, and its media type."""
    kinds = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in kinds:
        members = kinds["multipart/form-data"]["schema"]["properties"]
        form = {name: FILES.get(name) for name in members if name in FILES}
        usual = {"purpose": "batch", "model": "gpt-4o-mini" if "image" in members else "whisper-1", "prompt": "A lighthouse"}
        return {"files": form, "data": {name: usual[name] for name in members if name in usual}}, "multipart/form-data"
    body = kinds.get("application/json", {}).get("example")
    if body is None:
        return None, None
    body = {name: VALUES[name](path) if name in VALUES else value for name, value in body.items()}
    if "role_id" in body and not path.startswith("/v1/projects/"):
        wanted = {"role_name": f"Role {number()}", "permissions": ["api.model.read"]}
        body["role_id"] = send("POST", f"{ADMIN}/roles", wanted)["id"]
    if operation["operationId"] in MODELS:
        body["model"] = MODELS[operation["operationId"]]
    if operation["operationId"] == "createPurchase":
        card_on_file()
    if operation["operationId"] == "exchangeToken":
        body = workload(body)
    if operation["operationId"] == "updatePolicy":
        body["version"] = send("GET", path)["version"]
    return body, "application/json"


def ids_of(template, operation):
    """Makes what a path names; returns the values of its parameters, or nothing if they cannot be made."""
    ids, done = {}, ""
    for part in template.split("/")[1:]:
        before, done = done, f"{done}/{part}"
        if not part.startswith("{"):
            continue
        name, path = part[1:-1], filled(before, ids)
        creation = operations.get(("POST", before))
        maker = MAKERS_OF.get(operation["operationId"]) or MAKERS.get(done)
        if maker:
            ids[name] = maker(path)
        elif creation:
            body, kind = body_of(creation, path)
            answer = session.post(ADDRESS + path, json=body, headers=headers(creation), timeout=30)
            assert answer.status_code == 200, f"POST {path} {json.dumps(body)[:200]}: {answer.status_code} {answer.text[:300]}"
            ids[name] = body[name] if name in (body or {}) else answer.json()["id"]
        else:
            return None
    if operation["operationId"] in BEFORE:
        send("POST", filled(template, ids), BEFORE[operation["operationId"]])
    return ids


def filled(template, ids):
    for name, value in ids.items():
        template = template.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
    return template
