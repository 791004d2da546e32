// The reference of the API, as somebody reads it who has no account: in three languages, at two widths, by words, with the
// examples in their own language, and without scripts.
import assert from "node:assert/strict";
import { base, complaints, done, look, run, unexpected } from "./opening.mjs";

const pages = ["", "/projects", "/role-assignments", "/usage", "/requests", "/errors", "?q=certificate"];
const shown = (page) => page.locator(".routes li:visible").count();

run(async (browser) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const problems = complaints(page);
  const elsewhere = [];
  page.on("request", (request) => request.url().startsWith(`${base}/`) || elsewhere.push(request.url()));

  for (const language of ["en", "pl", "ja"]) {
    for (const path of pages) {
      const address = `${base}/docs/api${path}${path.includes("?") ? "&" : "?"}language=${language}`;
      assert.equal((await page.goto(address)).status(), 200, address);
      await look(page, `reference${path.replace(/[/?=]/g, "-")}-${language}`);
    }
    done(`${pages.length} pages of the reference in ${language}`);
  }

  await page.goto(`${base}/docs/api?language=en`);
  const all = await shown(page);
  await page.keyboard.press("/");
  await page.keyboard.type("delete certificate");
  assert.equal(await shown(page), 1, "the list follows the words");
  await page.fill("#q", "nothing has these words");
  assert.ok(await page.locator("#none").isVisible());
  await page.fill("#q", "");
  assert.equal(await shown(page), all);
  await page.fill("#q", "rate limit");
  await page.keyboard.press("Enter");
  await page.waitForURL("**q=rate+limit**");
  await page.locator(".routes a").first().click();
  await page.waitForURL("**/docs/api/**#**");
  done("an operation is found by words");

  await page.goto(`${base}/docs/api/projects?language=en`);
  const sample = (id) => page.locator(`#createProject-${id}`);
  assert.ok(await sample("curl").isVisible() && !(await sample("python").isVisible()));
  await page.locator("label[for=code-python]").click();
  assert.ok(!(await sample("curl").isVisible()) && (await sample("python").isVisible()));
  await page.reload();
  assert.ok(await sample("python").isVisible(), "the choice is remembered");
  await page.locator("button[data-copy=createProject-python]").click();
  await page.waitForFunction(() => document.getElementById("said").textContent !== "");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(copied.includes(`base_url="${base}/v1"`) && copied.includes("projects.create(name="), copied);
  await page.locator("a[href='#object-Project']").first().click();
  assert.ok(await page.locator("#object-Project").isVisible());
  done("examples are copied in the language that was chosen");

  assert.deepEqual(elsewhere, [], "no other host is asked");
  assert.deepEqual(unexpected(problems), []);
  await context.close();

  const plain = await browser.newContext({ javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto(`${base}/docs/api?language=en`);
  await still.fill("#q", "delete certificate");
  await still.keyboard.press("Enter");
  await still.waitForURL("**q=delete+certificate**");
  assert.equal(await shown(still), 1);
  await still.goto(`${base}/docs/api/projects?language=en`);
  await still.locator("label[for=code-node]").click();
  assert.ok(await still.locator("#createProject-node").isVisible());
  done("the reference works without scripts");
  await plain.close();
}, "--lang=en");
