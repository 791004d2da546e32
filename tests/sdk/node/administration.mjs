// The Administration API through the official Node SDK, against a running Keystead.
// Prints "N passed, N failed" and ends with 1 when something failed. Addresses and keys come from SDK_* variables.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import OpenAI from "openai";

const {
  SDK_BASE_URL: baseURL,
  SDK_SANDBOX_URL: sandbox,
  SDK_PROJECT_ID: project,
  SDK_USER_ID: owner,
  SDK_ADMIN_KEY: adminKey,
  SDK_CERTIFICATES: certificates,
} = process.env;
const admin = new OpenAI({ apiKey: adminKey, adminAPIKey: adminKey, baseURL, maxRetries: 0 }).admin.organization;

/** Every row of a list, page by page. */
async function all(list) {
  const rows = [];
  for await (const row of list) rows.push(row);
  return rows;
}

/** Checks the members of an object and their types; `?` allows null. */
function shaped(value, shape) {
  for (const [name, wanted] of Object.entries(shape)) {
    const types = wanted.split("|");
    const type = value[name] === null ? "null" : Array.isArray(value[name]) ? "array" : typeof value[name];
    assert.ok(types.includes(type), `${name} is ${type}, not ${wanted}: ${JSON.stringify(value)}`);
  }
  return value;
}

const INVITE = { id: "string", object: "string", email: "string", role: "string", status: "string", created_at: "number", expires_at: "number", accepted_at: "number|null", projects: "array" };
const USER = { id: "string", object: "string", name: "string", email: "string", role: "string", added_at: "number", created: "number", is_service_account: "boolean", technical_level: "string|null", developer_persona: "string|null" };
const CERTIFICATE = { id: "string", object: "string", name: "string|null", created_at: "number", certificate_details: "object" };
const PROJECT_USER = { id: "string", object: "string", name: "string", email: "string", role: "string", added_at: "number" };

/** Accepts the newest invitation of an address, as a person does. */
async function join(address) {
  let link;
  for (let attempt = 0; attempt < 150 && !link; attempt += 1) {
    const answer = await (await fetch(`${sandbox}/messages`)).json();
    const messages = Array.isArray(answer) ? answer : answer.data;
    link = messages.find((message) => message.to === address && message.link?.includes("/invite?"))?.link;
    if (!link) await wait(100);
  }
  const body = new URLSearchParams({ token: new URL(link).searchParams.get("token"), password: "correct horse battery" });
  const headers = { "Sec-Fetch-Site": "same-origin" };
  const joined = await fetch(`${baseURL.replace(/\/v1$/, "")}/invite/join`, { method: "POST", body, headers, redirect: "manual" });
  assert.deepEqual([joined.status, joined.headers.get("location")], [303, "/home"]);
}

const PROVIDER = { id: "string", object: "string", type: "string", name: "string", issuer: "string", audience: "string", description: "string|null", enabled: "boolean", verification: "object", attribute_transformations: "array", created_at: "number", updated_at: "number" };
const RULE = { id: "string", object: "string", workload_identity_provider_id: "string", project_id: "string", service_account_id: "string", name: "string|null", description: "string|null", attribute_matchers: "object", permissions: "object", enabled: "boolean", created_at: "number", updated_at: "number" };

const EXTERNAL_KEY = { id: "string", object: "string", type: "string", name: "string", purpose: "string", workspace_id: "string", api_project_ids: "array", created_at: "number", kms_arn: "string" };
const EXTERNAL_STORAGE = { id: "string", object: "string", project_id: "string", geography: "string", provider: "object", status: "string", created_at: "number" };

/** A client without a key; the official class exchanges tokens of the sandbox's issuer. */
function workload(identityProviderId, serviceAccountId, claims) {
  const getToken = async () => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${sandbox}/oidc/workload_token`, { method: "POST", headers, body: JSON.stringify({ aud: "keystead", ...claims }) });
    return (await answer.json()).token;
  };
  const provider = { tokenType: "jwt", getToken };
  const client = new OpenAI({ apiKey: null, workloadIdentity: { identityProviderId, serviceAccountId, provider }, baseURL, maxRetries: 0 });
  client._workloadIdentityAuth.tokenExchangeUrl = `${baseURL.replace(/\/v1$/, "")}/oauth/token`;
  return client;
}

const ben = async () => (await admin.users.list({ emails: ["ben@example.com"] })).data[0];

const checks = {
  async invites() {
    const lab = await admin.projects.create({ name: "Invited" });
    const projects = [{ id: lab.id, role: "member" }];
    const made = shaped(await admin.invites.create({ email: "ben@example.com", role: "reader", projects }), INVITE);
    assert.deepEqual([made.status, made.projects], ["pending", projects]);
    assert.deepEqual(await admin.invites.retrieve(made.id), made);
    assert.deepEqual((await all(admin.invites.list({ limit: 1 }))).map((invite) => invite.id), [made.id]);
    const usual = await admin.invites.create({ email: "usual@example.com", role: "reader" });
    assert.deepEqual(usual.projects, [{ id: project, role: "member" }]);
    assert.deepEqual(await admin.invites.delete(usual.id), { id: usual.id, object: "organization.invite.deleted", deleted: true });
    await assert.rejects(async () => admin.invites.retrieve(usual.id), OpenAI.NotFoundError);
    await join("ben@example.com");
    assert.equal(shaped(await admin.invites.retrieve(made.id), INVITE).status, "accepted");
    await assert.rejects(async () => admin.invites.delete(made.id), (error) => error instanceof OpenAI.BadRequestError && error.code === "invite_accepted");
  },
  async users() {
    const person = shaped(await ben(), USER);
    assert.deepEqual(await admin.users.retrieve(person.id), person);
    const ids = (await all(admin.users.list({ limit: 1 }))).map((user) => user.id);
    assert.deepEqual(ids.sort(), [owner, person.id].sort());
    const changed = await admin.users.update(person.id, { role: "owner", technical_level: "high" });
    assert.deepEqual([changed.role, changed.technical_level], ["owner", "high"]);
    assert.deepEqual(await admin.users.update(person.id, { role_id: "role-api-organization-reader" }), { ...changed, role: "reader" });
    await assert.rejects(async () => admin.users.delete(owner), (error) => error.code === "last_owner");
  },
  async "project users"() {
    const [person, team] = [await ben(), await admin.projects.create({ name: "Team" })];
    const made = shaped(await admin.projects.users.create(team.id, { email: "ben@example.com", role: "member" }), PROJECT_USER);
    assert.deepEqual(await admin.projects.users.retrieve(person.id, { project_id: team.id }), made);
    const ids = (await all(admin.projects.users.list(team.id, { limit: 1 }))).map((user) => user.id);
    assert.deepEqual(ids.sort(), [owner, person.id].sort());
    const changed = await admin.projects.users.update(person.id, { project_id: team.id, role: "owner" });
    assert.deepEqual(changed, { ...made, role: "owner" });
    await assert.rejects(async () => admin.projects.users.create(team.id, { user_id: person.id, role: "member" }), OpenAI.ConflictError);
    const gone = await admin.projects.users.delete(person.id, { project_id: team.id });
    assert.deepEqual(gone, { id: person.id, object: "organization.project.user.deleted", deleted: true });
    await assert.rejects(async () => admin.projects.users.retrieve(person.id, { project_id: team.id }), OpenAI.NotFoundError);
    await admin.projects.archive(team.id);
    await assert.rejects(async () => admin.projects.users.list(team.id), OpenAI.BadRequestError);
  },
  async certificates() {
    const pem = readFileSync(`${certificates}/authority.pem`, "utf8");
    const made = shaped(await admin.certificates.create({ certificate: pem, name: "Offices" }), CERTIFICATE);
    assert.deepEqual([made.object, made.name, "active" in made], ["certificate", "Offices", false]);
    assert.deepEqual(await admin.certificates.retrieve(made.id), made);
    const whole = await admin.certificates.retrieve(made.id, { include: ["content"] });
    assert.equal(whole.certificate_details.content, pem.trim());
    assert.deepEqual(await admin.certificates.update(made.id, { name: "Labs" }), { ...made, name: "Labs" });
    const other = await admin.certificates.create({ certificate: pem });
    const lab = await admin.projects.create({ name: "Certified" });
    const ids = [made.id, other.id];
    for (const [object, place, of] of [
      ["organization.certificate", admin.certificates, []],
      ["organization.project.certificate", admin.projects.certificates, [lab.id]],
    ]) {
      const on = await place.activate(...of, { certificate_ids: ids });
      assert.deepEqual([on.object, on.data.map((one) => [one.id, one.object, one.active])], [`${object}.activation`, ids.map((id) => [id, object, true])]);
      const listed = await all(place.list(...of, { order: "asc", limit: 1 }));
      // Both were uploaded in the same second, so either may be the first.
      assert.deepEqual(listed.map((one) => [one.id, one.object, one.active]).sort(), ids.map((id) => [id, object, true]).sort());
      await assert.rejects(async () => admin.certificates.delete(made.id), (error) => error.code === "certificate_active");
      const off = await place.deactivate(...of, { certificate_ids: ids });
      assert.deepEqual([off.object, off.data.map((one) => one.active)], [`${object}.deactivation`, [false, false]]);
    }
    for (const id of ids) assert.deepEqual(await admin.certificates.delete(id), { object: "certificate.deleted", id });
    await assert.rejects(async () => admin.certificates.retrieve(made.id), OpenAI.NotFoundError);
  },
  async "a removed member is gone"() {
    const person = await ben();
    assert.deepEqual(await admin.users.delete(person.id), { id: person.id, object: "organization.user.deleted", deleted: true });
    await assert.rejects(async () => admin.users.retrieve(person.id), OpenAI.NotFoundError);
  },
  async "workload identity"() {
    const providers = admin.workloadIdentityProviders;
    const rules = providers.federationRules;
    const issuer = `${sandbox}/oidc`;
    const made = shaped(await providers.create({ type: "oidc", name: "Actions", issuer, audience: "keystead" }), PROVIDER);
    assert.deepEqual(await providers.retrieve(made.id), made);
    assert.ok((await all(providers.list({ limit: 1 }))).some((one) => one.id === made.id));
    const changed = shaped(await providers.update(made.id, { description: "CI" }), PROVIDER);
    assert.deepEqual([changed.description, changed.issuer], ["CI", issuer]);
    const account = (await admin.projects.serviceAccounts.create(project, { name: "jobs" })).id;
    const wanted = { attribute_matchers: { repository: "acme/app" }, project_id: project, service_account_id: account };
    const rule = shaped(await rules.create(made.id, wanted), RULE);
    const at = { workload_identity_provider_id: made.id };
    assert.deepEqual(await rules.retrieve(rule.id, at), rule);
    assert.deepEqual((await all(rules.list(made.id, { limit: 1 }))).map((one) => one.id), [rule.id]);
    assert.equal((await rules.update(rule.id, { ...at, name: "main" })).name, "main");
    const client = workload(made.id, account, { repository: "acme/app" });
    const messages = [{ role: "user", content: "Hello" }];
    assert.ok((await client.chat.completions.create({ model: "gpt-4o", messages })).choices[0].message.content);
    await assert.rejects(async () => workload(made.id, account, { repository: "evil/app" }).models.list(), (error) => error instanceof OpenAI.APIError && error.error_code === "invalid_grant" && /No federation rule/.test(error.message));
    assert.deepEqual(await rules.delete(rule.id, at), { id: rule.id, object: "organization.workload_identity_federation_rule.deleted", deleted: true });
    await assert.rejects(async () => client.models.list(), "the key has ended, and there is no other");
    assert.deepEqual(await providers.delete(made.id), { id: made.id, object: "organization.workload_identity_provider.deleted", deleted: true });
    await assert.rejects(async () => providers.retrieve(made.id), OpenAI.NotFoundError);
  },
  async "external keys and storage"() {
    const { externalKeys, externalStorage } = admin;
    const role_arn = "arn:aws:iam::123456789012:role/keystead";
    const kms_arn = "arn:aws:kms:eu-west-1:123456789012:key/main";
    const key = shaped(await externalKeys.create({ type: "aws", name: "vault", external_id: "acme-1", role_arn, kms_arn }), EXTERNAL_KEY);
    assert.deepEqual(await externalKeys.retrieve(key.id), key);
    assert.equal((await externalKeys.validate(key.id)).status, "validated");
    assert.ok((await all(externalKeys.list({ limit: 1, purpose: "ekm" }))).some((one) => one.id === key.id));
    assert.deepEqual(await externalKeys.delete(key.id), key);
    await assert.rejects(async () => externalKeys.retrieve(key.id), OpenAI.NotFoundError);
    const made = shaped(await externalStorage.create({ project_id: project, provider: { type: "aws", bucket: "acme-missing", role_arn } }), EXTERNAL_STORAGE);
    assert.deepEqual(await externalStorage.retrieve(made.id), made);
    assert.equal((await externalStorage.validate(made.id)).status, "unhealthy");
    assert.ok((await all(externalStorage.list({ limit: 1, project_id: project }))).some((one) => one.id === made.id));
    assert.deepEqual(await externalStorage.delete(made.id), { id: made.id, object: "organization.external_storage.deleted", deleted: true });
    await assert.rejects(async () => externalStorage.retrieve(made.id), OpenAI.NotFoundError);
  },
  async "spend limits"() {
    const lab = await admin.projects.create({ name: "Limited" });
    for (const [place, of, object] of [
      [admin.spendLimit, [], "organization.spend_limit"],
      [admin.projects.spendLimit, [lab.id], "project.spend_limit"],
    ]) {
      const wanted = { threshold_amount: 1_000_000, currency: "USD", interval: "month" };
      await assert.rejects(async () => place.retrieve(...of), OpenAI.NotFoundError);
      const made = await place.update(...of, wanted);
      assert.deepEqual(made, { ...wanted, object, enforcement: { status: "inactive" } });
      assert.deepEqual(await place.retrieve(...of), made);
      await assert.rejects(async () => place.update(...of, { ...wanted, threshold_amount: 0 }), (error) => error instanceof OpenAI.BadRequestError && error.param === "threshold_amount");
      assert.deepEqual(await place.delete(...of), { object: `${object}.deleted`, deleted: true });
      await assert.rejects(async () => place.retrieve(...of), OpenAI.NotFoundError);
    }
    // One cent is less than a thousand tokens and the text may cost.
    await admin.projects.spendLimit.update(lab.id, { threshold_amount: 1, currency: "USD", interval: "month" });
    const made = await admin.projects.serviceAccounts.create(lab.id, { name: "bot" });
    const client = new OpenAI({ apiKey: made.api_key.value, baseURL });
    const messages = [{ role: "user", content: "Hello" }];
    const begun = Date.now();
    await assert.rejects(
      async () => client.chat.completions.create({ model: "gpt-4o", messages, max_tokens: 1_000 }),
      (error) => error instanceof OpenAI.RateLimitError && error.code === "project_spend_limit_exceeded" && error.type === "insufficient_quota",
    );
    assert.ok(Date.now() - begun < 10_000, "the SDK does not try again for minutes");
    assert.ok((await client.chat.completions.create({ model: "gpt-4o", messages, max_tokens: 100 })).choices.length);
    await admin.projects.archive(lab.id);
  },
  async "spend alerts"() {
    const lab = await admin.projects.create({ name: "Watched" });
    const notification_channel = { type: "email", recipients: ["costs@example.com"], subject_prefix: "[costs]" };
    const wanted = { threshold_amount: 500, currency: "USD", interval: "month", notification_channel };
    for (const [place, of, at, object] of [
      [admin.spendAlerts, [], [], "organization.spend_alert"],
      [admin.projects.spendAlerts, [lab.id], [{ project_id: lab.id }], "project.spend_alert"],
    ]) {
      const made = await place.create(...of, wanted);
      assert.deepEqual(made, { ...wanted, id: made.id, object });
      assert.deepEqual(await place.retrieve(made.id, ...at), made);
      const second = await place.create(...of, wanted);
      assert.deepEqual((await all(place.list(...of, { limit: 1 }))).map((one) => one.id), [made.id, second.id]);
      const changed = await place.update(made.id, { ...at[0], ...wanted, threshold_amount: 700 });
      assert.deepEqual(changed, { ...made, threshold_amount: 700 });
      for (const { id } of [made, second]) assert.deepEqual(await place.delete(id, ...at), { id, object: `${object}.deleted`, deleted: true });
      await assert.rejects(async () => place.retrieve(made.id, ...at), OpenAI.NotFoundError);
    }
    await admin.projects.archive(lab.id);
  },
  async "every kind of usage"() {
    const start_time = Math.floor(Date.now() / 1000) - 86400;
    for (const kind of ["audioSpeeches", "audioTranscriptions", "codeInterpreterSessions", "completions", "decisions", "embeddings", "fileSearchCalls", "images", "moderations", "vectorStores", "webSearchCalls"]) {
      const page = await admin.usage[kind]({ start_time, bucket_width: "1h", project_ids: [project], group_by: ["project_id"] });
      assert.deepEqual([page.object, page.data.length, page.has_more], ["page", 24, true], kind);
      for (const bucket of page.data) shaped(bucket, { object: "string", start_time: "number", end_time: "number", results: "array" });
    }
  },
  async "every audit event has the details of its type"() {
    const events = await all(admin.auditLogs.list({ limit: 100 }));
    assert.ok(events.length > 50, `${events.length} events`);
    for (const event of events) {
      shaped(event, { id: "string", type: "string", effective_at: "number", actor: "object|null", [event.type]: "object" });
      if (event.keystead_type) shaped(event, { [event.keystead_type]: "object" });
    }
    const waived = await all(admin.auditLogs.list({ event_types: ["phone.waived"] }));
    assert.deepEqual(waived.map((event) => [event.type, event.keystead_type]), [["organization.updated", "phone.waived"]]);
    const of = async (query) => (await all(admin.auditLogs.list(query))).map((event) => event.id);
    const added = await of({ event_types: ["user.added", "project.created"] });
    assert.deepEqual(added, events.filter(({ type }) => ["user.added", "project.created"].includes(type)).map(({ id }) => id));
    await assert.rejects(async () => all(admin.auditLogs.list({ event_types: ["made.up"] })), { param: "event_types", status: 400 });
  },
};

let passed = 0;
let failed = 0;
for (const [name, run] of Object.entries(checks)) {
  try {
    await run();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error?.stack ?? error}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
