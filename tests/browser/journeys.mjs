// Journeys of people through the real server and sandbox, in headless Chromium, in three languages, with and without
// scripts; every page is looked at by axe and at 360 pixels. What each step shows is named beside it by its id of
// docs/requirements.md.
import assert from "node:assert/strict";
import { base, complaints, done, look, mailed_link, message, organization, run, sandbox, sign_in, sign_up, unexpected } from "./opening.mjs";

/** What the task runner names as the operator's addresses. */
const [SUPPORT, POLICY] = ["help@example.com", "https://example.com/privacy"];

const words = {
  en: { start: "Start building", create: "Create organization", teamLater: "I'll invite my team later", firstKey: "Create my first key", next: "Continue", later: "I'll do this later", sendCode: "Send code", verify: "Verify", newKey: "Create new secret key", makeKey: "Create key", card: "Add payment method", verifyOrg: "Verify Organization", begin: "Start ID Check", agree: "I consent to the processing of biometric information.", onward: "Get Started Now", ended: "Done. Continue on your computer.", qr: "Show QR code", verified: "Organization Verified", saved: "I saved the key", revoke: "Revoke" },
  pl: { start: "Zacznij tworzyć", create: "Utwórz organizację", teamLater: "Zaproszę zespół później", firstKey: "Utwórz pierwszy klucz", next: "Dalej", later: "Zrobię to później", sendCode: "Wyślij kod", verify: "Zweryfikuj", newKey: "Utwórz nowy klucz tajny", makeKey: "Utwórz klucz", card: "Dodaj metodę płatności", verifyOrg: "Zweryfikuj organizację", begin: "Rozpocznij weryfikację tożsamości", agree: "Wyrażam zgodę na przetwarzanie danych biometrycznych.", onward: "Zacznij teraz", ended: "Gotowe. Kontynuuj na komputerze.", qr: "Pokaż kod QR", verified: "Organizacja zweryfikowana", saved: "Mam zapisany klucz", revoke: "Unieważnij" },
  ja: { start: "開発を始める", create: "組織を作成", teamLater: "チームは後で招待する", firstKey: "最初のキーを作成", next: "続ける", later: "後で行う", sendCode: "コードを送信", verify: "確認", newKey: "新しいシークレットキーを作成", makeKey: "キーを作成", card: "支払い方法を追加", verifyOrg: "組織を確認", begin: "本人確認を開始", agree: "生体情報の処理に同意します。", onward: "今すぐ開始", ended: "完了しました。パソコンで続けてください。", qr: "QRコードを表示", verified: "組織確認済み", saved: "キーを保存した", revoke: "失効させる" },
};

/** The page on the computer comes to show this without an action; without scripts its link is pressed. */
async function follows(page, scripts, selector, what) {
  const began = Date.now();
  if (scripts) {
    await page.waitForSelector(selector);
  } else {
    for (let tries = 0; !(await page.locator(selector).count()); tries += 1) {
      assert.ok(tries < 200, `${what}: ${page.url()}`);
      await page.locator("#verifications .small a[href*='/general?']").click();
    }
  }
  console.log(`   ${what}: followed after ${Date.now() - began} ms`);
}

/** The check at the outside service on a phone without a session, while the page on the computer follows each step. */
async function outside(browser, page, tag, t, scripts, outcome) {
  const language = await page.getAttribute("html", "lang");
  const handoff = await page.locator(".qr + p a").getAttribute("href");
  const match = (await page.textContent(".match .big")).trim();
  const phone = await browser.newContext({ locale: "de", javaScriptEnabled: scripts, viewport: { width: 390, height: 844 } });
  const screen = await phone.newPage();
  await screen.goto(handoff);
  assert.equal((await screen.textContent("main .match .big")).trim(), match, "S3-35: the same number on both");
  await look(screen, `${tag}-handoff`, scripts);
  // S0-23: the button after the consent.
  await screen.getByRole("button", { name: t.onward, exact: true }).click();
  await screen.waitForURL(`${sandbox}/persona/session/**`);
  await follows(page, scripts, ".steps li:nth-child(3).now", "link opened");
  assert.equal(await page.locator(".qr").count(), 0, "a used code is not shown");
  assert.equal((await page.textContent(".match .big")).trim(), match);
  if (outcome === "approve") await look(page, `${tag}-opened`, scripts);
  await screen.selectOption("#country", "PL");
  await screen.locator("form button").first().click();
  // S0-14, S0-25: the types of the country, with the visa.
  await screen.waitForSelector("#document option[value=visa]", { state: "attached" });
  assert.equal(await screen.locator("#document option[value=my_number_card]").count(), 0);
  await screen.locator("form button").first().click();
  await screen.waitForSelector("#reason");
  await follows(page, scripts, ".steps li:nth-child(4).now", "document taken");
  await screen.locator(`button[value=${outcome}]`).first().click();
  await screen.waitForURL(`${base}/verify/done/**`);
  assert.equal(await screen.getAttribute("html", "lang"), language, "the language of the flow");
  const title = outcome === "approve" ? t.ended : "Not accepted. Continue on your computer.";
  // Without scripts the page is loaded again until the service has reported.
  for (let tries = 0; !scripts && tries < 200 && !(await screen.locator(`h1 >> text=${title}`).count()); tries += 1) {
    await screen.reload();
  }
  await screen.waitForSelector(`h1 >> text=${title}`);
  await look(screen, `${tag}-phone-${outcome}`, scripts);
  await phone.close();
  return handoff;
}

async function journey(browser, language, scripts) {
  const t = words[language];
  const tag = `${language}${scripts ? "" : "-noscript"}`;
  const number = { en: "512 340 10", pl: "512 340 20", ja: "512 340 30" }[language] + (scripts ? "6" : "7");
  const email = `${tag}@example.com`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts, bypassCSP: false });
  const page = await context.newPage();
  const problems = complaints(page);
  const button = (name) => page.getByRole("button", { name, exact: true });
  const link = (name) => page.getByRole("link", { name, exact: true });
  const see = (name) => look(page, `${tag}-${name}`, scripts);
  // The presses from the form for new accounts to the first answered call.
  let clicks = 0;
  const click = async (target) => { clicks += 1; await target.click(); };
  // S1-46: each page of a verification has a link to support.
  const supported = async () => assert.ok((await page.locator(`a[href^='mailto:${SUPPORT}']`).count()) > 0, page.url());

  await page.goto(`${base}/`);
  assert.equal(await page.getAttribute("html", "lang"), language);
  await see("start");
  await page.goto(`${base}/sign-up`);
  await see("sign-up");
  await page.fill("#email", email);
  await page.fill("#password", "correct horse battery");
  await click(page.locator("form[action='/sign-up'] button"));
  await page.waitForURL("**/sign-up/sent**");
  await see("sent");
  await page.goto(await mailed_link(email, "/confirm"));
  await see("confirm");
  await click(page.locator("form[action='/confirm'] button"));

  // S3-06…S3-09
  await page.waitForURL("**/welcome");
  await see("welcome");
  await click(link(t.start));
  await page.fill("#name", "Żółć & 山田 <b>");
  await page.selectOption("#describes", "not_technical");
  await see("organization");
  await click(button(t.create));
  // S3-10, S3-11: skip, then a first key with the phone step inside (S1-05)
  await page.waitForURL("**/welcome/team**");
  await see("team");
  await click(link(t.teamLater));
  await page.waitForURL("**/welcome/first-call**");
  await see("first-call");
  await supported();
  await page.selectOption("#country", "PL");
  await page.fill("#number", "22 123 45 67");
  // Not counted: a newcomer types a mobile number at once.
  await button(t.sendCode).click();
  assert.equal(await page.locator("[role=alert]").count(), 1, "a landline is refused in the page");
  assert.equal(await page.locator("#number-error").count(), 1, "and at the field");
  assert.equal(await page.inputValue("#number"), "22 123 45 67");
  await see("phone-refused");
  await page.fill("#number", number);
  await click(button(t.sendCode));
  await page.waitForSelector("#code");
  await supported();
  await see("phone-code");
  const sms = await message(`+48${number.replaceAll(" ", "")}`, { channel: "sms" });
  await page.fill("#code", sms.code);
  await click(button(t.verify));
  await page.waitForSelector("#secret");
  assert.equal(await button(t.firstKey).count(), 0, "the key is created without another press");
  if (scripts) await click(page.locator("[data-copy=code-curl]"));
  const secret = (await page.textContent("#secret")).trim();
  assert.ok((await page.textContent("#code-curl")).includes(secret));
  await see("first-key");
  // A failed call is explained, and an answered one is shown, on the page that shows the key.
  const call = (key) => fetch(`${base}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Hello" }] }),
  });
  const arrived = async (count) => {
    if (!scripts) {
      await page.goto(`${page.url().split("&shown=")[0]}`);
      assert.ok(!(await page.content()).includes(secret), "a reload does not show the key again");
    }
    if (scripts) await page.waitForFunction((wanted) => document.querySelectorAll("#log .state").length >= wanted, count);
    assert.equal(await page.locator("#log .state").count(), count);
  };
  assert.equal((await call(secret.slice(0, 82))).status, 401);
  await arrived(1);
  assert.match(await page.textContent("#log"), /82/);
  assert.equal(await link(t.next).count(), 0, "nothing was answered yet");
  assert.equal((await call(secret)).status, 200, "the key just made works at once");
  await arrived(2);
  await see("first-call-answered");
  assert.ok(clicks <= 8, `${clicks} clicks to the first answered call`);
  done(`${clicks} clicks from sign-up to the first answered call in ${tag}`);
  await link(t.next).click();
  await page.waitForURL("**/welcome/credits**");
  await see("credits");
  // S3-12, S3-13
  await link(t.later).click();
  await page.waitForURL("**/home**");
  await see("home");

  // S3-02, S3-03: keys, shown once
  await page.goto(`${base}/api-keys`);
  await link(t.newKey).click();
  await see("key-new");
  await page.fill("#name", "prod");
  await button(t.makeKey).click();
  await page.waitForSelector("#secret");
  const shown = (await page.textContent("#secret")).trim();
  assert.match(shown, /^sk-proj-/);
  await see("key-made");
  // Escape closes the dialog, and asks once while the secret was not copied.
  if (scripts) {
    const asked = [];
    page.once("dialog", async (dialog) => { asked.push(dialog.type()); await dialog.dismiss(); });
    await page.keyboard.press("Escape");
    assert.deepEqual(asked, ["confirm"], "asked once");
    assert.equal(await page.locator("dialog[open] #secret").count(), 1, "still shown");
  }
  await link(t.saved).click();
  assert.ok(!(await page.content()).includes(shown), "S2-08: never shown again");
  await see("keys");
  await page.getByRole("row", { name: /prod/ }).getByRole("link", { name: t.revoke, exact: true }).click();
  await see("key-revoke");
  await page.locator("dialog form button").click();
  await page.waitForURL("**done=key-revoked**");
  assert.equal((await fetch(`${base}/v1/models`, { headers: { authorization: `Bearer ${shown}` } })).status, 401);

  // S1-11, S1-18: Billing and Account are entries of the sidebar.
  for (const path of ["/settings/account", "/settings/organization/billing/payment-methods"]) {
    await page.goto(`${base}/home`);
    await page.goto(base + (await page.locator(`aside nav a[href^='${path}?']`).getAttribute("href")));
    assert.equal(new URL(page.url()).pathname, path);
    await supported();
  }
  // S0-04, S1-12: payment method at the service, then back
  await see("billing");
  await button(t.card).click();
  await page.waitForURL(`${sandbox}/stripe/pay/**`);
  await page.locator("button[value=succeed]").click();
  await page.waitForURL(`${base}/settings/organization/billing/**`);
  await page.waitForSelector("text=4242");
  await see("billing-card");

  // Verification by the phone, followed on the PC. S0-17, S3-18: Settings > General; S0-18, S3-19: the button there.
  await page.goto(`${base}/settings/organization/general`);
  await see("general");
  await supported();
  let presses = 1;
  await link(t.verifyOrg).click();
  await page.waitForSelector("input[name=consent]");
  await see("consent");
  await supported();
  // S0-21, S3-29: both privacy policies; S0-22: consent is not given in advance, and nothing begins without it.
  const policies = await page.locator("#verifications .inner a[rel=noreferrer]").evaluateAll((all) => all.map((a) => a.href));
  assert.equal(policies.length, 2, policies.join());
  assert.ok(policies.includes(POLICY));
  const consent = page.locator("input[name=consent]");
  assert.ok(!(await consent.isChecked()) && (await consent.getAttribute("required")) !== null);
  assert.ok((await page.textContent(".consent strong")).startsWith(t.agree), "S0-22: the words of the document");
  if (language !== "en") assert.ok((await page.textContent(".consent small[lang=en]")).startsWith(words.en.agree), "and in English");
  // S0-20, S3-20: the button that leads to the service; S0-16, S3-23: the QR code.
  if (scripts) {
    await button(t.begin).click();
    assert.equal(await page.locator(".qr").count(), 0, "S0-22: the box blocks the button");
  }
  await consent.check();
  presses += 1;
  await button(t.begin).click();
  presses += 1;
  await page.waitForSelector(".qr svg");
  assert.ok(presses <= 3, `${presses} clicks on the computer`);
  // S3-42: a message to support carries the id of the attempt.
  const attempt = await page.locator("input[name=attempt]").first().getAttribute("value");
  assert.equal(await page.locator(`a[href='mailto:${SUPPORT}?subject=${attempt}']`).count(), 1);
  await see("qr");
  // S3-22: the check can also be done on this device; S3-41: a button asks for the state at once.
  assert.equal(await page.locator("form[action*='/verification/here'] button").count(), 1);
  assert.equal(await page.locator("form[action*='/verification/check'] button").count(), 1);
  if (scripts && language === "en") {
    await outside(browser, page, tag, t, scripts, "decline");
    await follows(page, scripts, "#verifications .state.bad", "declined");
    const text = await page.textContent("#verifications");
    assert.ok(/Lay it flat/.test(text) && /2 attempts left/.test(text), `a reason, what to do, and what is left: ${text}`);
    await see("declined");
    await link("Try again").click();
    await consent.check();
    await button(t.begin).click();
    await page.waitForSelector(".qr svg");
  }
  const handoff = await outside(browser, page, tag, t, scripts, "approve");
  const again = await (await browser.newContext({ locale: language })).newPage();
  await again.goto(handoff);
  assert.equal(await again.locator("form").count(), 0, "a link works once");
  await again.context().close();
  await follows(page, scripts, "#verifications .state.ok >> text=" + t.verified, "verified");
  assert.ok((await page.textContent("#verifications")).includes(t.verified), "S0-29, S3-38");
  assert.equal(await page.locator("[role=alert]").count(), 0, "the last thing on the computer is the result");
  await see("verified");
  const image = await fetch(`${base}/v1/images/generations`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-image-1", prompt: "a lighthouse" }),
  });
  assert.equal(image.status, 200, "S0-30: the key that was there gains access");

  for (const [name, path] of [["members", "/settings/organization/members"], ["projects", "/settings/organization/projects"], ["usage", "/usage"], ["audit", "/settings/organization/audit-log"], ["account", "/settings/account"], ["help", "/help"], ["help-page", "/help/phone-number-requirement"]]) {
    const answer = await page.goto(base + path);
    assert.equal(answer.status(), 200, path);
    assert.ok((await answer.body()).length < 100_000, `${path} weighs too much`);
    await see(name);
  }
  // Nothing a person typed is markup.
  assert.equal(await page.locator("main b").count(), 0);
  assert.deepEqual(unexpected(problems), [], "the console stays quiet");
  await context.close();
  done(`journey in ${tag}`);
}

/** What strangers and foreign pages try. */
async function refusals(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${base}/sign-in?next=https://evil.example/`);
  await page.fill("#email", "en@example.com");
  await page.fill("#password", "correct horse battery");
  await page.locator("form[action='/sign-in'] button").click();
  await page.waitForURL(`${base}/home**`);
  done("nobody is sent elsewhere after signing in");
  const cookie = (await context.cookies(base)).find((one) => one.name !== "keystead_zone");
  assert.ok(cookie.httpOnly && cookie.sameSite === "Lax", "the cookie is out of reach of scripts and foreign forms");
  const session = `${cookie.name}=${cookie.value}`;
  const post = (headers, body) => fetch(`${base}/settings/organization/general`, { method: "POST", redirect: "manual", headers: { cookie: session, "content-type": "application/x-www-form-urlencoded", ...headers }, body });
  assert.equal((await post({}, "name=x")).status, 403);
  assert.equal((await post({ origin: "https://evil.example" }, "name=x")).status, 403);
  const late = await post({ origin: base }, "name=x&csrf=0000");
  assert.equal(late.status, 303);
  const answer = await fetch(new URL(late.headers.get("location"), base), { headers: { cookie: session } });
  assert.equal(answer.status, 403, "the answer to the form says so");
  done("forms need our own page and the session's token");
  const framed = await fetch(`${base}/sign-in`);
  assert.match(framed.headers.get("content-security-policy"), /frame-ancestors 'none'/);
  done("nobody frames a page");
  const planted = "a".repeat(64);
  const fixed = await browser.newContext();
  await fixed.addCookies([{ name: cookie.name, value: planted, url: base }]);
  const other = await fixed.newPage();
  await sign_in(other, "en@example.com");
  await other.waitForURL(`${base}/home**`);
  const after = (await fixed.cookies(base)).find((one) => one.name !== "keystead_zone");
  assert.notEqual(after.value, planted);
  done("a planted session is never taken over");
  for (const email of ["en@example.com", "nobody@example.com"]) {
    const fresh = await (await browser.newContext()).newPage();
    await sign_in(fresh, email, "not the password");
    assert.equal((await fresh.textContent("[role=alert]")).trim(), "The email address or the password is wrong.");
  }
  done("known and unknown addresses are told the same");
}

/** S3-04, S3-05: "Continue with Google", here the sandbox's issuer; a returning person is the same one. */
async function elsewhere(browser) {
  for (const expected of ["/welcome", "/welcome"]) {
    const page = await (await browser.newContext({ locale: "en" })).newPage();
    await page.goto(`${base}/sign-in`);
    await page.getByRole("button", { name: /^Continue with Google/ }).click();
    await page.waitForURL(`${sandbox}/oidc/authorize**`);
    const address = page.url().replace("/authorize?", "/authorize/simulate?");
    const answer = await fetch(address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email: "kim@example.com", name: "Kim" }) });
    const { redirect } = await answer.json();
    await page.goto(redirect);
    assert.equal(new URL(page.url()).pathname, expected, `signed in by the issuer: ${page.url()}`);
  }
  done("continue with an issuer, twice the same person");
}

/** S1-31, S3-33: the operator tries a rule out before saving it, exempts an organization, and sees what is kept. */
async function operator(browser) {
  const context = await browser.newContext({ locale: "en" });
  const page = await context.newPage();
  const problems = complaints(page);
  const button = (name) => page.getByRole("button", { name, exact: true });
  await sign_up(page, "operator@example.com");
  await organization(page, "Operations");
  // S1-05: the phone step within the dialog keeps what was filled in; S1-31: a waiver instead of a number.
  await page.goto(`${base}/api-keys?new=1`);
  await page.fill("#name", "till");
  await button("Create key").click();
  await page.waitForSelector("dialog #number");
  assert.match(await page.textContent("dialog"), /till/);
  await look(page, "en-key-phone", true);
  await page.getByRole("link", { name: "Ask for a waiver", exact: true }).click();
  await page.fill("#reason", "one number for the whole office");
  await button("Send request").click();
  await page.waitForSelector("main .state.wait");
  await look(page, "en-waiver-open", true);
  await page.goto(`${base}/operator/exemptions`);
  await page.locator("#waivers input[name=reason]").fill("known");
  await look(page, "en-operator-waiver", true);
  await page.locator("#waivers button[value=accept]").click();
  await page.waitForSelector(".done");
  await page.goto(`${base}/settings/account/phone/waiver`);
  await page.getByRole("link", { name: "Create a key", exact: true }).click();
  await button("Create key").click();
  await page.waitForSelector("#secret");
  for (const language of ["en", "pl", "ja"]) {
    for (const place of ["", "/policy", "/exemptions", "/report"]) {
      await page.goto(`${base}/operator${place}?language=${language}`);
      assert.equal(await page.getAttribute("html", "lang"), language);
      await look(page, `${language}-operator${place.replace("/", "-")}`, true);
    }
  }
  await page.goto(`${base}/operator/policy?language=en`);
  const forms = await page.locator("details.rule").count();
  const blank = page.locator("details.rule").last();
  await blank.locator("input[name^='id-']").fill("verified-for-keys");
  await blank.locator("select[name^='mode-']").selectOption("enforce");
  await blank.locator("select[name^='action-']").selectOption("api_key.create");
  await blank.locator("input[name^='organization-']").check();
  await button("Preview").click();
  await page.waitForSelector("#preview");
  await look(page, "en-operator-preview", true);
  assert.match(await page.textContent("#preview"), /\d+ organizations?, \d+ requests?/);
  assert.equal(await page.locator("details.rule").count(), forms + 1, "what was filled in still stands there");
  await page.fill("#reason", "tried out");
  await button("Save rules").click();
  await page.waitForSelector(".done");
  assert.match(await page.textContent("main"), /tried out/);
  // The rule applies to the next page of another person, and an exemption ends that.
  await page.goto(`${base}/operator/exemptions`);
  await page.selectOption("#organization", { label: await page.locator("#organization option", { hasText: "Operations" }).first().textContent() });
  await page.fill("#reason", "ourselves");
  await button("Exempt an organization").click();
  await page.waitForSelector(".done");
  await look(page, "en-operator-exempt", true);
  await page.locator("summary", { hasText: "End now" }).click();
  await page.locator("input[id^='end-']").fill("over");
  await button("End now").click();
  await page.waitForSelector(".done");
  assert.match(await page.textContent("main"), /No organizations are exempt/);
  assert.deepEqual(unexpected(problems), []);
  const stranger = await (await browser.newContext({ locale: "en" })).newPage();
  await sign_in(stranger, "en@example.com");
  await stranger.waitForURL(`${base}/home**`);
  for (const place of ["", "/policy", "/exemptions", "/report"]) {
    assert.equal((await stranger.goto(`${base}/operator${place}`)).status(), 404);
  }
  done("operators try rules out before saving; for others the pages do not exist");
}

await run(async (browser) => {
  for (const language of ["en", "pl", "ja"]) await journey(browser, language, true);
  await journey(browser, "en", false);
  await elsewhere(browser);
  await refusals(browser);
  await operator(browser);
});
