"""Objects for requests of the API's description: each operation gets a request that succeeds, made from its example.

Ids in the path are those of new objects. An object is made by the operation that creates its kind, which is the POST at
the path before its id; what cannot be made like this has a maker in `MAKERS`.
"""

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


def join(address):
    """Accepts the newest invitation of an address, as a person does."""
    for _ in range(150):
        messages = session.get(f"{SANDBOX}/messages", timeout=30).json()
        messages = messages if isinstance(messages, list) else messages["data"]
        links = [one["link"] for one in messages if one["to"] == address and "/invite?" in (one["link"] or "")]
        if links:
            break
        time.sleep(0.1)
    token = urllib.parse.parse_qs(urllib.parse.urlsplit(links[0]).query)["token"][0]
    form = {"token": token, "password": "correct horse battery"}
    same_site = {"Sec-Fetch-Site": "same-origin"}
    answer = session.post(f"{ADDRESS}/invite/join", data=form, headers=same_site, allow_redirects=False, timeout=30)
    assert answer.status_code == 303, answer.text[:300]
    session.cookies.clear()


people = {}


def person(again=False):
    """A member of the organization; the same one each time, unless a request takes them out of it."""
    if again or "id" not in people:
        address = f"person{number()}@example.com"
        send("POST", f"{ADMIN}/invites", {"email": address, "role": "reader"})
        join(address)
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


def file(_path=None):
    form = {"files": {"file": FILES["file"]}, "data": {"purpose": "batch"}}
    headers = {"Authorization": f"Bearer {KEYS['projectKey']}"}
    return session.post(f"{ADDRESS}/v1/files", headers=headers, timeout=30, **form).json()["id"]


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
}
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
    "organization_ids": lambda _: [ORGANIZATION],
    "certificate": lambda _: CERTIFICATE,
    "certificate_ids": lambda _: [send("POST", f"{ADMIN}/certificates", {"certificate": CERTIFICATE})["id"]],
    "input_file_id": file,
    "allowed_ips": lambda _: ["127.0.0.0/8", "::1/128"],
    "issuer": lambda _: f"{SANDBOX}/oidc",
}


def body_of(operation, path):
    """The example of a body with ids of existing objects, and its media type."""
    kinds = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in kinds:
        members = kinds["multipart/form-data"]["schema"]["properties"]
        form = {name: FILES.get(name) for name in members if name in FILES}
        usual = {"purpose": "batch", "model": "gpt-image-1" if "image" in members else "whisper-1", "prompt": "A lighthouse"}
        return {"files": form, "data": {name: usual[name] for name in members if name in usual}}, "multipart/form-data"
    body = kinds.get("application/json", {}).get("example")
    if body is None:
        return None, None
    body = {name: VALUES[name](path) if name in VALUES else value for name, value in body.items()}
    if "role_id" in body and not path.startswith("/v1/projects/"):
        wanted = {"role_name": f"Role {number()}", "permissions": ["api.model.read"]}
        body["role_id"] = send("POST", f"{ADMIN}/roles", wanted)["id"]
    if operation["operationId"] == "exchangeToken":
        body = workload(body)
    if operation["operationId"] == "updatePolicy":
        body["version"] = send("GET", path)["version"]
    return body, "application/json"


def ids_of(template):
    """Makes what a path names; returns the values of its parameters, in order."""
    ids, done = {}, ""
    for part in template.split("/")[1:]:
        before, done = done, f"{done}/{part}"
        if not part.startswith("{"):
            continue
        name, path = part[1:-1], filled(before, ids)
        creation = operations.get(("POST", before))
        if done in MAKERS:
            ids[name] = MAKERS[done](path)
        elif creation:
            body, kind = body_of(creation, path)
            answer = session.post(ADDRESS + path, json=body, headers=headers(creation), timeout=30)
            assert answer.status_code == 200, f"POST {path} {json.dumps(body)[:200]}: {answer.status_code} {answer.text[:300]}"
            ids[name] = body[name] if name in (body or {}) else answer.json()["id"]
        else:
            return None
    return ids


def filled(template, ids):
    for name, value in ids.items():
        template = template.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
    return template
