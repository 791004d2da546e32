// The help: its search takes the text of an error in any language and without scripts, its pages are looked at, and their
// pictures are made here, so that they show the product as it is. Rows: S0-20, S1-13, S1-20, S1-47, S2-05, S3-21, S3-28, S3-34,
// S3-36, S3-39, S3-40, S3-43.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { PASSWORD, base, complaints, done, look, message, organization, pictures, run, sandbox, sign_up, unexpected } from "./opening.mjs";

const folder = `${pictures}/help`;
mkdirSync(folder, { recursive: true });

const words = {
  en: { zone: "America/New_York", name: "Blue Kite", key: "Website", phone: "512 340 401", verify: "Verify Organization", begin: "Start ID Check", check: "Start ID Check", agree: "I consent to the processing of biometric information.", wait: "15 minutes", policies: "Read the privacy policy" },
  pl: { zone: "Europe/Warsaw", name: "Błękitny Latawiec", key: "Strona WWW", phone: "512 340 402", verify: "Zweryfikuj organizację", begin: "Rozpocznij weryfikację tożsamości", check: "Rozpocznij weryfikację tożsamości", agree: "Wyrażam zgodę na przetwarzanie danych biometrycznych.", wait: "15 minut", policies: "polityk" },
  ja: { zone: "Asia/Tokyo", name: "青凧株式会社", key: "ウェブサイト", phone: "512 340 403", verify: "組織を確認", begin: "本人確認を開始", check: "本人確認を開始", agree: "生体情報の処理に同意します。", wait: "15分", policies: "プライバシーポリシー" },
};

/** A part of the page without the empty space below it, as a small PNG. */
async function picture(painter, page, part, file) {
  await page.mouse.move(0, 0);
  // Readers have addresses of their own; the one of a test's server says nothing.
  await page.evaluate(([from, host]) => {
    const said = (text) => text.replaceAll(from, "https://keys.example").replaceAll(host, "keys.example");
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) walk.currentNode.data = said(walk.currentNode.data);
    for (const field of document.querySelectorAll("input[readonly]")) field.value = said(field.value);
  }, [base, new URL(base).host]);
  const clip = await page.locator(part).first().evaluate((element) => {
    const box = element.getBoundingClientRect();
    const last = [...element.children].filter((child) => child.getClientRects().length && !child.matches(".visually-hidden")).at(-1);
    const bottom = Math.min(box.bottom, (last ?? element).getBoundingClientRect().bottom + 24);
    return { x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: bottom - box.y };
  });
  const shot = await page.screenshot({ clip, fullPage: true, animations: "disabled", caret: "hide" });
  const [width, height, base64] = await painter.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const drawn = canvas.getContext("2d");
    drawn.drawImage(image, 0, 0);
    const { data } = drawn.getImageData(0, 0, canvas.width, canvas.height);
    let text = "";
    for (let at = 0; at < data.length; at += 32_768) text += String.fromCharCode(...data.subarray(at, at + 32_768));
    return [canvas.width, canvas.height, btoa(text)];
  }, shot.toString("base64"));
  writeFileSync(`${folder}/${file}.png`, tight(width, height, Buffer.from(base64, "base64")));
}

/** Our pages are flat: rows without filters, packed tightly, weigh a third of what a browser writes; few colours, less yet. */
function tight(width, height, pixels) {
  const palette = new Map();
  for (let at = 0; at < pixels.length; at += 4) {
    const colour = pixels.readUIntBE(at, 3);
    if (!palette.has(colour)) palette.set(colour, palette.size);
  }
  const each = palette.size > 256 ? 3 : 1;
  const rows = Buffer.alloc((width * each + 1) * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    const colour = pixels.readUIntBE((y * width + x) * 4, 3);
    rows.writeUIntBE(each === 3 ? colour : palette.get(colour), y * (width * each + 1) + x * each + 1, each);
  }
  const part = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), 4 + body.length);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, each === 3 ? 2 : 3], 8);
  const colours = Buffer.alloc(each === 3 ? 0 : palette.size * 3);
  if (each === 1) for (const [colour, at] of palette) colours.writeUIntBE(colour, at * 3, 3);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts = [part("IHDR", head), ...(each === 1 ? [part("PLTE", colours)] : []), part("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })), part("IEND", Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
}

function crc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

async function pages(browser, language) {
  const t = words[language];
  const painter = await browser.newPage();
  const context = await browser.newContext({ locale: language, timezoneId: t.zone, viewport: { width: 960, height: 800 }, deviceScaleFactor: 2, colorScheme: "light" });
  const page = await context.newPage();
  const problems = complaints(page);
  const draw = (part, name) => picture(painter, page, part, `${language}-${name}`);
  await sign_up(page, `help-${language}@example.com`);
  await organization(page, t.name);

  // The account learns the visitor's time zone, so that people need not convert times.
  const told = page.waitForResponse((answer) => answer.url().endsWith("/preferences"));
  await page.goto(`${base}/settings/account`);
  await told;
  await page.reload();
  assert.equal(await page.inputValue("#time_zone"), t.zone);
  assert.equal(await page.inputValue("#theme"), "", "as the device has it, until somebody chooses");
  await page.locator("#profile button.primary").click();
  await page.waitForURL("**/settings/account?**done=saved**");
  assert.equal(await page.getAttribute("html", "data-theme"), null);

  // S1-20: the same step from the account's page as from the first key.
  await page.goto(`${base}/settings/account/phone`);
  await page.selectOption("#country", "PL");
  await page.fill("#number", t.phone);
  await draw("main", "phone");
  await page.locator("main form button.primary").click();
  await page.waitForSelector("#code");
  assert.equal(await page.locator("main a[href='/help/phone-codes']").count(), 1);
  await page.fill("#code", (await message(`+48${t.phone.replaceAll(" ", "")}`, { channel: "sms" })).code);
  await page.locator("main form button.primary").click();
  await page.waitForURL("**done=phone-verified**");

  await page.goto(`${base}/api-keys`);
  await page.locator("main .head a.button").click();
  await page.fill("#name", t.key);
  await page.locator("dialog button.primary").click();
  await page.waitForSelector("#secret");
  const secret = (await page.textContent("#secret")).trim();
  // The picture is for everybody, and so is not of a key that works.
  await page.evaluate(() => {
    const shown = document.querySelector("#secret");
    const key = shown.textContent.trim();
    shown.textContent = key.slice(0, 11) + "EXAMPLE0".repeat(20).slice(0, key.length - 15) + key.slice(-4);
  });
  await draw("dialog", "key-made");

  const image = await fetch(`${base}/v1/images/generations`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-image-1", prompt: "a lighthouse" }),
  });
  assert.equal(image.status, 403);
  const refusal = await image.text();
  const project = refusal.match(/proj_\w+/)[0];
  assert.equal(image.headers.get("link"), `</help/image-model-needs-verification?project=${project}>; rel="help"`);
  for (let tries = 0; tries < 100; tries += 1) {
    await page.goto(`${base}/home`);
    if (await page.locator("main table").count()) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(await page.locator("main table a").getAttribute("href"), `/help/image-model-needs-verification?language=${language}`);
  await draw("main section:has(table)", "refusals");

  await page.goto(`${base}/api-keys`);
  await page.locator('td.last a[href*="revoke="]').first().click();
  await page.waitForSelector("dialog form");
  await draw("dialog", "key-revoke");

  // S2-05: keys are found by selecting their project.
  await page.goto(`${base}/settings/organization/projects`);
  await page.fill("#name", "Lab");
  await page.locator("form[action*='projects/create'] button").click();
  await page.waitForURL("**done=project-created**");
  const seen = new Map();
  for (let turn = 0; turn < 2; turn += 1) {
    await page.goto(`${base}/api-keys${new URL(page.url()).search}`);
    await page.locator(".switcher summary").click();
    const other = page.locator(".choices a:not(.more):not([aria-current])");
    const href = await other.getAttribute("href");
    const name = await other.textContent();
    await other.click();
    await page.waitForURL(base + href);
    seen.set(name, await page.locator("main td.key").count());
  }
  assert.equal(seen.get("Lab"), 0);
  assert.deepEqual([...seen.values()].sort(), [0, 1]);

  // S1-13: an organization without costs can add a payment method, too.
  await page.goto(`${base}/settings/organization/billing/payment-methods`);
  await page.locator("main .head button").click();
  await page.waitForURL(`${sandbox}/stripe/pay/**`);
  await page.locator("button[value=succeed]").click();
  await page.waitForURL(`${base}/settings/organization/billing/**`);
  await page.waitForSelector("text=4242");
  await draw("main", "billing");

  // S3-34, S3-36, S3-28: what it is for, who does it, and what to read, before anything begins.
  await page.goto(`${base}/settings/organization/general`);
  const card = await page.textContent("#verifications");
  assert.ok(card.includes("gpt-image"), "S3-36: the card names what needs it");
  await page.getByRole("link", { name: t.verify, exact: true }).click();
  await page.waitForSelector("input[name=consent]");
  const consent = await page.textContent("#verifications .inner");
  assert.ok(consent.includes("Persona") && consent.includes(t.policies), "S3-28, S3-34: the service by name, and its policy");
  assert.ok((await page.locator("#verifications .inner a[rel=noreferrer]").count()) >= 1);
  assert.ok(consent.includes(t.check), "S0-20: the step that leads to the service");
  assert.ok((await page.textContent("#verifications .tick")).includes(t.agree), "S3-21: consent in one's own language");
  assert.equal(await page.locator("input[name=consent]").isChecked(), false, "nobody is ticked in advance");
  await page.check("input[name=consent]");
  await page.getByRole("button", { name: t.begin, exact: true }).click();
  await page.waitForSelector(".qr svg");
  // S3-39: the duration is shown beside the last step.
  assert.ok((await page.textContent(".steps")).includes(t.wait));
  await draw("#verifications .card", "verify");

  // S3-40: reloading loses nothing and starts nothing again.
  await page.goto(`${base}/settings/organization/general`);
  await page.reload();
  assert.equal(await page.locator(".steps .glyph.ok").count(), 1);
  assert.equal(await page.locator(".qr").count(), 0, "the link is shown once");

  // The whole body of an error leads to its page, in the reader's language.
  for (const [asked, slug] of [[refusal, "image-model-needs-verification"], ["Your organization must be verified to stream this model.", "stream-needs-verification"], ["Incorrect API key provided: sk-proj-********abcd.", "key-not-accepted"]]) {
    await page.goto(`${base}/help`);
    await page.fill("#q", asked);
    await page.locator("form[role=search] button").click();
    await page.waitForURL(`**/help/${slug}?language=${language}${asked === refusal ? `&project=${project}` : ""}`);
  }
  await one_click(browser, page, language, refusal);
  assert.deepEqual(unexpected(problems), []);
  await context.close();
  await painter.close();

  const reader = await browser.newContext({ locale: language, javaScriptEnabled: language !== "pl" });
  const screen = await reader.newPage();
  const troubles = complaints(screen);
  await screen.goto(`${base}/help`);
  const links = await screen.locator(".topics a").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  assert.ok(links.length > 20);
  await look(screen, `${language}-help-index`, language !== "pl");
  for (const link of links) {
    const answer = await screen.goto(base + link);
    assert.equal(answer.status(), 200, link);
    assert.equal(await screen.getAttribute("html", "lang"), language);
    assert.ok((await answer.body()).length < 100_000, `${link} weighs too much`);
    const missing = await screen.locator("img").evaluateAll((all) => all.filter((one) => !one.alt).length);
    assert.equal(missing, 0, `${link} has a picture without words`);
    await look(screen, `${language}${link.split("?")[0].replaceAll("/", "-")}`, language !== "pl");
  }
  await screen.goto(`${base}/help?q=zxqj`);
  assert.equal(await screen.locator("[role=status]").count(), 1);
  await look(screen, `${language}-help-nothing`, language !== "pl");
  assert.deepEqual(unexpected(troubles), []);
  await reader.close();
  done(`help in ${language}`);
}

/** A person of two organizations gets from the text of an error to the button of the right one with one click. */
async function one_click(browser, page, language, refusal) {
  const t = words[language];
  const link = refusal.match(/https?:\/\/[^ ]*settings\/organization\/general\?project=\w+/)[0];
  await organization(page, `${t.name} 2`);
  await page.goto(link);
  assert.equal(await page.inputValue("main #name"), t.name);
  assert.ok(await page.locator("#verifications a.button, #verifications button").count());
  const project = new URL(link).searchParams.get("project");
  // The help leads there, too.
  await page.goto(`${base}/help?${new URLSearchParams({ q: refusal })}`);
  await look(page, `${language}-help-for-a-project`);
  await page.locator("article a.button.primary").click();
  await page.waitForURL(`**/settings/organization/general?project=${project}`);
  assert.equal(await page.inputValue("main #name"), t.name);
  // Without a session the link leads through the sign-in to the same page.
  const context = await browser.newContext({ locale: language });
  const other = await context.newPage();
  await other.goto(link);
  await other.waitForURL("**/sign-in?next=**");
  await other.fill("#email", `help-${language}@example.com`);
  await other.fill("#password", PASSWORD);
  await other.locator("form[action='/sign-in'] button").click();
  await other.waitForURL(link);
  await context.close();
  // A person of another organization learns why it does not open, and may sign in with another account.
  const foreign = await browser.newContext({ locale: language });
  const stranger = await foreign.newPage();
  await sign_up(stranger, `help-other-${language}@example.com`);
  await organization(stranger, "Quay");
  const answer = await stranger.goto(link);
  assert.equal(answer.status(), 404);
  assert.ok((await stranger.textContent("main")).includes(`help-other-${language}@example.com`));
  await look(stranger, `${language}-link-of-another-organization`);
  await stranger.locator("form[action='/sign-out'] button").click();
  await stranger.waitForURL("**/sign-in?next=**");
  assert.ok((await stranger.inputValue("input[name=next]")).endsWith(project));
  await foreign.close();
}

await run(async (browser) => {
  for (const language of ["en", "pl", "ja"]) await pages(browser, language);
});
