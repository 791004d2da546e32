// Credit: an operator grants and corrects it in the console, and the owner sees balance, lots and transactions.
import assert from "node:assert/strict";
import { base, complaints, done, look, run, sandbox, sign_up, unexpected } from "./opening.mjs";

const BILLING = "/settings/organization/billing";
const CONSOLE = "/operator/credit";
// Amounts as people of the language write and read them.
const languages = {
  en: { typed: "12.50", shown: "+12.50", taken: "-2.50" },
  pl: { typed: "12,50", shown: "+12,50", taken: "-2,50" },
  ja: { typed: "12.50", shown: "+12.50", taken: "-2.50" },
};

async function journey(page, language, scripts) {
  const t = languages[language];
  const see = (name) => scripts && look(page, `credit-${language}-${name}`);
  await page.goto(`${base}${CONSOLE}`);
  await page.locator(`form.languages button[value=${language}]`).click();
  await page.waitForSelector(`html[lang=${language}]`);
  await see("console");
  await page.locator("main table a").first().click();
  await page.waitForURL("**/operator/credit/org-**");

  // An amount that is none changes nothing, and what was typed stays.
  await page.fill("#grant", "5 EUR");
  await page.fill("#grant-reason", "trial");
  await page.locator("#new-grant button").click();
  await page.waitForSelector("#grant[aria-invalid]");
  assert.equal(await page.inputValue("#grant"), "5 EUR", "what was typed stays");
  assert.equal(await page.locator(".summary a").getAttribute("href"), "#grant");
  await see("wrong");
  await page.fill("#grant", t.typed);
  await page.fill("#expires", `${new Date().getUTCFullYear() + 1}-01-01T00:00`);
  await page.locator("#new-grant button").click();
  await page.waitForURL("**done=saved**");
  await page.fill("#adjust", t.taken);
  await page.fill("#adjust-reason", "a correction");
  await page.locator("#new-adjustment button").click();
  await page.waitForURL("**done=saved**");
  assert.ok((await page.textContent("#ledger")).includes(t.shown));
  await see("granted");

  // Suspended and resumed; the owner's page says why.
  await page.fill("#suspend-reason", "unpaid");
  await page.locator("#suspension button").click();
  await page.waitForSelector("#resume-reason");
  await page.goto(`${base}${BILLING}`);
  assert.ok((await page.textContent(".notice")).includes("unpaid"));
  await see("suspended");
  await page.goBack();
  await page.fill("#resume-reason", "paid");
  await page.locator("#suspension button").click();
  await page.waitForSelector("#suspend-reason");

  // Deleting the organization would lose the credit, and the page says so.
  await page.goto(`${base}/settings/organization/delete`);
  assert.match(await page.textContent("#credit"), /[1-9]/);
  await see("deletion");

  await page.goto(`${base}${BILLING}`);
  assert.ok((await page.textContent("#ledger")).includes(t.shown));
  assert.equal(await page.locator(".notice.wait").count(), 0);
  assert.equal(await page.locator("#recharge .notice a").count(), 1, "automatic recharge needs a card");
  await page.fill("#below", "10");
  await page.fill("#amount", "50");
  await page.fill("#ceiling", "20");
  await page.locator("#recharge form button").first().click();
  await page.waitForSelector("#ceiling[aria-invalid]");
  await page.fill("#ceiling", "200");
  await page.locator("#recharge form button").first().click();
  await page.waitForURL("**done=saved**");
  await page.fill("#mark", "-5");
  await page.locator("#low-balance form button").click();
  await page.waitForSelector("#mark[aria-invalid]");
  await page.fill("#mark", "5");
  await page.locator("#low-balance form button").click();
  await page.waitForURL("**done=saved**");
  await see("billing");
  await page.locator("#recharge form button.word").click();
  await page.waitForURL("**done=saved**");
  done(`credit in ${language}${scripts ? "" : " without scripts"}`);
}

/** A purchase is paid back in part, and the file of the ledger has both. */
async function refund(page) {
  await page.goto(`${base}${BILLING}/buy`);
  await page.fill("#amount", "20");
  await page.locator("input[name=way][value=checkout]").check();
  await page.locator("button[value=review]").click();
  await page.waitForSelector("#confirm");
  await page.locator("button[value=buy]").click();
  await page.waitForURL(`${sandbox}/stripe/checkout/**`);
  await page.locator("button[name=choice][value=pay]").click();
  await page.waitForURL(`${base}${BILLING}/buy?**`);
  await page.goto(`${base}${CONSOLE}`);
  await page.locator("main table a").first().click();
  await page.locator("main .head a[href*='/purchases']").click();
  await page.waitForURL("**/purchases**");
  // The service tells the server of the payment, which may take a moment.
  for (let tries = 0; tries < 20 && (await page.locator("details").count()) === 0; tries += 1) {
    await page.waitForTimeout(500);
    await page.reload();
  }
  await page.locator("details summary").click();
  await page.fill("details input[name=amount]", "50");
  await page.fill("details input[name=reason]", "too much");
  await page.locator("details button").click();
  await page.waitForSelector(".summary");
  assert.equal(await page.inputValue("details input[name=amount]"), "50", "what was typed stays");
  await page.fill("details input[name=amount]", "5");
  await page.locator("details button").click();
  await page.waitForURL("**done=refunded**");
  await page.locator("details summary").click();
  await look(page, "credit-en-purchases");
  const file = await (await page.context().request.get(`${base}${BILLING}/ledger.csv`)).text();
  assert.ok(/,purchase,20,/.test(file) && /,refund,-5,/.test(file), file);
  done("a refund in part, and the file of the ledger");
}

run(async (browser) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  await sign_up(page, "ops@example.com");
  await page.goto(`${base}/welcome/organization`);
  await page.fill("#name", "Harbour");
  await page.locator("form[action='/welcome/organization'] button").click();
  await page.waitForURL("**/welcome/team**");
  for (const language of Object.keys(languages)) await journey(page, language, true);
  await page.locator("form.languages button[value=en]").click();
  await page.waitForSelector("html[lang=en]");
  await refund(page);
  assert.deepEqual(unexpected(problems), []);
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState(), viewport: { width: 1440, height: 900 } });
  await journey(await plain.newPage(), "en", false);
  await plain.close();
  await context.close();
});
