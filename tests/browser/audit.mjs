// An owner reads the audit log: in words, by questions, as a file, and with its chain checked, through the real server in
// headless Chromium, in three languages, with and without scripts. Every page is looked at by axe and at 360 pixels.
// S1-30.
//
// Arguments: base URL of the server, of the sandbox, the browser's path, a folder for pictures, and the database's file.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { base, complaints, database, done, look, organization, run, sign_up, unexpected } from "./opening.mjs";

const LOG = `${base}/settings/organization/audit-log`;
const WORDS = { en: ["Created a project", "The log is intact"], pl: ["Utworzono projekt", "nienaruszony"], ja: ["プロジェクトを作成", "改ざんはありません"] };

/** Changes the second row of a chain behind the product's back; answers which row it is. */
function spoil(organizationId) {
  const script = `import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10)
where = "organization = ? AND sequence = 2"
print(database.execute(f"SELECT id FROM audit_events WHERE {where}", sys.argv[2:]).fetchone()[0])
database.execute(f"UPDATE audit_events SET actor_id = 'user-nobody' WHERE {where}", sys.argv[2:])
database.commit()`;
  return execFileSync("python3", ["-c", script, database, organizationId], { encoding: "utf8" }).trim();
}

async function journey(browser, language, scripts) {
  const tag = `audit-${language}${scripts ? "" : "-noscript"}`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts, timezoneId: "Asia/Tokyo" });
  const page = await context.newPage();
  const problems = complaints(page);
  const see = (name) => look(page, `${tag}-${name}`, scripts);
  const rows = () => page.locator(".events tbody tr");
  const events = () => page.locator(".events td:first-child > small code").allTextContents();
  await sign_up(page, `${tag}@example.com`);
  await organization(page, "Harbour <b>& Co</b>");
  for (const name of ["=Lab <i>one</i>", "Works"]) {
    await page.goto(`${base}/settings/organization/projects`);
    await page.fill("#name", name);
    await page.locator("form[action^='/settings/organization/projects/create'] button").click();
    await page.waitForURL("**done=project-created**");
  }

  await page.goto(LOG);
  const [created, unbroken] = WORDS[language];
  assert.ok((await rows().first().textContent()).includes(created), await rows().first().textContent());
  assert.ok((await rows().first().textContent()).includes("Works"));
  await see("list");
  await rows().nth(1).locator("summary").click();
  assert.match(await rows().nth(1).locator("dl").innerText(), /audit_log-/);
  assert.match(await rows().nth(1).innerText(), /=Lab <i>one<\/i>/, "what people wrote stays text");
  await see("details");
  done(`${tag}: rows in words, details that open`);

  // Questions, one after another, and out of them again.
  await page.selectOption("#kind", "projects");
  await page.locator(".filters button").click();
  assert.ok((await events()).every((name) => name.startsWith("project.")));
  assert.equal(await page.locator(".chips li").count(), 2, "one question and the way out of all");
  await page.fill("#object", "key_of-nobody");
  await page.locator(".filters button").click();
  assert.equal(await rows().count(), 0);
  await see("none");
  await page.locator(".chips a").nth(1).click();
  assert.ok((await events()).length > 1, "the other question stays");
  const to = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  await page.fill("#to", to);
  await page.locator(".filters button").click();
  assert.equal(await rows().count(), 0, "nothing so long ago");
  await page.locator(".chips .plain").click();
  const object = page.locator(".events td:nth-child(2) small a").first();
  const id = (await object.textContent()).trim();
  await object.click();
  assert.equal(await page.inputValue("#object"), id);
  await see("filtered");
  await page.locator(".chips .plain").click();
  done(`${tag}: questions stand in the address and come out again`);

  // The same rows as a file, which runs nothing.
  await page.selectOption("#kind", "project.created");
  await page.locator(".filters button").click();
  const file = await context.request.get(new URL(await page.locator(".tools a").getAttribute("href"), base).href);
  const text = await file.text();
  assert.equal(text.trim().split("\r\n").length, 1 + (await rows().count()));
  assert.ok(text.includes(",'=Lab <i>one</i> ("), text);
  done(`${tag}: a file with the same questions`);

  await page.locator(".tools button").click();
  await page.waitForSelector(".notice .state.ok");
  assert.ok((await page.textContent(".notice")).includes(unbroken));
  await see("chain");
  const organizationId = (await page.context().request.get(LOG).then((answer) => answer.text())).match(/object=(org-\w+)/)[1];
  const row = spoil(organizationId);
  await page.goto(LOG);
  await page.locator(".tools button").click();
  await page.waitForSelector(".notice .state.bad");
  assert.ok((await page.textContent(".notice")).includes(row), "the row is named");
  await see("broken");
  done(`${tag}: the chain is checked, and a break is named`);
  assert.deepEqual(unexpected(problems), []);
  await context.close();
}

await run(async (browser) => {
  for (const language of ["en", "pl", "ja"]) {
    for (const scripts of [true, false]) await journey(browser, language, scripts);
  }
});
