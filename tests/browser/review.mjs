// The built-in review in headless Chromium with a fake camera: submitted on a phone, decided by an operator, in three
// languages; the same by files without scripts; every page looked at by axe and at 360 pixels. Rows: S0-05…S0-16, S0-28,
// S3-20…S3-29, S3-30, S3-35, S3-38.
import assert from "node:assert/strict";
import { base, complaints, done, look, message, organization, pictures, run, sign_in, sign_up, unexpected } from "./opening.mjs";

const words = {
  en: { verifyOrg: "Verify Organization", begin: "Start ID Check", ended: "Done. Continue on your computer.", verified: "Organization Verified", open: "Open camera", take: "Take photo", handIn: "Submit", keep: "Use this photo" },
  pl: { verifyOrg: "Zweryfikuj organizację", begin: "Rozpocznij weryfikację tożsamości", ended: "Gotowe. Kontynuuj na komputerze.", verified: "Organizacja zweryfikowana", open: "Otwórz kamerę", take: "Zrób zdjęcie", handIn: "Wyślij", keep: "Użyj tego zdjęcia" },
  ja: { verifyOrg: "組織を確認", begin: "本人確認を開始", ended: "完了しました。パソコンで続けてください。", verified: "組織確認済み", open: "カメラを起動", take: "撮影", handIn: "提出", keep: "この写真を使う" },
};

/** The three lines of an identity card, with their digits (Doc 9303 part 5). */
const digit = (text) => [...text].reduce((sum, letter, at) => sum + (letter === "<" ? 0 : parseInt(letter, 36)) * [7, 3, 1][at % 3], 0) % 10;
function zoneOf(document) {
  const [number, birth, expiry] = [document, "900101", "300101"].map((text) => text + digit(text));
  const first = `I<POL${number}<<<<<<<<<<<<<<<`;
  const second = `${birth}F${expiry}POL<<<<<<<<<<<`;
  const whole = first.slice(5) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18, 29);
  return `${first}\n${second}${digit(whole)}\nKOWALSKA<<ANNA<<<<<<<<<<<<<<<<`;
}
// One document for each: the same one for two organizations would need two people.
const zones = { en: zoneOf("ABA300000"), pl: zoneOf("ABB300000"), ja: zoneOf("ABC300000") };

/** Somebody signs up and makes an organization. */
async function person(browser, email, name, language) {
  const context = await browser.newContext({ locale: language, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  await sign_up(page, email);
  await organization(page, name);
  return { context, page, problems };
}

/** The operator excuses the organization from a payment method, so that it may be verified. */
async function waive(page, name) {
  await page.goto(`${base}/operator`);
  const row = page.getByRole("row", { name: new RegExp(name) });
  await row.locator("summary").click();
  await row.locator("select").selectOption("waive-payment");
  await row.locator("input[id^=why]").fill("a test");
  await row.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForURL("**done=saved**");
}

/** Off the page that follows the attempt: it reloads by itself, which would come between a journey's own steps. */
const rest = (page) => page.goto(`${base}/help`);

/** The owner begins; answers the link for the phone. */
async function start(page, t) {
  await page.goto(`${base}/settings/organization/general`);
  await page.getByRole("link", { name: t.verifyOrg, exact: true }).click();
  await page.check("input[name=consent]");
  await page.getByRole("button", { name: t.begin, exact: true }).click();
  await page.waitForSelector(".qr svg");
  return { link: await page.locator(".qr + p a").getAttribute("href"), match: (await page.textContent(".match .big")).trim() };
}

/** The page on the computer comes to show this without an action. */
async function follows(page, selector, what) {
  const began = Date.now();
  await page.waitForSelector(selector);
  console.log(`   ${what}: followed after ${Date.now() - began} ms`);
}

/** From the QR code to the capture page on a phone. */
async function onPhone(browser, language, scripts, link, match, see) {
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts, viewport: { width: 390, height: 844 } });
  const screen = await context.newPage();
  const problems = complaints(screen);
  await screen.goto(link);
  await screen.locator("form button").click();
  await screen.waitForURL("**/capture");
  assert.equal((await screen.textContent(".same .big")).trim(), match, "S3-35: the same number on both");
  await see(screen, "begin");
  return { context, screen, problems };
}

async function journey(browser, operator, language) {
  const t = words[language];
  const name = `Studio ${language}`;
  const { context, page, problems } = await person(browser, `${language}@example.com`, name, language);
  await waive(operator, name);
  const { link, match } = await start(page, t);
  const see = (on, what) => look(on, `review-${language}-${what}`);
  const phone = await onPhone(browser, language, true, link, match, see);
  const { screen } = phone;
  await follows(page, ".steps li:nth-child(3).now", "link opened");
  assert.equal(await page.locator(".qr").count(), 0, "a used code is not shown");
  const token = new URL(screen.url()).pathname.split("/")[2];
  const stranger = await browser.newContext();
  // S0-24: the country is chosen and confirmed before any document is offered.
  await screen.selectOption("#country", "PL");
  await screen.locator("form button.primary").click();
  await screen.waitForSelector("button[value=passport]");
  assert.equal(await screen.locator("button[value=my_number_card]").count(), 0, "S0-07: only what the country issues");
  await see(screen, "document");
  const other = await stranger.newPage();
  await other.goto(screen.url());
  assert.equal(await other.locator("form").count(), 0, "the link belongs to the first device");
  await stranger.close();
  await screen.click("button[value=identity_card]");

  // S3-25, S3-26: the document, the face, three prompts
  for (const slot of ["front", "back", "selfie"]) {
    await screen.waitForSelector(`form[action$='/pictures/${slot}']`, { state: "attached" });
    if (slot === "front") await see(screen, "front");
    await screen.getByRole("button", { name: t.open, exact: true }).click();
    const take = screen.getByRole("button", { name: t.take, exact: true });
    await take.waitFor();
    if (slot === "front") {
      await screen.waitForSelector("[data-check=light].state");
      await see(screen, "camera");
    }
    const onward = screen.waitForEvent("framenavigated");
    await take.click();
    await onward;
    await screen.waitForLoadState();
    if (screen.url().includes("slot=")) {
      await screen.getByRole("link", { name: t.keep, exact: true }).waitFor();
      if (slot === "front") await see(screen, "poor");
      await screen.getByRole("link", { name: t.keep, exact: true }).click();
    }
  }
  await screen.waitForSelector("[data-prompts]");
  await follows(page, ".steps li:nth-child(4).now", "document taken");
  await see(screen, "prompts");
  await screen.getByRole("button", { name: t.open, exact: true }).click();
  for (let at = 1; at <= 3; at += 1) {
    await screen.waitForFunction((start) => document.querySelector(".plate")?.textContent.startsWith(start), `${at}/3`);
    if (at === 1) await see(screen, "prompt");
    const sent = screen.waitForResponse((answer) => answer.url().includes(`/pictures/prompt_${at}`));
    await screen.getByRole("button", { name: t.take, exact: true }).click();
    assert.equal((await sent).status(), 200);
  }
  await screen.waitForSelector("form[action$='/submit']");
  await screen.locator("details", { has: screen.locator("#zone") }).locator("summary").click();
  await screen.fill("#zone", "P<UTO");
  await screen.locator("form[action$='/zone'] button").click();
  assert.equal(await screen.locator("[role=alert]").count(), 1, "no such lines");
  await screen.fill("#zone", zones[language]);
  await screen.locator("form[action$='/zone'] button").click();
  await screen.waitForSelector("form[action$='/submit']");
  await screen.locator("details", { has: screen.locator("#name") }).locator("summary").click();
  await screen.fill("#name", "Anna Kowalska");
  await screen.locator("form[action$='/name'] button").click();
  await screen.waitForSelector("form[action$='/submit']");
  await see(screen, "check");
  await screen.getByRole("button", { name: t.handIn, exact: true }).click();
  await screen.waitForURL(`${base}/verify/done/**`);
  await screen.waitForSelector(`h1 >> text=${t.ended}`);
  await page.waitForSelector("#verifications:not(:has(.steps)) .state");
  await see(screen, "sent");
  await look(page, `review-${language}-in-review`);

  // The operator looks and decides, and both devices show it.
  await decide(operator, name, language);
  await follows(page, "#verifications .state.ok >> text=" + t.verified, "approved");
  await screen.waitForFunction(() => document.querySelector("main").dataset.follow === undefined);
  assert.ok((await screen.textContent("h1")).includes(t.ended));
  await see(screen, "approved");
  assert.ok((await page.textContent("#verifications")).includes(t.verified), "S0-29, S3-38");
  const gone = await fetch(`${base}/verify/${token}/capture/pictures/front`, { method: "POST" });
  assert.ok([400, 403].includes(gone.status), "no form of ours, no picture");
  assert.deepEqual(unexpected([...problems, ...phone.problems]), [], "the console stays quiet");
  await phone.context.close();
  await context.close();
  done(`journey in ${language}`);
}

async function openCase(operator, name) {
  if (!/\/operator\/reviews\?language/.test(operator.url())) await operator.goto(`${base}/operator/reviews`);
  await operator.getByRole("row", { name: new RegExp(name) }).getByRole("link").click();
  await operator.waitForURL("**/operator/reviews/case_**");
}

/** In the queue, on the case, approved; looked at in a language. */
async function decide(operator, name, language) {
  const asked = language ? `?language=${language}` : "";
  await operator.goto(`${base}/operator/reviews${asked}`);
  if (language) await look(operator, `review-${language}-queue`);
  await openCase(operator, name);
  if (language) await operator.goto(`${operator.url()}?language=${language}`);
  await operator.waitForSelector(".pictures img");
  for (const image of await operator.locator(".pictures img").all()) {
    await image.scrollIntoViewIfNeeded();
    await operator.waitForFunction((element) => element.complete && element.naturalWidth >= 600, await image.elementHandle());
  }
  if (language) {
    await fits(operator);
    await look(operator, `review-${language}-case`);
  }
  await operator.check("input[name=decision][value=approve]");
  await operator.click("#decide button");
  assert.equal(await operator.locator("[role=alert]").count(), 1, "not before everything was looked at");
  assert.ok(await operator.isChecked("input[name=decision][value=approve]"), "what was chosen stays");
  for (const box of await operator.locator("input[name=looked]").all()) await box.check();
  await operator.click("#decide button");
  await operator.waitForURL("**decided=**");
  assert.ok((await operator.textContent("[role=status]")).includes(name), "what was decided about whom");
}

/** A case is seen whole at 1440 by 900, and nothing is chosen on arrival. */
async function fits(operator) {
  const over = await operator.evaluate(() => ["html", ".desk-case", ".desk-decision", ".desk-queue"].map((part) => {
    const element = document.querySelector(part);
    return `${part}: ${element.scrollHeight - element.clientHeight}`;
  }).filter((line) => Number(line.split(": ")[1]) > 1));
  assert.deepEqual(over, [], "nothing scrolls");
  assert.equal(await operator.locator("#decide :checked").count(), 0, "nothing is chosen on arrival");
}

/** Pictures with print on them, each different. */
async function drawings(page) {
  const draw = (seed) => page.evaluate((seed) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [1280, 720];
    const drawn = canvas.getContext("2d");
    drawn.fillStyle = `hsl(${seed * 47} 40% 70%)`;
    drawn.fillRect(0, 0, 1280, 720);
    drawn.fillStyle = "#222";
    drawn.font = "40px sans-serif";
    for (let row = 0; row < 14; row += 1) drawn.fillText(`${"ABCDEFGHIJKLMN".slice(row)} ${seed * 7919 + row} specimen`, 40 + seed * 60, 60 + row * 46);
    return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
  }, seed);
  const files = [];
  for (let seed = 1; seed <= 6; seed += 1) files.push(Buffer.from(await draw(seed), "base64"));
  return files;
}

/** A My Number card handed in without scripts, by files. */
async function byFiles(screen, files, see = async () => {}) {
  await screen.selectOption("#country", "JP");
  await screen.locator("form button.primary").click();
  await screen.click("button[value=my_number_card]");
  let sent = 0;
  const choose = async (buffer = files[sent++]) => {
    await screen.setInputFiles("#picture", { name: "picture.jpg", mimeType: "image/jpeg", buffer });
    await screen.locator("details.file form button").click();
  };
  await choose(Buffer.from("no picture"));
  assert.match(await screen.textContent("[role=alert]"), /JPEG, PNG or WebP/);
  await see(screen, "refused");
  await choose();
  assert.equal(await screen.locator("form[action$='/pictures/back']").count(), 0, "S0-13: the front only");
  await screen.waitForSelector("form[action$='/pictures/selfie']", { state: "attached" });
  await choose();
  await screen.locator("form[action$='/prompts'] button").click();
  for (let at = 1; at <= 3; at += 1) {
    await screen.waitForSelector(`form[action$='/pictures/prompt_${at}']`);
    if (at === 1) await see(screen, "prompt");
    await choose();
  }
  await screen.locator("form[action$='/submit'] button").click();
  assert.match(await screen.textContent("h1"), /Done. Continue on your computer/);
}

/** Does something that another page answers. */
async function answered(page, act) {
  const onward = page.waitForEvent("framenavigated");
  await act();
  await onward;
  await page.waitForLoadState();
  assert.match(page.url(), /done=saved/);
}

/** S3-30: the pictures are held by law, by two people; the second one sees what the first proposed. */
async function held(who, at) {
  if (at === 1) return answered(who, () => who.click("button[value=agree]"));
  await who.locator("details", { has: who.locator("#hold-days") }).locator("summary").click();
  await who.fill("#hold-days", "30");
  await who.fill("#hold-reason", "A claim is defended.");
  return answered(who, () => who.click("button[value=propose]"));
}

/** An organization whose owner submits by files, without scripts. */
async function submitted(browser, operator, email, name) {
  const see = (on, what) => look(on, `review-noscript-${what}`, false);
  const { context, page } = await person(browser, email, name, "en");
  const files = await drawings(page);
  await waive(operator, name);
  const { link, match } = await start(page, words.en);
  await rest(page);
  const phone = await onPhone(browser, "en", false, link, match, see);
  await byFiles(phone.screen, files, see);
  const general = async (wanted) => {
    await page.goto(`${base}/settings/organization/general`);
    const text = await page.textContent("#verifications");
    assert.ok(text.includes(wanted), `${wanted}: ${text}`);
    await rest(page);
  };
  return { context, page, phone, general };
}

let pressed = 0;
/** Presses keys, one after the other. */
async function keys(page, ...all) {
  for (const key of all) await page.keyboard.press(key);
  pressed += all.length;
}

/** Presses a key that leads to another page. */
async function leads(page, key) {
  const onward = page.waitForEvent("framenavigated");
  await keys(page, key);
  await onward;
  await page.waitForLoadState();
}

const title = (page) => page.textContent("h1");
const seen = (page) => page.waitForFunction(() => [...document.querySelectorAll(".pictures img")].every((image) => image.complete && image.naturalWidth > 0));

/** The morning queue by the keyboard alone: one organization is approved, the other one is rejected. */
async function morning(operator) {
  await operator.goto(`${base}/operator/reviews`);
  pressed = 0;
  await leads(operator, "j");
  assert.equal(await title(operator), "Plain pages", "the one that expires first");
  await seen(operator);
  await fits(operator);
  await keys(operator, "2");
  assert.equal(await operator.locator("figure.enlarged").count(), 1);
  await operator.screenshot({ path: `${pictures}/review-keys-enlarged.png` });
  await keys(operator, "Escape");
  assert.equal(await operator.locator("figure.enlarged").count(), 0);
  await leads(operator, "j");
  assert.equal(await title(operator), "Second thoughts");
  await seen(operator);
  await leads(operator, "k");
  await keys(operator, "?");
  assert.ok(await operator.isVisible("#keys"));
  await look(operator, "review-keys-list");
  await operator.uncheck("#letters");
  await keys(operator, "Escape", "a");
  assert.equal(await operator.locator("#decide :checked").count(), 0, "keys of one letter are off");
  await operator.reload();
  await keys(operator, "a");
  assert.equal(await operator.locator("#decide :checked").count(), 0, "and stay off");
  await operator.click("[data-keys]");
  await operator.check("#letters");
  await keys(operator, "Escape");
  await operator.focus("#note");
  await keys(operator, "r");
  assert.equal(await operator.inputValue("#note"), "r", "a letter in a field is a letter");
  assert.equal(await operator.locator("#decide :checked").count(), 0);
  await operator.fill("#note", "");
  await operator.evaluate(() => document.activeElement.blur());
  await seen(operator);
  await keys(operator, "a", "Space", "Tab", "Space", "Tab", "Space", "Tab", "Space");
  assert.match(await operator.textContent("#decide button"), /Approve organization/);
  await operator.screenshot({ path: `${pictures}/review-keys-chosen.png` });
  await leads(operator, "Control+Enter");
  assert.match(await operator.textContent("[role=status]"), /Plain pages was approved/);
  assert.equal(await title(operator), "Second thoughts", "the next case is open");
  await seen(operator);
  await keys(operator, "r");
  for (let at = 0; at < 20 && await operator.evaluate(() => document.activeElement.value) !== "face_mismatch"; at += 1) await keys(operator, "Tab");
  await keys(operator, "Space");
  await leads(operator, "Control+Enter");
  assert.match(await operator.textContent("main"), /Second thoughts was rejected[\s\S]*Nothing to decide[\s\S]*Last decision: Second thoughts/);
  await look(operator, "review-empty-queue");
  done(`the morning queue by keyboard alone, with ${pressed} keys`);
}

/** Two cases without scripts on the owner's side, decided by keyboard; one is appealed, and overridden by two. */
async function withoutScripts(browser, operator, second) {
  const plain = await submitted(browser, operator, "plain@example.com", "Plain pages");
  const { context, page, phone, general } = await submitted(browser, operator, "second@example.com", "Second thoughts");
  await morning(operator);
  await plain.general(words.en.verified);
  await general("The face does not match the photo on the document. The person named on the document must take the selfie, in even light. 2 attempts left.");
  await phone.screen.reload();
  assert.match(await phone.screen.textContent("h1"), /Not accepted. Continue on your computer/);
  await page.goto(`${base}/settings/organization/general`);
  await page.locator("#verifications summary").click();
  await page.fill("#statement", "It is me: the photo is ten years old.");
  await page.locator("form[action*='/appeal'] button").click();
  await page.waitForURL("**done=appealed**");
  await rest(page);
  for (const [at, who] of [operator, second].entries()) {
    await who.goto(`${base}/operator/reviews`);
    await leads(who, "j");
    if (at === 1) for (const language of ["en", "pl", "ja"]) {
      await who.goto(`${who.url().replace(/\?.*/, "")}?language=${language}`);
      await look(who, `review-${language}-appeal`);
    }
    assert.match(await who.textContent("main"), /ten years old/);
    await held(who, at);
    await seen(who);
    await keys(who, "a");
    await who.focus("#note");
    await who.keyboard.type("The scar is the same.");
    await leads(who, "Control+Enter");
    assert.match(who.url(), /decided=/);
    await general(at === 0 ? "In review" : words.en.verified);
    if (at === 1) await general("because the law requires it");
  }
  for (const one of [plain, { context, phone }]) {
    await one.phone.context.close();
    await one.context.close();
  }
  done("journeys without scripts, by files; declined, appealed, overridden by two");
}

/** An operator without an organization lands in the console, which says why something is not possible. */
async function ownDoor(page) {
  assert.equal(new URL(page.url()).pathname, "/operator", "no questions about an organization");
  await page.goto(`${base}/home`);
  assert.equal(new URL(page.url()).pathname, "/operator");
  for (const language of ["en", "pl", "ja"]) {
    await page.goto(`${base}/operator?language=${language}`);
    await look(page, `review-${language}-console`);
  }
  await page.goto(`${base}/settings/account/security`);
  assert.match(await title(page), /Security/);
  done("the console is a door of its own");
}

/** An act that is not possible says why beside what was typed. */
async function impossible(page, name) {
  await page.goto(`${base}/operator`);
  const row = page.getByRole("row", { name: new RegExp(name) });
  await row.locator("summary").click();
  await row.locator("select").selectOption("restore");
  await row.locator("input[id^=why]").fill("a mistake");
  await row.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForSelector("[role=alert]");
  assert.equal(await title(page), "Overview");
  assert.equal(await row.locator("input[id^=why]").inputValue(), "a mistake");
  assert.equal(await row.locator("select").inputValue(), "restore");
  done("an impossible act says why");
}

/** Only the capture page may ask for the camera, and nobody but operators sees a case. */
async function refusals(browser) {
  const headers = async (path) => (await fetch(base + path)).headers;
  assert.match((await headers("/verify/nothing/capture")).get("permissions-policy"), /camera=\(self\)/);
  assert.match((await headers("/sign-in")).get("permissions-policy"), /camera=\(\)/);
  assert.match((await headers("/verify/nothing/capture")).get("content-security-policy"), /default-src 'none'; script-src 'self'/);
  const page = await (await browser.newContext()).newPage();
  await sign_in(page, "en@example.com");
  await page.waitForURL(`${base}/home**`);
  assert.equal((await page.goto(`${base}/operator/reviews`)).status(), 404);
  done("camera and cases are for whom they are meant");
}

await run(async (browser) => {
  const operator = await (await browser.newContext({ locale: "en", viewport: { width: 1440, height: 900 } })).newPage();
  await sign_up(operator, "ops@example.com");
  await ownDoor(operator);
  for (const language of ["en", "pl", "ja"]) await journey(browser, operator, language);
  const { page: second } = await person(browser, "eve@example.com", "Operators too", "en");
  const mail = await message("ops@example.com", { fits: (one) => /needs? a decision/.test(one.subject) });
  assert.match(mail.link, /\/operator\/reviews/, "operators get a mail about a case");
  await withoutScripts(browser, operator, second);
  await impossible(operator, "Plain pages");
  await refusals(browser);
}, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream");
