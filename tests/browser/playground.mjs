// The playground: a person asks a model with the rights of a project, with and without scripts, and a refusal is
// explained.
import assert from "node:assert/strict";
import { base, complaints, done, look, organization, run, sign_up, unexpected, verify_phone } from "./opening.mjs";

const numbers = { en: "512 340 601", pl: "512 340 602", ja: "512 340 603" };

async function playground(browser, language, scripts) {
  const tag = `playground-${language}${scripts ? "" : "-plain"}`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  await sign_up(page, `${tag}@example.com`);
  await organization(page, "Harbour");
  await page.goto(`${base}/home`);
  await page.locator("nav a[href^='/playground']").click();
  await page.waitForURL("**/playground?project=**");
  await look(page, tag, scripts);

  // Without a phone nothing is sent, and the page says why.
  await page.fill("#message", "Hello");
  await page.click("#send");
  await page.waitForSelector("#refusal:not([hidden])");
  assert.ok((await page.getAttribute("#refusal-link", "href")).startsWith("/help/phone-number-requirement"));
  await look(page, `${tag}-phone`, scripts);
  await verify_phone(page, numbers[language]);

  await page.goto(`${base}/playground`);
  await page.selectOption("#model", "gpt-4o");
  await page.fill("#system", "Be brief.");
  await page.fill("#message", "Say it's \"fine\" & <b>well</b>.");
  if (scripts) await page.press("#message", "Control+Enter");
  else await page.click("#send");
  await page.waitForSelector("#f-output:not(:empty)", { state: "attached" });
  if (scripts) await page.waitForSelector("#stop[hidden]", { state: "attached" });
  assert.ok((await page.textContent("#text")).length > 0);
  assert.equal(await page.textContent("#f-status"), "200");
  assert.ok((await page.textContent("#code-curl")).includes("YOUR_KEY"));
  // The code is that of this request.
  await page.locator("#code-python", { hasText: "Be brief." }).waitFor({ state: "attached" });
  await look(page, `${tag}-answer`, scripts);
  if (!scripts) {
    await page.reload();
    assert.equal(await page.textContent("#text"), "", "reloading asks nothing again");
  }

  // A gated model is refused with its explanation, the way to the right page and the raw error.
  await page.selectOption("#model", "o3");
  await page.fill("#message", "Hello");
  await page.click("#send");
  await page.waitForSelector("#refusal:not([hidden])");
  assert.ok((await page.textContent("#refusal-raw")).includes("model_not_found"));
  await look(page, `${tag}-refused`, scripts);
  await page.click("#refusal-link");
  await page.waitForURL("**/help/model-needs-verification?**project=**");
  assert.equal(await page.locator("article a.button[href^='/settings/organization/general?project=']").count(), 1);

  if (scripts) {
    // Escape stops an answer that takes its time.
    await page.goto(`${base}/playground`);
    await page.route("**/playground/stream**", () => {});
    await page.fill("#message", "Hello");
    await page.click("#send");
    await page.waitForSelector("#stop:not([hidden])");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#stopped:not([hidden])");
    await page.unroute("**/playground/stream**");
    // The session ends in another tab: the next question leads to the sign-in.
    await page.evaluate(async () => {
      const csrf = document.querySelector("[name=csrf]").value;
      await fetch("/sign-out", { method: "POST", body: new URLSearchParams({ csrf }), redirect: "manual" });
    });
    await page.click("#send");
    await page.waitForURL("**/sign-in?next=%2Fplayground**");
  }
  assert.deepEqual(unexpected(problems), []);
  await context.close();
  done(tag);
}

await run(async (browser) => {
  for (const language of ["en", "pl", "ja"]) await playground(browser, language, language !== "pl");
});
