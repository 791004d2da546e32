// Deletion with a waiting time, and copies of data, of a person and of an organization, in three languages.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { PASSWORD, base, complaints, database, done, grow_stale, look, mailed_link, message, organization, run, sign_up, unexpected } from "./opening.mjs";

/** A person requests the deletion of their account, sees the date on every page, cancels, and downloads their data. */
async function leaving(browser, language) {
  const page = await (await browser.newContext({ locale: language })).newPage();
  const problems = complaints(page);
  const email = `leaving-${language}@example.com`;
  const see = (name) => look(page, `deletion-${language}-${name}`, true);
  const send = (verb) => page.locator(`form[action^='/settings/account/delete/${verb}'] button`).click();
  await sign_up(page, email);
  await page.goto(`${base}/settings/account/delete`);
  await see("before");
  grow_stale();
  await send("request");
  await page.fill("#proof_password", PASSWORD);
  await page.locator("main form button").click();
  await page.waitForURL("**done=deletion-requested**");
  await see("waiting");
  await page.goto(`${base}/settings/account/security`);
  assert.equal(await page.locator("main > .notice").count(), 1);
  await see("notice");
  await page.locator("main > .notice a").click();
  await send("cancel");
  await page.waitForURL("**done=deletion-cancelled**");
  await see("cancelled");
  await page.goto(`${base}/settings/account/security`);
  assert.equal(await page.locator("main > .notice").count(), 0);
  await organization(page, "Alone <b>");
  await page.goto(`${base}/settings/account`);
  await see("account");
  await page.locator("#delete a").click();
  assert.equal(await page.locator("form[action*='delete/request']").count(), 0, "the organization needs another owner");
  await see("blocked");
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator("main a[href*='export.json']").click()]);
  const copy = JSON.parse(readFileSync(await file.path(), "utf8"));
  assert.equal(copy.data.users[0].email, email);
  assert.deepEqual(unexpected(problems), []);
  await page.context().close();
  done(`${language}: an account is deleted after a wait, kept, and copied`);
}

/** An owner types the name and requests the deletion of the organization; every page says so; the owner cancels. */
async function closing(browser, language) {
  const page = await (await browser.newContext({ locale: language })).newPage();
  const problems = complaints(page);
  const email = `closing-${language}@example.com`;
  const see = (name) => look(page, `closing-${language}-${name}`, true);
  const send = (verb) => page.locator(`form[action^='/settings/organization/delete/${verb}'] button`).click();
  await sign_up(page, email);
  await organization(page, "Closing <b>& Co");
  await page.goto(`${base}/settings/organization/general`);
  await see("general");
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#data a.button").click()]);
  assert.equal(JSON.parse(readFileSync(await file.path(), "utf8")).data.memberships[0].email, email);
  await page.locator("#delete a").click();
  await see("before");
  await page.fill("#name", "Closing");
  await send("request");
  await page.waitForSelector("#name[aria-invalid=true]");
  assert.equal(await page.inputValue("#name"), "Closing");
  await see("wrong");
  await page.fill("#name", "Closing <b>& Co");
  grow_stale();
  await send("request");
  await page.fill("#proof_password", PASSWORD);
  await page.locator("main form button").click();
  await page.waitForURL("**done=organization-deletion-requested**");
  await see("waiting");
  await page.goto(await mailed_link(email, "/settings/organization/delete"));
  await send("cancel");
  await page.waitForURL("**done=organization-deletion-cancelled**");
  await page.fill("#name", "Closing <b>& Co");
  await send("request");
  await page.waitForURL("**done=organization-deletion-requested**");
  await page.goto(`${base}/home`);
  assert.ok((await page.locator("main > .notice").textContent()).includes("Closing <b>& Co"));
  await see("notice");
  await page.locator("main > .notice a").click();
  await send("cancel");
  await page.waitForURL("**done=organization-deletion-cancelled**");
  await see("cancelled");
  assert.equal(await page.locator("main b").count(), 0);
  assert.deepEqual(unexpected(problems), []);
  await page.context().close();
  done(`${language}: an organization is deleted after a wait, kept, and copied`);
}

/** Lets the waiting time of every requested deletion be over. */
function let_the_wait_pass() {
  const script = "import sqlite3,sys; db=sqlite3.connect(sys.argv[1],timeout=10); db.execute('UPDATE organization_deletions SET due_at=1'); db.execute('UPDATE jobs SET run_at=1 WHERE finished_at IS NULL'); db.commit()";
  execFileSync("python3", ["-c", script, database]);
}

/** After the date the organization's key gets 401 and its owner begins again without an organization. */
async function ending(browser) {
  const page = await (await browser.newContext({ locale: "en" })).newPage();
  await sign_up(page, "ending@example.com");
  await organization(page, "Ending");
  await page.goto(`${base}/settings/organization/admin-keys?new=1`);
  await page.fill("#name", "robot");
  await page.locator("button[form=create]").click();
  const secret = (await page.textContent("#secret")).trim();
  const call = () => fetch(`${base}/v1/organization/projects`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await call()).status, 200);
  await page.goto(`${base}/settings/organization/delete`);
  await page.fill("#name", "Ending");
  await page.locator("form[action*='delete/request'] button").click();
  await page.waitForURL("**done=organization-deletion-requested**");
  assert.equal((await call()).status, 200, "everything works until the date");
  let_the_wait_pass();
  await message("ending@example.com", { fits: (mail) => mail.subject?.includes("was deleted") });
  const refused = await call();
  assert.equal(refused.status, 401);
  assert.equal((await refused.json()).error.code, "invalid_api_key");
  await page.goto(`${base}/home`);
  await page.waitForURL("**/welcome**");
  await organization(page, "Next");
  await page.goto(`${base}/home`);
  assert.deepEqual(await page.locator(".choices .group").allTextContents(), ["Next"]);
  await page.context().close();
  done("an organization ends, and its key with it");
}

await run(async (browser) => {
  for (const language of ["en", "pl", "ja"]) {
    await leaving(browser, language);
    await closing(browser, language);
  }
  await ending(browser);
});
