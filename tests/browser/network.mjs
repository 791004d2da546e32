// Owners say from which addresses the API may be called, through the real server in headless Chromium, in three languages, with
// and without scripts: a list is written, corrected, switched on with a warning, refuses, is switched off and deleted; a
// project has one of its own. Every page is looked at by axe and at 360 pixels.
//
// Arguments: base URL of the server, of the sandbox, the browser's path, a folder for pictures, and the database's file.
import assert from "node:assert/strict";
import { base, complaints, done, look, organization, run, sign_up, unexpected, verify_phone } from "./opening.mjs";

const NETWORK = "/settings/organization/network";
const form = (verb) => `form[action^='${NETWORK}/${verb}']`;
const press = (page, verb) => page.locator(`${form(verb)} button`).first().click();
const status = async (secret) => (await fetch(`${base}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status;

/** A key of the Default project, made on its page once a phone is proven. */
async function key(page, number) {
  await verify_phone(page, number);
  await page.goto(`${base}/api-keys?new=1`);
  await page.fill("#name", "shop");
  await page.locator("button[form=create]").click();
  await page.waitForSelector("#secret");
  return (await page.textContent("#secret")).trim();
}

async function journey(browser, language, scripts, number) {
  const tag = `network-${language}${scripts ? "" : "-noscript"}`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts });
  const page = await context.newPage();
  const problems = complaints(page);
  const see = (name) => look(page, `${tag}-${name}`, scripts);
  await sign_up(page, `${tag}@example.com`);
  await organization(page, "Harbour <b>& Co</b>");
  const secret = await key(page, number);
  assert.equal(await status(secret), 200);

  await page.goto(`${base}${NETWORK}`);
  assert.match(await page.textContent("main .notice"), /127\.0\.0\.1/);
  await see("none");
  await page.fill("#name", "Office");
  await page.fill("#addresses", "203.0.113.0/24 # the office\n\n10.0.0.1/8");
  await press(page, "create");
  await page.waitForSelector("#addresses[aria-invalid]");
  assert.match(await page.textContent("#addresses-wrong"), /10\.0\.0\.0\/8/);
  assert.equal(await page.inputValue("#name"), "Office", "what was typed stays");
  await see("wrong");
  await page.fill("#addresses", "203.0.113.0/24 # the office\n198.51.100.7\n2001:db8::/32\n192.0.2.1");
  await press(page, "create");
  await page.waitForSelector(form("activate"));
  assert.equal(await status(secret), 200, "a new list is not in force");
  done(`${tag}: a list is written and corrected`);

  await press(page, "activate");
  await page.waitForSelector("input[name=acknowledged]");
  assert.equal(await status(secret), 200, "nobody shuts himself out by mistake");
  await see("caution");
  await page.check("input[name=acknowledged]");
  await press(page, "activate");
  await page.waitForSelector(form("deactivate"));
  assert.equal(await status(secret), 401);
  await see("in-force");
  done(`${tag}: switched on, it refuses the next request, and the page stays open`);

  await page.locator("summary.word").first().click();
  await page.locator(`${form("edit")} textarea`).fill("127.0.0.1\n203.0.113.0/24");
  await press(page, "edit");
  await page.waitForURL("**done=saved**");
  assert.equal(await status(secret), 200, "with the address added");
  await press(page, "deactivate");
  await page.waitForSelector(form("activate"));
  await page.locator("summary.word").nth(1).click();
  await see("delete");
  await press(page, "delete");
  await page.waitForURL("**done=saved**");
  assert.equal(await page.locator(form("delete")).count(), 0);
  done(`${tag}: changed, switched off, deleted`);

  await page.goto(`${base}/settings/organization/projects`);
  await see("projects");
  const project = (await page.locator("main table code").first().textContent()).trim();
  await page.goto(`${base}/settings/organization/projects/${project}/network`);
  await page.fill("#name", "Robots");
  await page.fill("#addresses", "203.0.113.9");
  await press(page, "create");
  await page.waitForURL("**/projects/*/network?**");
  await press(page, "activate");
  await page.check("input[name=acknowledged]");
  await press(page, "activate");
  await page.waitForSelector(form("deactivate"));
  assert.equal(await status(secret), 401);
  await see("project");
  await press(page, "deactivate");
  await page.waitForSelector(form("activate"));
  assert.equal(await status(secret), 200);
  await page.goto(`${base}/settings/organization/audit-log`);
  assert.match(await page.textContent("main table"), /ip_allowlist\.config\.activated/);
  assert.match(await page.textContent("main table"), /127\.0\.0\.1/);
  await see("audit");
  assert.deepEqual(unexpected(problems), []);
  done(`${tag}: a project has its own, and the audit log tells it`);
  await context.close();
}

await run(async (browser) => {
  await journey(browser, "en", true, "512 347 941");
  await journey(browser, "pl", true, "512 347 942");
  await journey(browser, "ja", true, "512 347 943");
  await journey(browser, "en", false, "512 347 944");
});
