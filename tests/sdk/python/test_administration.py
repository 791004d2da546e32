"""The Administration API through the official Python SDK with strict validation, against a running Keystead.

Prints "N passed, N failed" and how many operations of the SDK passed, and ends with 1 when something failed. All
addresses and keys come from SDK_* variables.
"""

import json
import os
import re
import sys
import time
import traceback
import typing
import urllib.parse
import urllib.request

import openai
from openai import OpenAI
from openai.types.admin.organization import AuditLogListResponse
from pydantic import BaseModel

BASE = os.environ["SDK_BASE_URL"]
ROOT = BASE.removesuffix("/v1")
SANDBOX = os.environ["SDK_SANDBOX_URL"]
ORGANIZATION = os.environ["SDK_ORGANIZATION_ID"]
PROJECT = os.environ["SDK_PROJECT_ID"]
OWNER = os.environ["SDK_USER_ID"]
ADMIN_KEY = os.environ["SDK_ADMIN_KEY"]
PROJECT_KEY = os.environ["SDK_PROJECT_KEY"]

checks = []
operations = set()
sdk = OpenAI(
    api_key=ADMIN_KEY, admin_api_key=ADMIN_KEY, base_url=BASE, max_retries=0, _strict_response_validation=True
)
admin = sdk.admin.organization

ID = re.compile(r"/(org|proj|user|svc_acct|key|invite|rl|cert|wip|wifr|group|role|extkey|extstore|alert)[-_][A-Za-z0-9.-]+")


def count(response):
    """Notes the operation of an answer, without its ids."""
    if response.status_code == 200:
        operations.add((response.request.method, ID.sub("/{}", response.request.url.path)))


sdk._client.event_hooks["response"].append(count)


def check(function):
    checks.append(function)
    return function


def refused(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def same(one, other):
    """What was written is what is read."""
    assert one.to_dict() == other.to_dict(), (one, other)
    return one


def join(address, password="correct horse battery"):
    """Accepts the newest invitation of an address, as a person does."""
    deadline = time.time() + 15
    while time.time() < deadline:
        with urllib.request.urlopen(SANDBOX + "/messages") as answer:
            messages = json.load(answer)
        messages = messages if isinstance(messages, list) else messages["data"]
        links = [message["link"] for message in messages if message["to"] == address and "/invite?" in (message["link"] or "")]
        if links:
            break
        time.sleep(0.1)
    token = urllib.parse.parse_qs(urllib.parse.urlsplit(links[0]).query)["token"][0]
    form = urllib.parse.urlencode({"token": token, "password": password}).encode()
    request = urllib.request.Request(ROOT + "/invite/join", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *arguments):
            return None

    try:
        urllib.request.build_opener(Stay).open(request)
        raise AssertionError("the invitation did not lead on")
    except urllib.error.HTTPError as answer:
        assert (answer.code, answer.headers["location"]) == (303, "/home"), (answer.code, answer.headers)


@check
def admin_api_keys():
    made = admin.admin_api_keys.create(name="second", expires_in_seconds=3600)
    assert made.value.startswith("sk-admin-") and made.owner.id == OWNER
    found = admin.admin_api_keys.retrieve(made.id)
    assert found.name == "second" and found.expires_at == made.expires_at and "value" not in found.to_dict()
    assert made.id in [key.id for key in admin.admin_api_keys.list(limit=1)], "page by page"
    assert admin.admin_api_keys.delete(made.id).deleted
    refused(openai.NotFoundError, lambda: admin.admin_api_keys.retrieve(made.id))


@check
def invites():
    lab = admin.projects.create(name="Invited")
    made = admin.invites.create(email="Ben@example.com", role="reader", projects=[{"id": lab.id, "role": "member"}])
    assert (made.email, made.status, made.role) == ("ben@example.com", "pending", "reader")
    assert [(place.id, place.role) for place in made.projects] == [(lab.id, "member")]
    same(made, admin.invites.retrieve(made.id))
    same(made, next(invite for invite in admin.invites.list(limit=1) if invite.id == made.id))
    usual = admin.invites.create(email="usual@example.com", role="reader")
    assert [place.id for place in usual.projects] == [PROJECT], "the Default project"
    none = admin.invites.create(email="usual@example.com", role="owner", projects=[])
    assert none.projects == [] and usual.id not in [invite.id for invite in admin.invites.list(limit=1)]
    assert admin.invites.delete(none.id).deleted
    refused(openai.NotFoundError, lambda: admin.invites.retrieve(none.id))
    join("ben@example.com")
    accepted = admin.invites.retrieve(made.id)
    assert accepted.status == "accepted" and accepted.accepted_at >= made.created_at
    refused(openai.BadRequestError, lambda: admin.invites.delete(made.id))
    error = refused(openai.BadRequestError, lambda: admin.invites.create(email="ben@example.com", role="reader"))
    assert error.param == "email"
    types = ["invite.sent", "invite.accepted", "invite.deleted", "user.added"]
    listed = [event.to_dict() for event in admin.audit_logs.list(event_types=types)]
    events = {event["type"]: event[event["type"]] for event in reversed(listed) if "keystead_type" not in event}
    assert set(events) == set(types) and events["user.added"]["data"] == {"role": "reader"}
    sent = [event.to_dict()["invite.sent"] for event in admin.audit_logs.list(event_types=["invite.sent"], resource_ids=[made.id])]
    assert sent == [{"id": made.id, "data": {"email": "ben@example.com", "role": "reader"}}], sent


def ben():
    return admin.users.list(emails=["ben@example.com"]).data[0]


@check
def users():
    person = ben()
    assert (person.role, person.email, person.is_service_account) == ("reader", "ben@example.com", False)
    same(person, admin.users.retrieve(person.id))
    assert {OWNER, person.id} <= {user.id for user in admin.users.list(limit=1)}
    changed = admin.users.update(person.id, role="owner", technical_level="high", developer_persona="backend")
    assert (changed.role, changed.technical_level, changed.developer_persona) == ("owner", "high", "backend")
    same(changed, admin.users.retrieve(person.id))
    same(changed, admin.users.update(person.id, role=None, technical_level=None))
    lowered = admin.users.update(person.id, role_id="role-api-organization-reader")
    assert (lowered.role, lowered.technical_level) == ("reader", "high")
    refused(openai.NotFoundError, lambda: admin.users.update(person.id, role_id="role_none"))
    error = refused(openai.BadRequestError, lambda: admin.users.delete(OWNER))
    assert error.code == "last_owner"
    events = [event.to_dict()["user.updated"] for event in admin.audit_logs.list(event_types=["user.updated"], resource_ids=[person.id])]
    assert {"id": person.id, "changes_requested": {"role": "reader"}} in events, events


@check
def project_users():
    person, project = ben(), admin.projects.create(name="Team")
    made = admin.projects.users.create(project.id, user_id=person.id, role="member")
    assert (made.id, made.email, made.role) == (person.id, "ben@example.com", "member")
    same(made, admin.projects.users.retrieve(person.id, project_id=project.id))
    assert {user.id for user in admin.projects.users.list(project.id, limit=1)} == {OWNER, person.id}
    changed = admin.projects.users.update(person.id, project_id=project.id, role="owner")
    assert changed.role == "owner"
    same(changed, admin.projects.users.update(person.id, project_id=project.id, role=None))
    error = refused(
        openai.ConflictError, lambda: admin.projects.users.create(project.id, email="ben@example.com", role="member")
    )
    assert error.response.headers["x-should-retry"] == "false"
    assert admin.projects.users.delete(person.id, project_id=project.id).deleted
    refused(openai.NotFoundError, lambda: admin.projects.users.retrieve(person.id, project_id=project.id))
    back = admin.projects.users.create(project.id, email="ben@example.com", role="role-api-project-viewer")
    assert back.role == "viewer"
    admin.projects.archive(project.id)
    refused(openai.BadRequestError, lambda: admin.projects.users.list(project.id))
    refused(openai.BadRequestError, lambda: admin.projects.users.create(project.id, user_id=OWNER, role="member"))


@check
def a_removed_member_is_gone():
    person = ben()
    deleted = admin.users.delete(person.id)
    assert (deleted.id, deleted.deleted) == (person.id, True)
    refused(openai.NotFoundError, lambda: admin.users.retrieve(person.id))
    assert not admin.users.list(emails=["ben@example.com"]).data


@check
def projects_and_their_keys():
    project = admin.projects.create(name="Works")
    renamed = admin.projects.update(project.id, name="Plant")
    same(renamed, admin.projects.retrieve(project.id))
    assert project.id in [listed.id for listed in admin.projects.list(limit=1)]
    account = admin.projects.service_accounts.create(project.id, name="bot")
    admin.projects.service_accounts.update(account.id, project_id=project.id, name="robot", role="owner")
    found = admin.projects.service_accounts.retrieve(account.id, project_id=project.id)
    assert (found.name, found.role) == ("robot", "owner")
    same(found, next(iter(admin.projects.service_accounts.list(project.id))))
    key = admin.projects.service_accounts.api_keys.create(account.id, project_id=project.id)
    shown = admin.projects.api_keys.retrieve(key.id, project_id=project.id)
    assert key.id in [listed.id for listed in admin.projects.api_keys.list(project.id, limit=1)]
    changed = admin.projects.api_keys.update(key.id, project_id=project.id, scopes=["api.all.read"])
    assert changed.id == shown.id
    assert admin.projects.api_keys.delete(key.id, project_id=project.id).deleted
    assert admin.projects.service_accounts.delete(account.id, project_id=project.id).deleted
    models = admin.projects.model_permissions.update(project.id, mode="allow_list", model_ids=["gpt-4o"])
    same(models, admin.projects.model_permissions.retrieve(project.id))
    assert admin.projects.model_permissions.delete(project.id).deleted
    limit = next(iter(admin.projects.rate_limits.list_rate_limits(project.id)))
    limit = admin.projects.rate_limits.update_rate_limit(limit.id, project_id=project.id, max_requests_per_1_minute=7)
    assert limit.max_requests_per_1_minute == 7
    assert admin.projects.archive(project.id).status == "archived"
    archived = [listed.id for listed in admin.projects.list(include_archived=True) if listed.status == "archived"]
    assert project.id in archived and project.id not in [listed.id for listed in admin.projects.list()]


@check
def settings():
    project = admin.projects.create(name="Settings")
    kept = admin.data_retention.retrieve()
    same(kept, admin.data_retention.update(retention_type=kept.type))
    own = admin.projects.data_retention.update(project.id, retention_type="organization_default")
    same(own, admin.projects.data_retention.retrieve(project.id))
    tools = admin.projects.hosted_tool_permissions.update(project.id, web_search={"enabled": False})
    assert not tools.web_search.enabled and tools.file_search.enabled
    same(tools, admin.projects.hosted_tool_permissions.retrieve(project.id))
    tiers = admin.projects.service_tier_settings.update(project.id, default="standard", enabled_tiers=[])
    same(tiers, admin.projects.service_tier_settings.retrieve(project.id))


def workload_token(**claims):
    """A token of the sandbox's issuer, as GitHub Actions gives one to a job."""
    body = json.dumps({"aud": "keystead", **claims}).encode()
    request = urllib.request.Request(SANDBOX + "/oidc/workload_token", data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["token"]


def workload_client(provider, account, **claims):
    """A client without a key; the official class exchanges its tokens."""
    source = {"token_type": "jwt", "get_token": lambda: workload_token(**claims)}
    identity = {"identity_provider_id": provider, "service_account_id": account, "provider": source}
    client = OpenAI(workload_identity=identity, base_url=BASE, max_retries=0)
    client._workload_identity_auth.token_exchange_url = ROOT + "/oauth/token"
    return client


@check
def workload_identity():
    providers, issuer = admin.workload_identity_providers, SANDBOX + "/oidc"
    made = providers.create(type="oidc", name="Actions", issuer=issuer, audience="keystead", description="CI")
    assert made.enabled and made.verification.type == "discovery" and made.verification.discovery_url is None
    same(made, providers.retrieve(made.id))
    assert made.id in [provider.id for provider in providers.list(limit=1)]
    derived = [{"attribute": "owner", "expression": "assertion.repository_owner"}]
    changed = providers.update(made.id, description=None, attribute_transformations=derived)
    assert changed.description is None and changed.attribute_transformations[0].attribute == "owner"
    assert changed.issuer == issuer
    account = admin.projects.service_accounts.create(PROJECT, name="workloads").id
    rules, repository = providers.federation_rules, "acme/app"
    rule = rules.create(made.id, attribute_matchers={"repository": repository, "owner": "acme", "fork": False},
                        project_id=PROJECT, service_account_id=account, name="main")
    assert rule.permissions.type == "service_account_default" and rule.attribute_matchers["fork"] is False
    same(rule, rules.retrieve(rule.id, workload_identity_provider_id=made.id))
    assert [one.id for one in rules.list(made.id, service_account_id=account, limit=1)] == [rule.id]
    claims = {"repository": repository, "repository_owner": "acme", "fork": False}
    client = workload_client(made.id, account, **claims)
    answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hello"}])
    assert answer.choices[0].message.content
    # Another repository, another service account, a token that has expired.
    error = refused(openai.OAuthError, lambda: workload_client(made.id, account, **{**claims, "repository": "evil/app"}).models.list())
    assert error.error == "invalid_grant" and "No federation rule" in str(error), error
    refused(openai.OAuthError, lambda: workload_client(made.id, "svc_acct_none", **claims).models.list())
    refused(openai.OAuthError, lambda: workload_client(made.id, account, exp=int(time.time()) - 1, **claims).models.list())
    # Fewer permissions hold for the next key; the present one ends, and the class gets another by itself.
    narrow = rules.update(rule.id, workload_identity_provider_id=made.id, permissions={"type": "restricted", "scopes": ["api.model.read"]})
    assert narrow.permissions.scopes == ["api.model.read"]
    assert client.models.list().data
    refused(openai.APIStatusError, lambda: client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}]))
    # Without the rule the next request is refused, with the key in hand and with a new token.
    key = client._workload_identity_auth.get_token()
    plain = OpenAI(api_key=key, base_url=BASE, max_retries=0)
    assert plain.models.list().data
    assert rules.delete(rule.id, workload_identity_provider_id=made.id).deleted
    refused(openai.AuthenticationError, lambda: plain.models.list())
    refused(openai.OAuthError, lambda: client.models.list())
    assert providers.delete(made.id).deleted
    refused(openai.NotFoundError, lambda: providers.retrieve(made.id))
    kinds = [event.type for event in admin.audit_logs.list(event_types=["workload_identity_provider.created", "workload_identity_provider_mapping.deleted"])]
    assert sorted(kinds) == ["workload_identity_provider.created", "workload_identity_provider_mapping.deleted"], kinds


@check
def external_keys():
    keys, role = admin.external_keys, "arn:aws:iam::123456789012:role/keystead"
    place = "arn:aws:kms:eu-west-1:123456789012:key/"
    made = keys.create(type="aws", name="vault", external_id="acme-1", role_arn=role, kms_arn=place + "main")
    assert (made.type, made.purpose, made.kms_arn, made.api_project_ids) == ("aws", "ekm", place + "main", [])
    same(made, keys.retrieve(made.id))
    assert keys.validate(made.id).status == "validated"
    azure = keys.create(type="azure", name="wraps", key_name="main", tenant_id="72f988bf-86f1-41af-91ab-2d7cd011db47",
                        vault_uri="https://acme.vault.azure.net/", purpose="psp_decryption")
    assert keys.validate(azure.id).status == "validated"
    off = keys.create(type="aws", name="off", external_id="acme-1", role_arn=role, kms_arn=place + "disabled")
    assert keys.validate(off.id).status == "unhealthy"
    google = {field: "main" for field in ("kms_key_location", "kms_key_name", "kms_key_ring_name", "kms_project_id", "audience",
                                          "workload_identity_pool_id", "workload_identity_provider_id")}
    google = keys.create(type="gcp", name="google", workload_identity_project_number="1", **google)
    assert keys.validate(google.id).status == "unhealthy", "there is no identity in this cloud"
    all_of_them = [key.id for key in keys.list(limit=1)]
    assert {made.id, azure.id, off.id, google.id} <= set(all_of_them), all_of_them
    assert [key.id for key in keys.list(purpose="psp_decryption")] == [azure.id]
    for key in (made, azure, off, google):
        assert keys.delete(key.id).id == key.id
    refused(openai.NotFoundError, lambda: keys.retrieve(made.id))
    refused(openai.BadRequestError, lambda: keys.create(type="aws", name="x", external_id="acme-1", role_arn="x", kms_arn=place + "1"))


@check
def external_storage():
    storage, role = admin.external_storage, "arn:aws:iam::123456789012:role/keystead"
    made = storage.create(project_id=PROJECT, provider={"type": "aws", "bucket": "acme-data", "role_arn": role})
    assert (made.status, made.provider.account_id, made.geography) == ("pending", "123456789012", "GLOBAL")
    same(made, storage.retrieve(made.id))
    checked = storage.validate(made.id)
    assert (checked.status, checked.provider.region, checked.geography) == ("validated", "eu-central-1", "EU")
    directory = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    azure = {"type": "azure", "account_name": "acmedata", "container": "readonly", "resource_group": "main",
             "subscription_id": directory, "tenant_id": directory}
    azure = storage.create(project_id=PROJECT, provider=azure)
    assert storage.validate(azure.id).status == "degraded"
    listed = [one.id for one in storage.list(limit=1, order="asc", project_id=PROJECT)]
    assert sorted(listed) == sorted([made.id, azure.id]), listed
    for one in (made, azure):
        assert storage.delete(one.id).deleted
    refused(openai.NotFoundError, lambda: storage.validate(made.id))
    kinds = {event.type for event in admin.audit_logs.list(event_types=["external_storage.registered", "external_storage.removed"])}
    assert kinds == {"external_storage.registered", "external_storage.removed"}, kinds


@check
def certificates():
    with open(os.path.join(os.environ["SDK_CERTIFICATES"], "authority.pem")) as file:
        pem = file.read()
    made = admin.certificates.create(certificate=pem, name="Offices")
    assert made.object == "certificate" and made.id.startswith("cert_") and made.active is None
    assert made.certificate_details.valid_at < made.certificate_details.expires_at
    same(made, admin.certificates.retrieve(made.id))
    assert admin.certificates.retrieve(made.id, include=["content"]).certificate_details.content == pem.strip()
    assert admin.certificates.update(made.id, name="Labs").name == "Labs"
    other = admin.certificates.create(certificate=pem)
    assert other.name is None
    assert {made.id, other.id} == {listed.id for listed in admin.certificates.list(limit=1)}
    refused(openai.BadRequestError, lambda: admin.certificates.create(certificate="no certificate"))
    refused(openai.NotFoundError, lambda: admin.certificates.retrieve("cert_none"))

    project = admin.projects.create(name="Certified")
    ids = [made.id, other.id]
    for object, place, of in [
        ("organization.certificate", admin.certificates, ()),
        ("organization.project.certificate", admin.projects.certificates, (project.id,)),
    ]:
        page = place.activate(*of, certificate_ids=ids)
        assert page.object == f"{object}.activation" and [(one.id, one.active) for one in page.data] == [(id, True) for id in ids]
        listed = list(place.list(*of, order="asc", limit=1))
        assert sorted((one.id, one.object, one.active) for one in listed) == sorted((id, object, True) for id in ids)
        assert refused(openai.BadRequestError, lambda: admin.certificates.delete(made.id)).code == "certificate_active"
        page = place.deactivate(*of, certificate_ids=ids)
        assert page.object == f"{object}.deactivation" and not any(one.active for one in page.data)
    for id in ids:
        gone = admin.certificates.delete(id)
        assert (gone.id, gone.object) == (id, "certificate.deleted")
    assert not list(admin.certificates.list())


@check
def a_project_asks_for_certificates():
    with open(os.path.join(os.environ["SDK_CERTIFICATES"], "authority.pem")) as file:
        made = admin.certificates.create(certificate=file.read())
    project = admin.projects.create(name="Closed")
    account = admin.projects.service_accounts.create(project.id, name="bot")
    client = OpenAI(api_key=account.api_key.value, base_url=BASE, max_retries=0)
    assert client.models.list().data
    admin.projects.certificates.activate(project.id, certificate_ids=[made.id])
    assert refused(openai.AuthenticationError, client.models.list).code == "certificate_required"
    admin.projects.certificates.deactivate(project.id, certificate_ids=[made.id])
    assert client.models.list().data
    admin.certificates.delete(made.id)


def held(roles, role, **holder):
    """The life of one assignment, through the four methods of a holder's roles."""
    given = roles.create(role_id=role.id, **holder)
    assert given.role == role, given
    assert role.id in [one.id for one in roles.list(**holder, limit=1)]
    found = roles.retrieve(role.id, **holder)
    assert (found.permissions, found.assignment_sources[0].principal_id) == (role.permissions, list(holder.values())[-1])
    assert roles.delete(role.id, **holder).deleted
    refused(openai.NotFoundError, lambda: roles.retrieve(role.id, **holder))


@check
def groups_and_roles():
    me = OWNER
    project = admin.projects.create(name="Roles")
    groups = [admin.groups.create(name=f"Team {number}") for number in range(3)]
    group = groups[0]
    assert admin.groups.retrieve(group.id) == group
    renamed = admin.groups.update(group.id, name="Readers")
    assert renamed.name == admin.groups.retrieve(group.id).name == "Readers"
    seen = [one.id for one in admin.groups.list(limit=1)]
    assert {one.id for one in groups} <= set(seen) and len(seen) == len(set(seen)), seen
    admin.groups.users.create(group.id, user_id=me)
    refused(openai.ConflictError, lambda: admin.groups.users.create(group.id, user_id=me))
    assert [one.id for one in admin.groups.users.list(group.id)] == [me]
    assert admin.groups.users.retrieve(me, group_id=group.id).user_type == "user"

    permissions = ["api.model.request", "api.usage.read"]
    role = admin.roles.create(role_name="Caller", permissions=permissions, description="Calls")
    assert admin.roles.retrieve(role.id) == role and role.permissions == permissions
    changed = admin.roles.update(role.id, permissions=["api.model.read"])
    assert changed == admin.roles.retrieve(role.id) and changed.description == "Calls"
    listed = {one.id: one for one in admin.roles.list(limit=1)}
    assert listed[role.id] == changed and listed["role-api-organization-owner"].predefined_role
    refused(openai.BadRequestError, lambda: admin.roles.delete("role-api-organization-reader"))
    refused(openai.BadRequestError, lambda: admin.roles.create(role_name="X", permissions=["api.nothing"]))
    local = admin.projects.roles.create(project.id, role_name="Local", permissions=["api.files.read"])
    assert admin.projects.roles.retrieve(local.id, project_id=project.id) == local
    local = admin.projects.roles.update(local.id, project_id=project.id, role_name="Here")
    assert local in list(admin.projects.roles.list(project.id, order="desc"))

    held(admin.groups.roles, changed, group_id=group.id)
    held(admin.users.roles, changed, user_id=me)
    held(admin.projects.groups.roles, local, project_id=project.id, group_id=group.id)
    held(admin.projects.users.roles, local, project_id=project.id, user_id=me)

    added = admin.projects.groups.create(project.id, group_id=group.id, role="role-api-project-viewer")
    assert admin.projects.groups.retrieve(group.id, project_id=project.id) == added
    assert [one.group_id for one in admin.projects.groups.list(project.id)] == [group.id]
    assert admin.projects.groups.delete(group.id, project_id=project.id).deleted
    assert admin.groups.users.delete(me, group_id=group.id).deleted
    assert admin.projects.roles.delete(local.id, project_id=project.id).id == local.id
    assert admin.roles.delete(role.id).id == role.id
    for one in groups:
        assert admin.groups.delete(one.id).id == one.id
    refused(openai.NotFoundError, lambda: admin.groups.retrieve(group.id))
    admin.projects.archive(project.id)


@check
def spend_limits():
    lab = admin.projects.create(name="Limited")
    for place, of, object in [
        (admin.spend_limit, [], "organization.spend_limit"),
        (admin.projects.spend_limit, [lab.id], "project.spend_limit"),
    ]:
        refused(openai.NotFoundError, lambda: place.retrieve(*of))
        refused(openai.NotFoundError, lambda: place.delete(*of))
        made = place.update(*of, threshold_amount=1_000_000, currency="USD", interval="month")
        assert (made.object, made.threshold_amount, made.enforcement.status) == (object, 1_000_000, "inactive")
        same(made, place.retrieve(*of))
        changed = place.update(*of, threshold_amount=2_000_000, currency="USD", interval="month")
        assert changed.threshold_amount == 2_000_000
        wrong = refused(
            openai.BadRequestError, lambda: place.update(*of, threshold_amount=0, currency="USD", interval="month")
        )
        assert wrong.param == "threshold_amount", wrong.body
        gone = place.delete(*of)
        assert (gone.object, gone.deleted) == (f"{object}.deleted", True)
        refused(openai.NotFoundError, lambda: place.retrieve(*of))
    admin.projects.archive(lab.id)


@check
def a_reached_spend_limit_refuses():
    lab = admin.projects.create(name="Spent")
    key = admin.projects.service_accounts.create(lab.id, name="speaker").api_key.value
    client = OpenAI(api_key=key, base_url=BASE, max_retries=2)
    limits = admin.projects.spend_limit
    limits.update(lab.id, threshold_amount=3, currency="USD", interval="month")
    # A thousand tokens may cost a cent, and the text some more.
    hello = [{"role": "user", "content": "Hello"}]
    chat = client.chat.completions.create
    error = refused(openai.RateLimitError, lambda: chat(model="gpt-4o", messages=hello, max_tokens=3_000))
    assert (error.code, error.type) == ("project_spend_limit_exceeded", "insufficient_quota"), error.body
    assert "may spend 0.03" in error.message and error.response.headers["x-should-retry"] == "false"
    assert "/help/spend-limits" in error.response.headers["link"]
    # Two thousand characters cost three cents: all of it.
    speak = client.audio.speech.create
    assert speak(model="tts-1", voice="alloy", input="a" * 2_000).read()
    for call in [
        lambda: speak(model="tts-1", voice="alloy", input="a"),
        lambda: chat(model="gpt-4o", messages=hello, max_tokens=1),
    ]:
        assert refused(openai.RateLimitError, call).code == "project_spend_limit_exceeded"
    deadline = time.time() + 15
    while limits.retrieve(lab.id).enforcement.status != "enforcing" and time.time() < deadline:
        time.sleep(0.1)
    assert limits.retrieve(lab.id).enforcement.status == "enforcing"
    # Other projects are not affected, and a higher limit holds with the next request.
    other = OpenAI(api_key=PROJECT_KEY, base_url=BASE, max_retries=0)
    assert other.chat.completions.create(model="gpt-4o", messages=hello).choices
    limits.update(lab.id, threshold_amount=100, currency="USD", interval="month")
    assert speak(model="tts-1", voice="alloy", input="a").read()
    admin.projects.archive(lab.id)


@check
def spend_alerts():
    lab = admin.projects.create(name="Watched")
    channel = {"type": "email", "recipients": ["costs@example.com"], "subject_prefix": "[costs]"}
    wanted = {"threshold_amount": 500, "currency": "USD", "interval": "month", "notification_channel": channel}
    for place, of, at, object in [
        (admin.spend_alerts, [], {}, "organization.spend_alert"),
        (admin.projects.spend_alerts, [lab.id], {"project_id": lab.id}, "project.spend_alert"),
    ]:
        made = place.create(*of, **wanted)
        assert (made.object, made.threshold_amount) == (object, 500)
        assert made.notification_channel.to_dict() == channel
        same(made, place.retrieve(made.id, **at))
        second = place.create(*of, **{**wanted, "threshold_amount": 1_000})
        assert [one.id for one in place.list(*of, limit=1)] == [made.id, second.id], "page by page"
        newest = [one.id for one in place.list(*of, order="desc")]
        assert newest == [second.id, made.id], newest
        changed = place.update(made.id, **at, **{**wanted, "threshold_amount": 700})
        assert (changed.id, changed.threshold_amount) == (made.id, 700)
        same(changed, place.retrieve(made.id, **at))
        wrong = {**wanted, "notification_channel": {"type": "email", "recipients": []}}
        error = refused(openai.BadRequestError, lambda: place.create(*of, **wrong))
        assert error.param == "notification_channel", error.body
        for one in [made, second]:
            gone = place.delete(one.id, **at)
            assert (gone.id, gone.object, gone.deleted) == (one.id, f"{object}.deleted", True)
        refused(openai.NotFoundError, lambda: place.retrieve(made.id, **at))
    admin.projects.archive(lab.id)


@check
def usage():
    asked = {"start_time": int(time.time()) - 86400, "bucket_width": "1h", "project_ids": [PROJECT], "group_by": ["project_id"]}
    for kind in ["audio_speeches", "audio_transcriptions", "code_interpreter_sessions", "completions", "decisions",
                 "embeddings", "file_search_calls", "images", "moderations", "vector_stores", "web_search_calls"]:
        page = getattr(admin.usage, kind)(**asked)
        assert page.object == "page" and len(page.data) == 24 and page.has_more, kind
        rest = getattr(admin.usage, kind)(**asked, page=page.next_page)
        assert rest.data[0].start_time == page.data[-1].end_time and not rest.has_more, kind
    assert admin.usage.costs(start_time=asked["start_time"], limit=1).data
    start = asked["start_time"]
    for kind, own in [
        ("completions", {"batch": False, "group_by": ["batch", "service_tier", "api_source"]}),
        ("decisions", {"batch": True, "group_by": ["batch", "service_tier"]}),
        ("images", {"sizes": ["256x256"], "sources": ["image.edit"], "group_by": ["size", "source"]}),
        ("file_search_calls", {"vector_store_ids": ["vs_1"], "group_by": ["vector_store_id"]}),
        ("web_search_calls", {"context_levels": ["low"], "group_by": ["context_level", "api_source"]}),
    ]:
        for width in ["1m", "1h", "1d"]:
            assert getattr(admin.usage, kind)(start_time=start, bucket_width=width, **own).data, (kind, width)


@check
def calls_of_hosted_tools_are_counted():
    client = OpenAI(api_key=PROJECT_KEY, base_url=BASE, max_retries=0)
    tools = [{"type": "web_search"}, {"type": "file_search", "vector_store_ids": []}]
    answer = client.responses.create(model="gpt-4o", input="What is new?", tools=tools, store=False)
    assert {"web_search_call", "file_search_call"} <= {item.type for item in answer.output}
    deadline, start = time.time() + 15, int(time.time()) - 3600
    while True:
        page = admin.usage.web_search_calls(
            start_time=start, group_by=["model", "context_level"], models=["gpt-4o"], context_levels=["medium"]
        )
        results = [result for bucket in page.data for result in bucket.results]
        if results or time.time() > deadline:
            break
        time.sleep(0.2)
    assert [(result.num_requests, result.num_model_requests, result.model, result.context_level) for result in results] == [
        (1, 1, "gpt-4o", "medium")
    ]
    # The event of the request itself is the last one.
    found, files = set(), []
    while not (found and files) and time.time() < deadline:
        sources = admin.usage.completions(start_time=start, group_by=["api_source"])
        found = {result.api_source for bucket in sources.data for result in bucket.results}
        page = admin.usage.file_search_calls(start_time=start)
        files = [result.num_requests for bucket in page.data for result in bucket.results]
    assert (found, files) == ({"unlabeled"}, [1])


DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../docs/audit.md")


def document(heading):
    """The rows of a table of the document about the audit log: the texts between backticks of the first cell, and all cells."""
    with open(DOCUMENT) as file:
        part = file.read().split(heading)[1].split("\n#")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`([^`]+)`", row[0]), row) for row in rows]


def knows(annotation, path):
    """Whether a model of the SDK has a field at this path; an object without a model has none that is known."""
    for part in typing.get_args(annotation) or (annotation,):
        if typing.get_origin(part) is list:
            return knows(typing.get_args(part)[0], path)
        if isinstance(part, type) and issubclass(part, BaseModel):
            field = part.model_fields.get(path[0])
            return field is not None and (len(path) == 1 or knows(field.annotation, path[1:]))
    return False


@check
def the_document_about_audit_events_has_the_types_and_details_of_the_sdk():
    types = set(typing.get_args(AuditLogListResponse.model_fields["type"].annotation))
    recorded = {names[0]: row for names, row in document("### Types of OpenAI's API")}
    absent = {name for names, _ in document("### Types that are not recorded") for name in names} - {"tenant.*"}
    tenant = {name for name in types if name.startswith("tenant.")}
    assert set(recorded) | absent | tenant == types and not set(recorded) & absent, types ^ (set(recorded) | absent | tenant)
    models = {field.alias: field.annotation for field in AuditLogListResponse.model_fields.values() if field.alias}
    assert set(models) <= types and set(recorded) - set(models) == {"resource.deleted"}, set(recorded) - set(models)
    for name, row in recorded.items():
        for field in row[2].split(";"):
            path, words = re.fullmatch(r"`([a-z_0-9.]+)`(.*)", field.strip()).groups()
            if name in models:
                assert knows(models[name], path.split(".")) != ("own" in words), (name, path)
    for names, row in document("### Keystead's own types"):
        assert names[0] not in types and row[1].strip("`") in recorded, row


@check
def every_audit_event_decodes():
    # All that the checks before have caused, decoded strictly.
    events = [event.to_dict() for event in admin.audit_logs.list(limit=100)]
    assert [event["id"] for event in admin.audit_logs.list(limit=50)] == [event["id"] for event in events]
    recorded = {names[0] for names, _ in document("### Types of OpenAI's API")}
    own = {names[0]: row[1].strip("`") for names, row in document("### Keystead's own types")}
    for event in events:
        assert event["type"] in recorded and isinstance(event[event["type"]], dict), event
        if "keystead_type" in event:
            name = event["keystead_type"]
            assert own[name] == event["type"] and isinstance(event[name], dict), event
    caused = {event["type"] for event in events}
    rest = {"login.failed", "logout.failed", "logout.succeeded", "project.deleted", "rate_limit.deleted", "resource.deleted"}
    missing = recorded - caused - rest - {name for name in recorded if name.startswith("ip_allowlist.")}
    assert not missing, missing
    assert {"phone.waived", "project.user.added"} <= {event.get("keystead_type") for event in events}
    # A filter finds exactly what is shown as its type, for each type that the SDK can send.
    types = list(typing.get_args(AuditLogListResponse.model_fields["type"].annotation))
    for one in types:
        found = [event.id for event in admin.audit_logs.list(event_types=[one], limit=100)]
        assert found == [event["id"] for event in events if event["type"] == one], one
    assert len(list(admin.audit_logs.list(event_types=types, limit=100))) == len(events)
    waived = [event.to_dict()["keystead_type"] for event in admin.audit_logs.list(event_types=["phone.waived"])]
    assert waived == ["phone.waived"], waived
    tenant = [name for name in types if name.startswith("tenant.")]
    assert not admin.audit_logs.list(event_types=tenant, tenant_only=True).data
    for asked in ({"event_types": ["made.up"]}, {"event_types": ["user.added"], "tenant_only": True}):
        error = refused(openai.BadRequestError, lambda: admin.audit_logs.list(**asked))
        assert error.param == "event_types", error


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
    print(f"{passed} passed, {failed} failed; {len(operations)} operations of the SDK answered 200 and validated")
    if os.environ.get("SDK_OPERATIONS"):
        print("\n".join(f"{method} {path}" for method, path in sorted(operations)))
    sys.exit(1 if failed else 0)


main()
