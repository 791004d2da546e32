// Webhooks: an owner creates one that leads to a program on this machine, saves the secret, sends a test, sees it in the log,
// rotates the secret, and deletes the webhook. The program checks each signature by the rules of Standard Webhooks.
import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { base, complaints, done, look, organization, run, sign_up, unexpected } from "./opening.mjs";

const HERE = "/settings/organization/webhooks";

/** A program that keeps what it gets and answers with `status`. */
async function receiver() {
  const received = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    received.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(204).end();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { received, url: `http://127.0.0.1:${server.address().port}/in`, close: () => server.close() };
}

/** Whether one of the signatures is by this secret. */
function is_signed({ headers, body }, secret) {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest();
  return headers["webhook-signature"].split(" ").some((one) => {
    const [version, value] = one.split(",");
    const bytes = Buffer.from(value, "base64");
    return version === "v1" && bytes.length === signed.length && timingSafeEqual(bytes, signed);
  });
}

async function journey(browser, language, scripts) {
  const tag = `webhooks-${language}${scripts ? "" : "-plain"}`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  const see = (name) => look(page, `${tag}-${name}`, scripts);
  const program = await receiver();
  await sign_up(page, `${tag}@example.com`);
  await organization(page, "Harbour");

  // From the navigation to an empty list, and an address that is refused stays in its field.
  await page.goto(`${base}/home`);
  await page.locator(`nav a[href^='${HERE}']`).click();
  await page.waitForURL(`**${HERE}?**`);
  await see("none");
  await page.fill("#url", "https://10.0.0.1/in");
  await page.press("#url", "Enter");
  await page.waitForSelector("#url[aria-invalid]");
  assert.equal(await page.inputValue("#url"), "https://10.0.0.1/in", "what was typed stays");
  await see("wrong");
  await page.fill("#url", program.url);
  await page.fill("#description", "Alerts");
  await page.press("#description", "Enter");

  // The secret is shown once; reloading shows the page without it.
  await page.waitForSelector("#secret");
  const secret = (await page.textContent("#secret")).trim();
  await see("secret");
  await page.locator("#saved").click();
  await page.waitForURL(`**${HERE}/webhook_*`);
  assert.ok(!(await page.content()).includes(secret), "shown once");

  await page.locator("form[action*='/test?'] button").click();
  await page.waitForSelector("#log table");
  assert.ok((await page.textContent("#log table")).includes("204"));
  assert.equal(program.received.length, 1);
  assert.ok(is_signed(program.received[0], secret));
  assert.equal(JSON.parse(program.received[0].body).type, "endpoint.test");
  await see("log");

  // After a rotation both secrets sign.
  await page.locator("a[href*='ask=rotate']").click();
  await see("rotate");
  await page.locator("dialog form[action*='/rotate?'] button").click();
  await page.waitForSelector("#secret");
  const second = (await page.textContent("#secret")).trim();
  assert.notEqual(second, secret);
  await page.locator("#saved").click();
  await page.locator("form[action*='/test?'] button").click();
  await page.waitForSelector("#log tbody tr:nth-child(2)");
  assert.equal(program.received.length, 2);
  assert.ok(is_signed(program.received[1], secret) && is_signed(program.received[1], second));

  await page.locator("a[href*='ask=delete']").click();
  await see("delete");
  await page.locator("dialog form[action*='/delete?'] button").click();
  await page.waitForURL(`**done=webhook-deleted**`);
  done(`${tag}: signed with both secrets for a day, and deleted`);
  program.close();
  assert.deepEqual(unexpected(problems), []);
  await context.close();
}

await run(async (browser) => {
  await journey(browser, "en", true);
  await journey(browser, "pl", false);
  await journey(browser, "ja", true);
});
