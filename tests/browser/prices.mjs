// Prices: an operator sets the price of a model from a date, withdraws it, and imports a list after its preview.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { base, complaints, done, look, pictures, run, sign_up, unexpected } from "./opening.mjs";

const PRICES = "/operator/prices";
// A model for each language, because prices stay. The numbers are written as people of the language write them.
const languages = {
  en: { model: "gpt-4o", typed: "2.75", shown: "2.75", list: "3.50" },
  pl: { model: "o3", typed: "2,75", shown: "2,75", list: "3,50" },
  ja: { model: "gpt-4o-mini", typed: "2.75", shown: "2.75", list: "3.50" },
};

async function journey(page, language, scripts) {
  const t = languages[language];
  const tag = `prices-${language}${scripts ? "" : "-plain"}`;
  const see = (name) => look(page, `${tag}-${name}`, scripts);
  await page.goto(`${base}${PRICES}`);
  await page.locator(`form.languages button[value=${language}]`).click();
  await page.waitForSelector(`html[lang=${language}]`);
  await see("all");
  await page.getByRole("link", { name: t.model, exact: true }).click();
  await page.waitForURL("**/operator/prices/model?**");
  await see("model");

  // A price that is none changes nothing, and what was typed stays.
  await page.fill("#input", "2.5 EUR");
  await page.fill("#reason", "a new list");
  await page.locator("button[value=set]").click();
  await page.waitForSelector("#input[aria-invalid]");
  assert.equal(await page.inputValue("#input"), "2.5 EUR", "what was typed stays");
  assert.equal(await page.locator(".summary a").getAttribute("href"), "#input");
  await see("wrong");

  // What last month would have cost, then the price from a date, which is withdrawn.
  await page.fill("#input", t.typed);
  await page.locator("button[value=preview]").click();
  await page.waitForSelector("#set [role=status]");
  assert.equal(await page.inputValue("#input"), t.typed);
  await see("preview");
  await page.fill("#holds_from", `${new Date().getUTCFullYear() + 1}-01-01T00:00`);
  await page.locator("button[value=set]").click();
  await page.waitForURL("**done=saved**");
  assert.ok((await page.textContent("#history")).includes(t.shown));
  await see("later");
  await page.locator("#history button[value=withdraw]").first().click();
  await page.waitForURL("**done=saved**");
  assert.equal(await page.locator("#history button[value=withdraw]").count(), 0);

  // A list is seen before it is set.
  const file = `${pictures}/${tag}.toml`;
  writeFileSync(file, `[[price]]\nmodel = "${t.model}"\ninput = "3.5"\noutput = 14\n`);
  await page.goto(`${base}${PRICES}`);
  await page.setInputFiles("#file", file);
  await page.locator("#list button").click();
  await page.waitForSelector("#preview");
  assert.ok((await page.textContent("#preview")).includes(t.list));
  await see("list");
  await page.fill("#preview #reason", "list of January");
  await page.locator("#preview button").click();
  await page.waitForURL("**done=saved**");
  assert.ok((await page.textContent("#models")).includes(t.list));
  done(`prices in ${language}${scripts ? "" : " without scripts"}`);
}

run(async (browser) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  await sign_up(page, "ops@example.com");
  for (const language of Object.keys(languages)) await journey(page, language, true);
  assert.deepEqual(unexpected(problems), []);
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState(), viewport: { width: 1440, height: 900 } });
  languages.en.model = "gpt-image-1";
  await journey(await plain.newPage(), "en", false);
  await plain.close();
  await context.close();
});
