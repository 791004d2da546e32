// The documents' own examples through the official Node SDK, against a running Keystead.
// Prints "N passed, N failed" and ends with 1 when something failed. Addresses and keys come from SDK_* variables.

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import OpenAI from "openai";

const {
  SDK_BASE_URL: baseURL,
  SDK_ORGANIZATION_ID: organization,
  SDK_PROJECT_ID: project,
  SDK_ADMIN_KEY: adminKey,
  SDK_USER_KEY: userKey,
  SDK_PROJECT_KEY: projectKey,
} = process.env;
const messages = [{ role: "user", content: "Say hello" }];
const expected = { requests: 0, input: 0, output: 0 };

const client = (apiKey, more = {}) => new OpenAI({ apiKey, baseURL, maxRetries: 0, ...more });
const administration = () => client(adminKey, { adminAPIKey: adminKey }).admin.organization;
const note = (usage) => {
  expected.requests += 1;
  expected.input += usage.prompt_tokens;
  expected.output += usage.completion_tokens;
};

const checks = {
  // S1-27, S1-28, S1-29
  async "a new key works at once"() {
    const response = await fetch(`${baseURL}/api-keys`, {
      method: "POST",
      headers: { Authorization: `Bearer ${projectKey}`, "Content-Type": "application/json" },
      body: JSON.stringify({ name: "My new key" }),
    });
    const body = await response.json();
    assert.ok(response.ok, JSON.stringify(body));
    assert.match(body.value, /^sk-proj-/);
    note((await client(body.value).chat.completions.create({ model: "gpt-4o", messages })).usage);
  },
  // Node writes on while the answer is there already; a connection that is reset meanwhile hides it.
  async "a wrong key is said to be wrong behind a large body"() {
    const large = [{ role: "user", content: "x".repeat(2 << 20) }];
    for (let i = 0; i < 5; i++) {
      const refused = await client("sk-proj-wrong").chat.completions.create({ model: "gpt-4o", messages: large }).catch((e) => e);
      assert.equal(refused.status, 401, String(refused));
      assert.equal(refused.code, "invalid_api_key");
    }
  },
  // S2-11, S2-12, S2-16
  async "both headers"() {
    const sdk = client(userKey, { organization, project });
    note((await sdk.chat.completions.create({ model: "gpt-4o", messages })).usage);
  },
  // S2-13
  async "no project is the Default project"() {
    note((await client(userKey, { organization }).chat.completions.create({ model: "gpt-4o", messages })).usage);
  },
  // S2-14
  async "models with and without headers"() {
    for (const sdk of [client(projectKey), client(userKey, { organization, project })]) {
      const names = [];
      for await (const model of sdk.models.list()) names.push(model.id);
      assert.ok(names.includes("gpt-4o"), names.join());
    }
  },
  async streaming() {
    const options = { model: "gpt-4o", messages, stream: true, stream_options: { include_usage: true } };
    const stream = await client(projectKey).chat.completions.create(options);
    let text = "";
    let usage = null;
    for await (const chunk of stream) {
      text += chunk.choices.map((choice) => choice.delta.content ?? "").join("");
      usage = chunk.usage ?? usage;
    }
    assert.ok(text && usage);
    note(usage);
  },
  async embeddings() {
    const asked = { model: "text-embedding-3-small", input: "The quick brown fox" };
    const answer = await client(projectKey).embeddings.create(asked);
    assert.ok(answer.data[0].embedding.length > 0 && answer.usage.prompt_tokens > 0);
  },
  async "errors have their classes"() {
    const wrong = client("sk-wrong").models.list();
    await assert.rejects(async () => wrong, (error) => error instanceof OpenAI.AuthenticationError && error.code === "invalid_api_key");
    const unknown = client(projectKey).chat.completions.create({ model: "no-such-model", messages });
    await assert.rejects(unknown, OpenAI.NotFoundError);
    const image = client(projectKey).images.generate({ model: "gpt-image-1", prompt: "A cat" });
    await assert.rejects(image, OpenAI.PermissionDeniedError);
  },
  async administration() {
    const admin = administration();
    const made = await admin.projects.create({ name: "Made by the SDK" });
    const listed = [];
    for await (const one of admin.projects.list()) listed.push(one.id);
    assert.ok(listed.includes(made.id));
    const account = await admin.projects.serviceAccounts.create(made.id, { name: "Bot" });
    assert.match(account.api_key.value, /^sk-svcacct-/);
    const bot = client(account.api_key.value);
    await bot.chat.completions.create({ model: "gpt-4o-mini", messages });
    const keys = [];
    for await (const key of admin.projects.apiKeys.list(made.id)) keys.push(key.id);
    assert.ok(keys.includes(account.api_key.id));
    await admin.projects.serviceAccounts.delete(account.id, { project_id: made.id });
    await assert.rejects(async () => bot.models.list(), OpenAI.AuthenticationError);
    assert.equal((await admin.projects.archive(made.id)).status, "archived");
  },
  async "rate limits"() {
    const admin = administration();
    const made = await admin.projects.create({ name: "Slow" });
    const listed = [];
    for await (const limit of admin.projects.rateLimits.listRateLimits(made.id, { limit: 3 })) listed.push(limit);
    const mini = listed.find((limit) => limit.model === "gpt-4o-mini");
    assert.equal(mini.object, "project.rate_limit");
    assert.ok(mini.max_requests_per_1_minute > 0 && mini.max_tokens_per_1_minute > 0);
    const changed = await admin.projects.rateLimits.updateRateLimit(mini.id, { project_id: made.id, max_tokens_per_1_minute: 600 });
    assert.equal(changed.max_tokens_per_1_minute, 600);
    const account = await admin.projects.serviceAccounts.create(made.id, { name: "Bot" });
    const long = [{ role: "user", content: "one two three four five six seven eight nine ten ".repeat(4) }];
    const { response } = await client(account.api_key.value).chat.completions.create({ model: "gpt-4o-mini", messages: long, max_tokens: 64 }).withResponse();
    assert.equal(response.headers.get("x-ratelimit-limit-tokens"), "600");
    const asked = { model: "gpt-4o-mini", messages, max_tokens: 590 };
    const hasty = client(account.api_key.value).chat.completions.create(asked);
    await assert.rejects(hasty, (error) => error instanceof OpenAI.RateLimitError && error.code === "rate_limit_exceeded" && error.type === "tokens");
    // The SDK waits as long as the header says, and retries.
    const statuses = [];
    const counting = async (...request) => {
      const answer = await fetch(...request);
      statuses.push(answer.status);
      return answer;
    };
    const patient = new OpenAI({ apiKey: account.api_key.value, baseURL, fetch: counting });
    assert.ok((await patient.chat.completions.create(asked)).choices[0].message.content);
    assert.deepEqual(statuses, [429, 200]);
    await assert.rejects(async () => patient.chat.completions.create({ ...asked, max_tokens: 601 }), OpenAI.RateLimitError);
    assert.deepEqual(statuses, [429, 200, 429], "what is too large is not tried again");
    await admin.projects.archive(made.id);
  },
  // S2-12
  async "usage and costs"() {
    const admin = administration();
    const start_time = Math.floor(Date.now() / 1000) - 86400;
    const asked = { start_time, bucket_width: "1d", project_ids: [project], models: ["gpt-4o"], group_by: ["project_id", "model"] };
    const sum = (results, field) => results.reduce((total, result) => total + result[field], 0);
    let seen;
    for (let attempt = 0; attempt < 75; attempt += 1) {
      const page = await admin.usage.completions(asked);
      const results = page.data.flatMap((bucket) => bucket.results);
      seen = { requests: sum(results, "num_model_requests"), input: sum(results, "input_tokens"), output: sum(results, "output_tokens") };
      if (JSON.stringify(seen) === JSON.stringify(expected)) break;
      await wait(200);
    }
    assert.deepEqual(seen, expected);
    const costs = await admin.usage.costs({ start_time });
    const amounts = costs.data.flatMap((bucket) => bucket.results).map((result) => result.amount);
    assert.ok(amounts.length > 0 && amounts.every((amount) => amount.currency === "usd"));
  },
  async "groups, roles and who holds them"() {
    const admin = administration();
    const all = async (pages) => {
      const found = [];
      for await (const one of pages) found.push(one);
      return found;
    };
    const [me] = await all(admin.users.list());
    const made = await admin.projects.create({ name: "Roles" });
    const group = await admin.groups.create({ name: "Team" });
    const second = await admin.groups.create({ name: "Second team" });
    assert.deepEqual(await admin.groups.retrieve(group.id), group);
    assert.equal((await admin.groups.update(group.id, { name: "Readers" })).name, "Readers");
    const ids = (await all(admin.groups.list({ limit: 1 }))).map((one) => one.id);
    assert.ok(ids.includes(group.id) && ids.includes(second.id) && new Set(ids).size === ids.length);
    await admin.groups.users.create(group.id, { user_id: me.id });
    assert.deepEqual((await all(admin.groups.users.list(group.id))).map((one) => one.id), [me.id]);
    assert.equal((await admin.groups.users.retrieve(me.id, { group_id: group.id })).user_type, "user");

    const role = await admin.roles.create({ role_name: "Node caller", permissions: ["api.model.request"] });
    assert.deepEqual(await admin.roles.retrieve(role.id), role);
    const changed = await admin.roles.update(role.id, { permissions: ["api.model.read"], description: "Reads" });
    assert.deepEqual(await admin.roles.retrieve(role.id), changed);
    assert.ok((await all(admin.roles.list({ limit: 2 }))).some((one) => one.id === "role-api-organization-owner"));
    const place = { project_id: made.id };
    const local = await admin.projects.roles.create(made.id, { role_name: "Local", permissions: ["api.files.read"] });
    assert.deepEqual(await admin.projects.roles.retrieve(local.id, place), local);
    const here = await admin.projects.roles.update(local.id, { ...place, role_name: "Here" });
    assert.ok((await all(admin.projects.roles.list(made.id))).some((one) => one.name === "Here"));

    const holders = [
      [admin.groups.roles, changed, group.id, {}, { group_id: group.id }],
      [admin.users.roles, changed, me.id, {}, { user_id: me.id }],
      [admin.projects.groups.roles, here, group.id, place, { ...place, group_id: group.id }],
      [admin.projects.users.roles, here, me.id, place, { ...place, user_id: me.id }],
    ];
    for (const [roles, one, holder, where, path] of holders) {
      assert.deepEqual((await roles.create(holder, { ...where, role_id: one.id })).role, one);
      const listed = where.project_id ? roles.list(holder, where) : roles.list(holder);
      assert.ok((await all(listed)).some((held) => held.id === one.id));
      assert.deepEqual((await roles.retrieve(one.id, path)).permissions, one.permissions);
      assert.ok((await roles.delete(one.id, path)).deleted);
    }
    const added = await admin.projects.groups.create(made.id, { group_id: group.id, role: "role-api-project-viewer" });
    assert.deepEqual(await admin.projects.groups.retrieve(group.id, place), added);
    assert.equal((await all(admin.projects.groups.list(made.id))).length, 1);
    assert.ok((await admin.projects.groups.delete(group.id, place)).deleted);
    assert.ok((await admin.groups.users.delete(me.id, { group_id: group.id })).deleted);
    assert.equal((await admin.projects.roles.delete(local.id, place)).id, local.id);
    assert.equal((await admin.roles.delete(role.id)).id, role.id);
    for (const one of [group, second]) assert.ok((await admin.groups.delete(one.id)).deleted);
    await admin.projects.archive(made.id);
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
