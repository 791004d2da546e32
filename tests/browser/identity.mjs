// Owners manage client certificates and workload identity, through the real server in headless Chromium. The server
// believes a proxy at 127.0.0.1, which this script plays by sending the header with a client's certificate.
//
// Arguments: base URL of the server, of the sandbox, the browser's path, a folder for pictures, and the database's file.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { base, complaints, done, look, organization, run, sandbox, sign_up, unexpected, verify_phone } from "./opening.mjs";

const CERTIFICATES = "/settings/organization/certificates";
const WORKLOADS = "/settings/organization/workload-identity";

/** An authority that ends in twelve days, and a client's certificate that it signed. */
function made(folder) {
  const openssl = (...words) => execFileSync("openssl", words, { cwd: folder, stdio: "ignore" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "12", "-subj", "/O=Harbour/CN=Harbour clients",
    "-addext", "keyUsage=critical,keyCertSign");
  openssl("req", "-new", ...curve, "-keyout", "client.key", "-out", "client.csr", "-subj", "/CN=shop");
  writeFileSync(join(folder, "client.txt"), "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n");
  openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "11", "-extfile", "client.txt",
    "-out", "client.pem");
  const read = (name) => readFileSync(join(folder, name), "utf8");
  return { file: join(folder, "ca.pem"), authority: read("ca.pem"), key: read("ca.key"), client: read("client.pem") };
}

/** A request with a key, through the proxy; with a certificate if one is given. */
async function call(secret, certificate) {
  const headers = { authorization: `Bearer ${secret}` };
  if (certificate) headers["x-client-cert"] = encodeURIComponent(certificate);
  const answer = await fetch(`${base}/v1/models`, { headers });
  const body = await answer.json();
  return answer.status === 200 ? "200" : `${answer.status} ${body.error.code}`;
}

/** A key of the Default project, made on its page. */
async function key(page, number) {
  await verify_phone(page, number);
  await page.goto(`${base}/api-keys?new=1`);
  await page.fill("#name", "shop");
  await page.locator("button[form=create]").click();
  await page.waitForSelector("#secret");
  return (await page.textContent("#secret")).trim();
}

const confirm = async (page, name) => {
  await page.locator(".foot-row button.danger").click();
  await page.waitForURL(`**done=${name}**`);
};

async function certificates(page, secret, files, see) {
  await page.goto(`${base}${CERTIFICATES}`);
  await see("none");
  await page.locator(".head a.button").click();
  await page.waitForSelector("dialog[open]");
  assert.equal(await page.evaluate(() => document.activeElement.id), "name", "the first field has the focus");
  await page.fill("#certificate", files.authority + files.key);
  await page.locator("button[form=upload]").click();
  await page.waitForSelector(".summary");
  assert.equal(await page.inputValue("#certificate"), "", "a private key is not repeated");
  await see("refused");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  await page.locator(".head a.button").click();
  await page.setInputFiles("#file", files.file);
  await page.waitForFunction(() => document.getElementById("certificate").value.includes("BEGIN CERTIFICATE"));
  await page.locator("button[form=upload]").click();
  await page.waitForURL("**done=certificate-uploaded**");
  assert.match(await page.textContent("main"), /O=Harbour, CN=Harbour clients/);
  assert.equal(await call(secret), "200", "an upload changes nothing");
  done("an owner uploads a certificate as a file; a private key is refused");

  const one = page.url().split("?")[0];
  await see("uploaded");
  await page.goto(`${base}${CERTIFICATES}`);
  assert.match(await page.textContent("main table"), /in 1[12] days/);
  await page.locator("a[href*='activate=']").click();
  await see("activate");
  assert.match(await page.textContent("dialog"), /401/);
  await confirm(page, "certificate-activated");
  await see("active");
  assert.match(await page.textContent("main .state.wait.note"), /Harbour clients/, "the end is announced");
  assert.equal(await call(secret), "401 certificate_required");
  assert.equal(await call(secret, files.client), "200");
  assert.equal(await call(secret, files.authority), "401 certificate_not_accepted");
  done("once it is active, only clients with a certificate that it signed are accepted");

  await page.goto(`${base}/settings/organization/projects`);
  await page.locator("main table a").first().click();
  await page.locator("a[href*='/certificates?']").last().click();
  await see("project");
  await page.goto(one);
  await page.locator("a[href*='deactivate=organization']").click();
  await see("deactivate");
  await confirm(page, "certificate-deactivated");
  assert.equal(await call(secret), "200");
  return one;
}

/** A token of the sandbox's issuer, exchanged for a key. */
async function exchanged(provider, account, claims) {
  const asked = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(claims) };
  const { token } = await (await fetch(`${sandbox}/oidc/workload_token`, asked)).json();
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange", subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt", identity_provider_id: provider, service_account_id: account,
  });
  const answer = await fetch(`${base}/oauth/token`, { method: "POST", body });
  return answer.json();
}

async function workloads(page, see) {
  await page.goto(`${base}${WORKLOADS}`);
  await see("providers-none");
  await page.locator(".head a.button").click();
  await page.fill("#name", "Sandbox builds");
  await page.fill("#issuer", "http://issuer.example.com");
  await page.fill("#audience", "keystead");
  const send = () => page.locator("main button.end").click();
  await send();
  await page.waitForSelector("#issuer[aria-invalid]");
  assert.equal(await page.inputValue("#audience"), "keystead", "what was typed stays");
  await see("provider-refused");
  await page.fill("#issuer", `${sandbox}/oidc`);
  await send();
  await page.waitForURL("**done=provider-created**");
  assert.match(await page.textContent("dl"), /1 key/);
  await see("provider-new");
  const provider = page.url().split("?")[0].split("/").pop();
  done("a provider is created, and the keys of its issuer are fetched");

  await page.locator(".head a.button", { hasText: "Create rule" }).click();
  await page.fill("#attribute-1", "repository");
  await page.fill("#value-1", "acme/app");
  await page.locator("#account option[value$='/new']").first().evaluate((option) => { option.selected = true; });
  await see("rule-form");
  await send();
  await page.waitForSelector("#account_name[aria-invalid]");
  await page.fill("#account_name", "builder");
  await page.fill("#name", "Main branch");
  await send();
  await page.waitForURL("**done=rule-created**");
  const account = (await page.textContent("#code-curl")).match(/svc_acct_\w+/)[0];
  const claims = { aud: "keystead", repository: "acme/app" };
  const wrong = await exchanged(provider, account, { ...claims, repository: "acme/other" });
  assert.equal(wrong.error, "invalid_grant");
  const { access_token: workload } = await exchanged(provider, account, claims);
  assert.equal(await call(workload), "200");
  done("a token of the sandbox becomes a key that calls the API");

  await page.goto(`${base}${WORKLOADS}/${provider}`);
  await see("provider");
  await page.goto(`${base}/api-keys`);
  await page.locator("a[href*='/api-keys/workloads']").click();
  assert.match(await page.textContent("main table"), new RegExp(workload.slice(-4)));
  await see("issued");
  return { provider, workload };
}

/** Every page in another language. */
async function others(page, language, one, provider, see) {
  await page.goto(`${base}/home`);
  await page.locator(`form.languages button[value=${language}]`).click();
  await page.waitForSelector(`html[lang=${language}]`);
  const rule = `${base}${WORKLOADS}/${provider}`;
  for (const [name, address] of [
    ["certificates", `${base}${CERTIFICATES}`], ["upload", `${base}${CERTIFICATES}?new=1`], ["certificate", one],
    ["activate", `${one}?activate=organization`], ["delete", `${one}?delete=1`], ["workloads", `${base}${WORKLOADS}`],
    ["new-provider", `${base}${WORKLOADS}/new?platform=kubernetes`], ["provider", rule], ["disable", `${rule}?disable=1`],
    ["edit-provider", `${rule}/edit`], ["new-rule", `${rule}/rules/new`], ["issued", `${base}/api-keys/workloads`],
  ]) {
    await page.goto(address);
    await see(`${language}-${name}`);
  }
  await page.goto(rule);
  await page.locator("#rules td a[href*='/rules/wifr_']").first().click();
  await see(`${language}-edit-rule`);
  done(`every page in ${language}: no axe violation, nothing sideways`);
}

await run(async (browser) => {
  const folder = mkdtempSync(join(tmpdir(), "keystead-identity-"));
  try {
    const files = made(folder);
    const context = await browser.newContext({ locale: "en", viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const problems = complaints(page);
    const see = (name) => look(page, `identity/${name}`);
    await sign_up(page, "identity@example.com");
    await organization(page, "Harbour <b>& Co</b>");
    const secret = await key(page, "512 347 961");
    const one = await certificates(page, secret, files, see);
    const { provider, workload } = await workloads(page, see);
    for (const language of ["pl", "ja"]) await others(page, language, one, provider, see);

    await page.locator("form.languages button[value=en]").click();
    await page.goto(`${base}${WORKLOADS}/${provider}`);
    await page.locator("a[href*='rule-delete=']").click();
    await see("rule-delete");
    await confirm(page, "rule-deleted");
    assert.match(await call(workload), /^401 /);
    await page.locator("main a[href*='delete=1']").click();
    await confirm(page, "provider-deleted");
    done("with its rule, the key ends at once");
    await page.goto(`${one}?delete=1`);
    await confirm(page, "certificate-deleted");
    assert.deepEqual(unexpected(problems), []);
    await context.close();

    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: undefined });
    const bare = await plain.newPage();
    await sign_up(bare, "identity-bare@example.com");
    await organization(bare, "Pier");
    await bare.goto(`${base}${CERTIFICATES}?new=1`);
    assert.equal(await bare.locator("#file").isVisible(), false, "a file needs the script");
    await bare.fill("#certificate", files.authority);
    await bare.locator("button[form=upload]").click();
    await bare.waitForURL("**done=certificate-uploaded**");
    done("without scripts a certificate is pasted");
    await plain.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
