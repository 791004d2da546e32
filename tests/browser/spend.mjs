// Spend limits and alerts: an owner sets a limit that refuses the next request, sees the figure of the refusal on the pages,
// raises the limit, and gets the email of an alert. The model costs three cents for each character (`KEYSTEAD_MODEL__0__*`).
import assert from "node:assert/strict";
import { base, complaints, done, look, message, organization, run, sign_up, unexpected, verify_phone } from "./opening.mjs";

const SPEND = "/settings/organization/spend";
const languages = {
  en: { number: "512 340 701", one_cent: "0.01", three: "0.03", unit: "1.00", nine: "0.09", subject: "has spent" },
  pl: { number: "512 340 702", one_cent: "0,01", three: "0,03", unit: "1,00", nine: "0,09", subject: "osiągnęły" },
  ja: { number: "512 340 703", one_cent: "0.01", three: "0.03", unit: "1.00", nine: "0.09", subject: "に達しました" },
};

/** Reloads until the first figure of the page is this one. */
async function shows(page, figure) {
  const first = page.locator(".tiles strong").first();
  for (let tries = 0; tries < 100 && (await first.textContent()) !== figure; tries += 1) await page.reload();
  assert.equal(await first.textContent(), figure);
}

async function journey(browser, language, scripts) {
  const t = languages[language];
  const tag = `spend-${language}${scripts ? "" : "-plain"}`;
  const email = `${tag}@example.com`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  const see = (name) => look(page, `${tag}-${name}`, scripts);
  await sign_up(page, email);
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
  const budget = async () => (await (await fetch(`${base}/v1/keystead/budget`, { headers })).json()).project;
  assert.equal((await call()).status, 200);

  // From the navigation to the project, where a limit of one cent is below what is spent.
  await page.goto(`${base}/home`);
  await page.locator(`nav a[href^='${SPEND}']`).click();
  await page.waitForURL(`**${SPEND}?**`);
  await shows(page, t.three);
  await see("organization");
  await page.locator("#projects table a").first().click();
  await page.waitForURL("**/projects/*/spend?**");
  await page.fill("#limit", "12 EUR");
  await page.press("#limit", "Enter");
  await page.waitForSelector("#limit[aria-invalid]");
  assert.equal(await page.inputValue("#limit"), "12 EUR", "what was typed stays");
  assert.equal(await page.locator(".summary a").getAttribute("href"), "#limit");
  await see("wrong");
  await page.fill("#limit", t.one_cent);
  await page.press("#limit", "Enter");
  await page.waitForSelector("input[name=acknowledged]");
  assert.equal((await call()).status, 200, "nothing is set before it is confirmed");
  await see("caution");
  await page.check("input[name=acknowledged]");
  await page.locator("form.notice button").click();
  await page.waitForURL("**done=saved**");
  done(`${tag}: a limit below what is spent is confirmed`);

  // The next request is refused, and the page, the refusal and the API name the same figure.
  const refused = await call();
  assert.equal(refused.status, 429);
  const error = (await refused.json()).error;
  assert.equal(error.code, "project_spend_limit_exceeded");
  const spent = Number(error.message.match(/([\d.]+) USD are spent/)[1]);
  const known = await budget();
  assert.deepEqual([known.limit, known.remaining, known.currency], [0.01, 0, "USD"]);
  await page.goto(`${base}${refused.headers.get("link").match(/<(.*)>/)[1]}`);
  assert.equal(await page.locator(`article a.button[href^='${SPEND}']`).count(), 1, "the help leads to the page");
  await page.goBack();
  const last = language === "pl" ? "0,06" : "0.06";
  await shows(page, last);
  assert.ok([0.03, 0.06].includes(spent), `${spent}`);
  assert.equal((await budget()).spent, 0.06);
  const again = (await (await call()).json()).error.message;
  assert.ok(again.includes("0.06 USD are spent"), again);
  await see("reached");
  await page.goto(`${base}/limits`);
  await see("limits");
  await page.goto(`${base}/usage`);
  await see("usage");
  done(`${tag}: the refusal, the API and the pages name one figure`);

  // Raised, the next request passes; an alert is reached by the one after it.
  await page.goto(`${base}${SPEND}`);
  await page.locator("#projects table a").first().click();
  await page.fill("#limit", t.unit);
  await page.press("#limit", "Enter");
  await page.waitForURL("**done=saved**");
  await page.fill("#alert-amount", t.nine);
  await page.fill("#alert-prefix", "[costs]");
  assert.equal(await page.inputValue("#alert-recipients"), email);
  await page.press("#alert-amount", "Enter");
  await page.waitForURL("**done=saved**");
  assert.equal((await call()).status, 200);
  const mail = await message(email, { fits: (one) => JSON.stringify(one).includes(t.subject) });
  assert.ok(JSON.stringify(mail).includes("[costs]"));
  const reached = page.locator("#alerts .state.wait");
  for (let tries = 0; tries < 100 && (await reached.count()) === 0; tries += 1) await page.reload();
  assert.equal(await reached.count(), 1);
  await see("alert");
  await page.locator("#alerts a.word").first().click();
  await page.waitForSelector("dialog[open]");
  await see("change");
  await page.locator("dialog .foot-row a").click();
  await page.locator("#alerts a.word").nth(1).click();
  await page.waitForSelector("dialog[open]");
  await see("delete");
  await page.locator("dialog .foot-row button").click();
  await page.waitForURL("**done=saved**");
  assert.equal(await page.locator("#alerts tbody tr").count(), 0);
  done(`${tag}: raised, the next request passes, and the alert is mailed`);

  await page.goto(`${base}/settings/organization/projects`);
  await page.locator("main table a").first().click();
  await page.waitForSelector("#spend");
  await see("project");
  assert.deepEqual(unexpected(problems), []);
  await context.close();
}

await run(async (browser) => {
  await journey(browser, "en", true);
  await journey(browser, "pl", false);
  await journey(browser, "ja", true);
});
