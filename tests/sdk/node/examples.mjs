// Runs each Node.js program of the API's description with a fetch that records, and compares the request that it sends with
// the operation. Prints "N passed, N failed" and ends with 1 when something failed.

import assert from "node:assert/strict";
import OpenAI from "openai";

const root = process.env.SDK_BASE_URL.replace(/\/v1$/, "");
Object.assign(process.env, { OPENAI_API_KEY: "sk-example", OPENAI_ADMIN_KEY: "sk-admin-example" });
const description = await (await fetch(`${root}/openapi.json`)).json();

let last;
const record = async (url, options) => {
  last = { url: new URL(url), method: options.method.toUpperCase(), body: options.body };
  return Response.json({ object: "list", data: [], has_more: false });
};
class Client extends OpenAI {
  constructor(options) {
    super({ ...options, fetch: record, maxRetries: 0 });
  }
}
const AsyncFunction = (async () => {}).constructor;

/** Runs a program and checks what it sends. */
async function check(path, method, operation, source) {
  last = undefined;
  const program = source.replace('import OpenAI from "openai";', "");
  await new AsyncFunction("OpenAI", "console", program)(Client, { log() {} });
  assert.ok(last, "nothing was sent");
  const wanted = new RegExp(`^${path.replace(/\{[^/]+\}/g, "[^/]+")}$`);
  assert.equal(last.method, method.toUpperCase());
  assert.match(last.url.pathname, wanted);
  const example = operation.requestBody?.content["application/json"]?.example;
  if (example) {
    // The SDK may add members of its own.
    const body = JSON.parse(last.body);
    assert.deepEqual(Object.fromEntries(Object.keys(example).map((name) => [name, body[name]])), example);
  }
  const names = (operation.parameters ?? []).filter((one) => one.in === "query").map((one) => one.name);
  for (const name of last.url.searchParams.keys()) assert.ok(names.includes(name.replace(/\[\d*\]$/, "")), `unknown parameter ${name}`);
}

let passed = 0;
const failed = [];
for (const [path, verbs] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(verbs)) {
    if (operation.requestBody?.content["multipart/form-data"]) continue;
    const { source } = operation["x-codeSamples"].find((one) => one.lang === "node");
    try {
      await check(path, method, operation, source);
      passed += 1;
    } catch (error) {
      failed.push(`${operation.operationId}: ${error.message}`);
    }
  }
}
for (const line of failed) console.log(`FAILED ${line}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
