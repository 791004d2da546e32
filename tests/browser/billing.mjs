// Billing: an owner buys credit with a card, is declined, confirms at the bank, and disputes; an operator pays back.
import assert from "node:assert/strict";
import { PASSWORD, base, complaints, done, grow_stale, look, organization, run, sandbox, sign_up, unexpected } from "./opening.mjs";

const BUY = "/settings/organization/billing/buy";
const languages = { en: "20.00", pl: "20,00", ja: "20.00" };

/** All of it in English; other languages show the pages on which their words are, and no scripts add no pictures. */
async function journey(page, language, scripts) {
  const amount = languages[language];
  const whole = language === "en";
  const see = (name) => scripts && look(page, `billing-${language}-${name}`);
  const press = (value) => page.locator(`button[value=${value}]`).click();
  const choose = (value) => page.locator(`button[name=choice][value="${value}"]`).click();
  const outcome = () => page.locator("main p.notice[role=status]");
  // The service is asked at most once in five seconds: the page follows its answer, without scripts it is loaded again.
  const answered = async (how) => {
    for (let tries = 0; tries < 20; tries += 1) {
      if (await page.waitForSelector(`main p.notice.${how}`, { timeout: 1500 }).catch(() => null)) return;
      await page.reload();
    }
    assert.fail(`the page does not say how the payment ended: ${how}`);
  };
  const order = async (way) => {
    await page.goto(`${base}${BUY}`);
    await page.fill("#amount", amount);
    await page.locator(`input[name=way][value=${way}]`).check();
    await press("review");
    await page.waitForSelector("#confirm");
    await press("buy");
  };

  const pay_on_the_page = async () => {
    // Long after the sign-in, the password is asked for once; the way to the bank and back does not ask again.
    grow_stale();
    await order("checkout");
    await page.waitForSelector("#proof_password");
    await see("proof");
    await page.fill("#proof_password", PASSWORD);
    await page.locator("main form button").click();
    await page.waitForURL(`${sandbox}/stripe/checkout/**`);
    await choose("insufficient_funds");
    await page.waitForSelector("[role=alert]");
    await choose("3ds");
    await page.waitForURL(`${sandbox}/stripe/confirm/**`);
    await choose("complete");
    await page.waitForURL(`${base}${BUY}?**`);
    await answered("ok");
  };

  // What is none changes nothing, and what was typed stays.
  await page.goto(`${base}${BUY}`);
  await page.fill("#amount", "20 EUR");
  await press("review");
  await page.waitForSelector("#amount[aria-invalid]");
  assert.equal(await page.inputValue("#amount"), "20 EUR", "what was typed stays");
  await see("wrong");
  // More than may be bought is refused before anything is to be confirmed.
  await page.fill("#amount", "5000");
  await press("review");
  await page.waitForSelector("#amount[aria-invalid][value='5000']");

  // On the page of the service: declined, then the bank asks and the owner confirms. S3-12
  if (whole) await pay_on_the_page();

  // With the card on file, of which the bank asks at every charge: it says no, then yes.
  await page.goto(`${base}/settings/organization/billing/payment-methods`);
  await page.locator("form[action*='/add'] button").first().click();
  await page.waitForURL(`${sandbox}/stripe/pay/**`);
  await page.locator("button[value=charge_asks]").click();
  await page.waitForSelector("text=4242");
  for (const [choice, how] of whole ? [["fail", "bad"], ["complete", "ok"]] : [["complete", "ok"]]) {
    await order("card");
    await page.waitForSelector("main p.notice.wait a");
    if (how === "ok") await see("asks");
    await outcome().locator("a").click();
    await page.waitForURL(`${sandbox}/stripe/confirm/**`);
    await choose(choice);
    await page.waitForURL(`${base}${BUY}?**`);
    await answered(how);
  }
  await see("purchases");
  if (!whole || !scripts) return;

  // The receipt, where the cardholder disputes the charge; billing is suspended until the bank has decided.
  await page.locator("#purchases a[rel=noreferrer]").first().click();
  await page.waitForURL(`${sandbox}/stripe/receipts/**`);
  const receipt = page.url();
  await choose("dispute");
  await page.waitForSelector("button[value=won]");
  const shown = async (selector) => {
    for (let tries = 0; tries < 50; tries += 1) {
      await page.goto(`${base}${BUY}`);
      if (await page.locator(selector).count()) return;
      await page.waitForTimeout(100);
    }
    assert.fail(`${selector} is not shown`);
  };
  await shown("#purchases .state.bad + small");
  await see("disputed");
  await page.goto(receipt);
  await choose("won");
  await shown("form input#amount");
}

run(async (browser) => {
  for (const [language, scripts] of [["en", true], ["pl", true], ["ja", true], ["en", false]]) {
    const who = `billing-${language}${scripts ? "" : "-plain"}`;
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const problems = complaints(page);
    await sign_up(page, `${who}@example.com`);
    await organization(page, who);
    if (language !== "en") {
      await page.goto(`${base}${BUY}`);
      await page.locator(`form.languages button[value=${language}]`).click();
      await page.waitForSelector(`html[lang=${language}]`);
    }
    assert.deepEqual(unexpected(problems), []);
    if (scripts) {
      await journey(page, language, true);
    } else {
      const state = await context.storageState();
      const plain = await browser.newContext({ javaScriptEnabled: false, storageState: state, viewport: { width: 1440, height: 900 } });
      await journey(await plain.newPage(), language, false);
      await plain.close();
    }
    assert.deepEqual(unexpected(problems), []);
    await context.close();
    done(`billing in ${language}${scripts ? "" : " without scripts"}`);
  }
});
