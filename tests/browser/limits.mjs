// How fast models may be used: an owner lowers a project's limits without scripts, calls meet them at once, and the page
// says how to get more. Rows: S1-42.
import assert from "node:assert/strict";
import { base, complaints, done, look, organization, run, sign_up, unexpected, verify_phone } from "./opening.mjs";

const languages = {
  en: { limits: "Limits", save: "Save limits", higher: "Verify your organization first", high: "cannot be higher", tier: "Tier 0 of 1", next: "What tier 1 needs" },
  pl: { limits: "Limity", save: "Zapisz limity", higher: "Najpierw zweryfikuj organizację", high: "nie może być wyższy", tier: "Poziom 0 z\u00a01", next: "Czego wymaga poziom 1" },
  ja: { limits: "上限", save: "上限を保存", higher: "先に組織の確認", high: "高くできません", tier: "ティア0（最高は1）", next: "ティア1の条件" },
};

async function limits(browser, language, scripts) {
  const t = languages[language];
  const tag = `limits-${language}${scripts ? "" : "-plain"}`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  await sign_up(page, `${tag}@example.com`);
  await organization(page, "Harbour");

  // A phone, then a key.
  const number = { en: "512 340 501", pl: "512 340 502", ja: "512 340 503" }[language];
  await verify_phone(page, number);
  await page.goto(`${base}/api-keys`);
  await page.locator("main .head a.button").click();
  await page.fill("#name", "fast");
  await page.locator("dialog button.primary").click();
  await page.waitForSelector("#secret");
  const secret = (await page.textContent("#secret")).trim();
  const call = () => fetch(`${base}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Hello" }], max_tokens: 20 }),
  });
  const first = await call();
  assert.equal(first.status, 200);
  assert.equal(first.headers.get("x-ratelimit-limit-requests"), "500", "the organization's");

  await page.goto(`${base}/home`);
  await page.locator("nav a[href^='/limits']").click();
  await page.waitForURL("**/limits**");
  assert.equal((await page.textContent("h1")).trim(), t.limits);
  assert.ok((await page.textContent("#higher")).includes(t.higher), "S1-42: the way to more");
  const tier = await page.textContent("#tier");
  assert.ok(tier.includes(t.tier) && tier.includes(t.next) && /5[.,]00\sUSD/.test(tier), `S1-42: what the next tier needs: ${tier}`);
  assert.equal(await page.locator("#tier .spend-bar:visible").count(), 2, "an amount and days");
  await look(page, tag, scripts);
  const row = page.locator("tr", { has: page.locator("code", { hasText: /^gpt-4o$/ }) });
  const field = row.locator("input[name^=max_requests_per_1_minute]");
  assert.ok((await field.getAttribute("placeholder")).includes("500"));
  await field.fill("501");
  await page.getByRole("button", { name: t.save }).click();
  await page.waitForSelector("[role=alert]");
  assert.ok((await page.textContent("[role=alert]")).includes(t.high));
  assert.equal(await field.inputValue(), "501", "what was typed stays");
  assert.equal(await page.locator(".summary a").getAttribute("href"), `#${await field.getAttribute("id")}`);
  assert.equal(await page.getByRole("button", { name: t.save }).count(), 1, "one button for the whole table");
  await look(page, `${tag}-refused`, scripts);
  await field.fill("2");
  await page.getByRole("button", { name: t.save }).click();
  await page.waitForURL("**done=saved**");
  await look(page, `${tag}-lower`, scripts);

  // It applies from the next call on, and the refusal of the third call says when to retry and where to read about it.
  const statuses = [];
  let refused;
  for (let calls = 0; calls < 3; calls += 1) {
    const answer = await call();
    statuses.push(answer.status);
    if (answer.status === 429) refused = answer;
  }
  assert.deepEqual(statuses, [200, 200, 429]);
  const error = (await refused.json()).error;
  assert.match(error.message, /requests per min \(RPM\): Limit 2, Used 2, Requested 1\. Please try again in \d/);
  assert.ok(Number(refused.headers.get("retry-after-ms")) > 0);
  const where = error.message.match(/Visit (\S+) to learn more/)[1];
  await page.goto(where);
  assert.equal((await page.textContent("h1")).trim(), t.limits, "the message leads to this page");
  const answer = await page.goto(`${base}${refused.headers.get("link").match(/<(.*)>/)[1]}`);
  assert.equal(answer.status(), 200);
  await page.goto(`${base}/help?q=${encodeURIComponent(error.message.slice(0, 120))}`);
  assert.ok((await page.content()).includes("/help/rate-limits"), "the help knows the message");

  await page.goto(`${base}/limits`);
  await field.fill("");
  await page.getByRole("button", { name: t.save }).click();
  await page.waitForURL("**done=saved**");
  assert.equal((await call()).status, 200);
  assert.equal(await field.inputValue(), "");
  await usage(page, tag, scripts);
  assert.deepEqual(unexpected(problems), []);
  await context.close();
  done(tag);
}

// The usage page and the first page show the calls, with a chart of its own proportions at each width.
async function usage(page, tag, scripts) {
  await page.goto(`${base}/home`);
  for (let tries = 0; tries < 100 && (await page.locator(".tiles a").nth(1).locator("strong").textContent()) === "0"; tries += 1) {
    await page.reload();
  }
  await look(page, `${tag}-home`, scripts);
  await page.locator(".tiles a").first().click();
  await page.waitForURL("**/usage**");
  assert.equal(await page.locator(".chart:visible").count(), 1);
  await look(page, `${tag}-usage`, scripts);
  await page.setViewportSize({ width: 390, height: 844 });
  const box = await page.locator(".chart:visible").boundingBox();
  assert.ok(box.height >= 180, `the chart is ${box.height} px high`);
  const letters = await page.locator(".chart:visible text").first().evaluate((text) => text.getBoundingClientRect().height);
  assert.ok(letters >= 11, `its labels are ${letters} px high`);
  await page.setViewportSize({ width: 1440, height: 900 });
}

await run(async (browser) => {
  await limits(browser, "en", true);
  await limits(browser, "pl", false);
  await limits(browser, "ja", true);
});
