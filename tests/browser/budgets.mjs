// Budgets: an owner gives a key a budget of requests on the key's page, the next request is refused and says so, the pages
// and the API show the same figures, and a higher budget lets the next request pass. The model costs three cents for each
// character (`KEYSTEAD_MODEL__0__*`).
import assert from "node:assert/strict";
import { base, complaints, done, look, organization, run, sign_up, unexpected, verify_phone } from "./opening.mjs";

const BUDGETS = "/settings/organization/budgets";
const languages = {
  en: { number: "512 340 711", one_cent: "0.01", nine: "0.09" },
  pl: { number: "512 340 712", one_cent: "0,01", nine: "0,09" },
  ja: { number: "512 340 713", one_cent: "0.01", nine: "0.09" },
};

async function journey(browser, language, scripts) {
  const t = languages[language];
  const tag = `budgets-${language}${scripts ? "" : "-plain"}`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  const see = (name) => look(page, `${tag}-${name}`, scripts);
  await sign_up(page, `${tag}@example.com`);
  await organization(page, "Harbour");
  await verify_phone(page, t.number);
  await page.goto(`${base}/api-keys?new=1`);
  await page.fill("#name", "voice");
  await page.locator("button[form=create]").click();
  await page.waitForSelector("#secret");
  const secret = (await page.textContent("#secret")).trim();
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const body = JSON.stringify({ model: "tts-1", voice: "alloy", input: "a" });
  const call = () => fetch(`${base}/v1/audio/speech`, { method: "POST", headers, body });
  const budgets = async () => (await (await fetch(`${base}/v1/keystead/budget`, { headers })).json()).budgets;

  // From the key's page: two requests a day.
  await page.goto(`${base}/api-keys`);
  await page.locator("main table a", { hasText: "voice" }).first().click();
  await page.waitForSelector("#budgets");
  await see("key");
  await page.locator("#budgets a[href*='for=key_']").click();
  await page.waitForURL(`**${BUDGETS}?**`);
  await page.selectOption("#budget-terms", "requests/day");
  await page.fill("#budget-amount", "1.5");
  await page.locator("#new button").click();
  await page.waitForSelector("#budget-amount[aria-invalid]");
  assert.equal(await page.inputValue("#budget-amount"), "1.5", "what was typed stays");
  assert.equal(await page.inputValue("#budget-terms"), "requests/day");
  await see("wrong");
  await page.fill("#budget-amount", "2");
  await page.locator("#new button").click();
  await page.waitForURL("**done=saved**");
  await see("listed");
  for (const status of [200, 200, 429]) assert.equal((await call()).status, status);
  const error = (await (await call()).json()).error;
  assert.equal(error.code, "organization_usage_limit_exceeded");
  const [known] = await budgets();
  assert.deepEqual([known.subject.type, known.measure, known.interval, known.amount], ["api_key", "requests", "day", 2]);
  assert.ok(error.message.includes(known.id), error.message);
  done(`${tag}: a key with two requests a day sends two`);

  // Changed in the dialog, the next request passes.
  await page.locator("main table a[href*='change=']").first().click();
  await page.waitForSelector("dialog[open]");
  await see("change");
  await page.fill("#change-amount", "2.5");
  await page.locator("dialog button[form=budget]").click();
  await page.waitForSelector("#change-amount[aria-invalid]");
  assert.equal(await page.inputValue("#change-amount"), "2.5", "the dialog stays, with what was typed");
  await see("change-wrong");
  await page.fill("#change-amount", "3");
  await page.locator("dialog button[form=budget]").click();
  await page.waitForURL("**done=saved**");
  assert.equal((await call()).status, 200);

  // Money below what is spent is confirmed once.
  for (let tries = 0; tries < 100 && (await budgets())[0].used < 3; tries += 1) await page.reload();
  await page.goto(`${base}${BUDGETS}`);
  await page.selectOption("#budget-terms", "money/day");
  await page.fill("#budget-amount", t.one_cent);
  await page.locator("#new button").click();
  await page.waitForSelector("input[name=acknowledged]");
  assert.ok((await page.textContent("form.notice")).includes(t.nine), "what is used already");
  await see("caution");
  await page.check("input[name=acknowledged]");
  await page.locator("form.notice button").click();
  await page.waitForURL("**done=saved**");
  assert.equal((await (await call()).json()).error.code, "organization_spend_limit_exceeded", "the organization comes first");
  await page.goto(`${base}/limits`);
  await page.waitForSelector("#budgets table");
  await see("limits");
  done(`${tag}: a budget below what is spent is confirmed and refuses`);

  await page.goto(`${base}${BUDGETS}`);
  for (let left = 2; left > 0; left -= 1) {
    await page.locator("main table a[href*='remove=']").first().click();
    await page.waitForSelector("dialog[open]");
    if (left === 2) await see("remove");
    await page.locator("dialog button[form=budget]").click();
    await page.waitForURL("**done=saved**");
  }
  assert.equal(await page.locator("main table").count(), 0);
  assert.equal((await call()).status, 200);
  assert.deepEqual(unexpected(problems), []);
  await context.close();
}

await run(async (browser) => {
  await journey(browser, "en", true);
  await journey(browser, "pl", false);
  await journey(browser, "ja", true);
});
