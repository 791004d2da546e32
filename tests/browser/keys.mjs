// People replace a key, protect their organization and follow progress, through the real server and
// sandbox in headless Chromium, in three languages, with and without scripts. Every page is looked at by axe and at 360
// pixels. Rows: S1-36, S1-37, S2-05, S3-03, S3-24, S3-40; ASVS 6.3.3, 6.4.4.
//
// Arguments: base URL of the server, of the sandbox, the browser's path, a folder for pictures, and the database's file.
import assert from "node:assert/strict";
import { PASSWORD, base, complaints, done, look, mailed_link, message, organization, run, sandbox, sign_up, totp, unexpected, verify_phone } from "./opening.mjs";

const submit = (page, form) => page.locator(`form[action^='${form}'] button:not(.quiet)`).first().click();

/** Somebody new, with an organization of her own. */
async function founder(browser, language, scripts, email, name) {
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts });
  const page = await context.newPage();
  await sign_up(page, email);
  await organization(page, name);
  return page;
}

/** Sets an authenticator app up from wherever the page leads to it. */
async function set_up_factor(page) {
  await page.goto(`${base}/settings/account/security`);
  await submit(page, "/settings/account/security/second-factor?");
  await page.waitForURL("**/security/second-factor?**");
  await page.fill("#code", totp((await page.textContent("#secret")).trim()));
  await submit(page, "/settings/account/security/second-factor/confirm");
  await page.waitForSelector(".codes");
}

const works = async (secret) => (await fetch(`${base}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status;

async function journey(browser, language, scripts, number) {
  const tag = `keys-${language}${scripts ? "" : "-noscript"}`;
  const page = await founder(browser, language, scripts, `${tag}@example.com`, "Harbour <b>& Co</b>");
  const see = (name, other = page) => look(other, `${tag}-${name}`, scripts);
  const problems = complaints(page);
  const keys = `${base}/api-keys`;

  // S1-36: a rotation asks for what a new key asks for, then both work, then the old one is ended.
  await verify_phone(page, number);
  await page.goto(`${keys}?new=1`);
  await page.fill("#name", "shop");
  await page.locator("button[form=create]").click();
  const old = (await page.textContent("#secret")).trim();
  await page.goto(keys);
  const row = (secret) => page.locator("tr", { hasText: secret.slice(-4) });
  await row(old).locator("a[href*='rotate=']").click();
  await see("rotate");
  assert.equal(await page.locator("input[name=overlap]").count(), 4);
  await page.check("input[name=overlap][value='3600']");
  await page.locator("button[form=rotate]").click();
  const made = (await page.textContent("#secret")).trim();
  assert.notEqual(made, old);
  await see("rotated");
  assert.deepEqual([await works(old), await works(made)], [200, 200], "both work side by side");
  await page.goto(keys);
  assert.equal(await row(old).locator("a[href*='rotate=']").count(), 0, "rotated once");
  await see("list");
  await row(old).locator("a[href*='revoke=']").click();
  await see("end");
  await page.locator("dialog form button").click();
  await page.waitForURL("**done=key-revoked**");
  assert.deepEqual([await works(old), await works(made)], [401, 200], "the old one has ended");
  done(`${tag}: a key is rotated and the old one ended`);

  // S1-38: a key is paused on its page and refused; one click in the list resumes it.
  await page.goto(keys);
  await row(made).locator("td.named a").first().click();
  await page.locator("form[action*='/pause'] button").click();
  await page.waitForURL("**done=key-paused**");
  await see("paused");
  assert.equal(await works(made), 403, "a paused key is refused");
  await page.goto(keys);
  await see("list-paused");
  await row(made).locator("form[action*='/resume'] button").click();
  await page.waitForURL("**done=key-resumed**");
  assert.equal(await works(made), 200, "a resumed key works");
  await page.goto(`${base}/settings/organization/unusual-use`);
  await page.uncheck("input[name=signal][value=new_network]");
  await page.fill("#cap-requests", "6000");
  await see("unusual-use");
  await page.locator("main form button.primary").click();
  await page.waitForURL("**done=saved**");
  assert.equal(await page.inputValue("#cap-requests"), "6000");
  assert.equal(await page.isChecked("input[name=signal][value=new_network]"), false);
  done(`${tag}: a key is paused and resumed, and a cap is set`);

  // A project's own list of models holds from the next request on.
  const listed = async () => (await (await fetch(`${base}/v1/models`, { headers: { authorization: `Bearer ${made}` } })).json()).data;
  const served = (await listed()).length;
  await page.goto(`${base}/settings/organization/projects`);
  await page.locator("main td a[href*='/projects/proj_']").first().click();
  await see("project-empty");
  await page.locator("a[href*='/models']").first().click();
  await page.check("input[name=mode][value=allow_list]");
  await page.check("input[name=model][value='gpt-4o']");
  await see("models");
  await page.locator("form[action*='/models'] button.primary").click();
  await page.waitForURL("**done=saved**");
  assert.deepEqual((await listed()).map((model) => model.id), ["gpt-4o"]);
  await page.check("input[name=mode][value=all]");
  await page.locator("form[action*='/models'] button.primary").click();
  await page.waitForURL("**done=saved**");
  assert.equal((await listed()).length, served);
  done(`${tag}: a project chooses its models`);

  // S2-02, S2-03: a bot with two keys, which end with it.
  await page.goto(`${base}/settings/organization/projects`);
  await page.locator("main td a[href*='/projects/proj_']").first().click();
  await page.locator("a.button[href*='owner=service_account']").click();
  await page.fill("#name", "checkout");
  await see("bot-create");
  await page.locator("button[form=create]").click();
  const first = await page.textContent("#secret");
  assert.ok(first.startsWith("sk-svcacct-"));
  await page.goto(`${base}/settings/organization/projects`);
  await page.locator("main td a[href*='/projects/proj_']").first().click();
  await page.locator("main tr", { hasText: "checkout" }).locator("a[href*='account=svc_acct_']").click();
  assert.ok((await page.inputValue("#account")).startsWith("svc_acct_"));
  await page.locator("button[form=create]").click();
  const second = await page.textContent("#secret");
  assert.deepEqual([await works(first), await works(second)], [200, 200]);
  await page.goto(`${base}/settings/organization/projects`);
  await page.locator("main td a[href*='/projects/proj_']").first().click();
  await see("project");
  const bot = page.locator("main tr", { hasText: "checkout" });
  await bot.locator("a[href*='edit=']").click();
  await page.fill("#account-name", "till & co");
  await see("bot-edit");
  await page.locator("button[form=account]").click();
  await page.waitForURL("**done=saved**");
  await page.locator("main tr", { hasText: "till & co" }).locator("a[href*='delete=']").click();
  await see("bot-delete");
  await page.locator("button[form=account]").click();
  await page.waitForURL("**done=account-deleted**");
  assert.deepEqual([await works(first), await works(second)], [401, 401]);
  done(`${tag}: a service account has keys, another name and an end`);

  // A key for the Administration API, made and ended on its page.
  await page.goto(`${base}/settings/organization/admin-keys`);
  await see("admin-keys-empty");
  await page.locator("a.button[href*='new=1']").click();
  await page.fill("#name", "terraform");
  await see("admin-key-create");
  await page.locator("button[form=create]").click();
  const admin = (await page.textContent("#secret")).trim();
  const administers = async () => (await fetch(`${base}/v1/organization/projects`, { headers: { authorization: `Bearer ${admin}` } })).status;
  assert.equal(await administers(), 200);
  await page.locator("#saved").click();
  await see("admin-keys");
  await page.locator("main a[href*='delete=']").click();
  await see("admin-key-delete");
  await page.locator("dialog form button").click();
  await page.waitForURL("**done=key-revoked**");
  assert.equal(await administers(), 401);
  done(`${tag}: an admin key is made and ended`);
  await page.goto(keys);

  // S3-03: another name and other permissions, from the next request on.
  await row(made).locator("a[href*='edit=']").click();
  await page.fill("#name", "till");
  await page.check("input[name=permissions][value=restricted]");
  if (await page.locator("input[name=scope]").first().isHidden()) await page.locator("dialog details summary").click();
  await page.check("input[name=scope][value='api.files.read']");
  await see("edit");
  await page.locator("button[form=edit]").click();
  await page.waitForURL("**done=saved**");
  assert.match(await row(made).textContent(), /till/);
  assert.ok([401, 403].includes(await works(made)), "it may no longer list models");
  done(`${tag}: a key is changed on its row`);

  // A leaked key is pasted, recognized and revoked in three clicks; its text is in no address.
  let clicks = 0;
  const click = (what) => {
    clicks += 1;
    return what.click();
  };
  await page.goto(keys);
  await click(page.locator("main a[href*='leaked=1']"));
  await see("leaked");
  await page.fill("#leaked-key", made);
  await click(page.locator("button[form=leaked]"));
  await page.waitForURL(/\/api-keys\/key_.*leaked=1/);
  assert.ok(!page.url().includes(made));
  await see("leaked-found");
  await click(page.locator(".notice form button"));
  await page.waitForURL("**done=key-revoked**");
  assert.equal(await works(made), 401);
  assert.equal(clicks, 3);
  await see("leaked-revoked");
  await page.goto(keys);
  await page.fill("#q", made.slice(-4));
  await page.locator("form[role=search] button").click();
  await page.waitForURL("**q=**");
  assert.equal(await page.locator("main tbody tr").count(), 0, "revoked keys are not searched");
  await see("search-empty");
  await page.locator("main a[href*='filter=all']").click();
  assert.equal(await row(made).count(), 1);
  await see("search-all");
  done(`${tag}: a leaked key is found and revoked in ${clicks} clicks`);

  // Readers see the pages without actions; a second step can be required of them.
  const reader = `reader-${tag}@example.com`;
  await page.goto(`${base}/settings/organization/members`);
  await page.fill("#email", reader);
  await submit(page, "/settings/organization/members/invite");
  await page.waitForURL("**done=invite-sent**");
  const other = await (await browser.newContext({ locale: language, javaScriptEnabled: scripts })).newPage();
  const invitation = await other.goto(await mailed_link(reader, "/invite"));
  assert.equal(invitation.headers()["referrer-policy"], "same-origin", "without TLS, forms must still say where they come from");
  await other.fill("#password", PASSWORD);
  await other.locator("main form button:not(.quiet)").last().click();
  await other.waitForURL("**/home**");
  for (const place of ["members", "projects"]) {
    await other.goto(`${base}/settings/organization/${place}`);
    assert.equal(await other.locator("main form").count(), 0, `${place}: nothing to press`);
    assert.ok((await other.locator("main tbody tr").count()) > 0, `${place}: something to see`);
    await see(`reader-${place}`, other);
  }
  assert.equal((await other.goto(`${base}/usage`)).status(), 200);
  await see("reader-usage", other);
  await page.goto(`${base}/settings/organization/general#safety`);
  await see("safety-own-first");
  await set_up_factor(page);
  await page.goto(`${base}/settings/organization/general#safety`);
  assert.equal(await page.locator("#safety li").count(), 1, "whom it concerns, before");
  await see("safety");
  await submit(page, "/settings/organization/second-factor");
  await page.waitForURL("**done=saved**");
  await see("safety-on");
  await other.goto(`${base}/home`);
  await other.waitForURL("**/settings/account/security**");
  await see("locked", other);
  await set_up_factor(other);
  await other.goto(`${base}/home`);
  assert.equal(new URL(other.url()).pathname, "/home", "and on it goes");
  done(`${tag}: readers look, and are led to a second step`);
  assert.deepEqual(unexpected(problems), []);
  await other.context().close();
  return page;
}

/** S3-24, S3-40: a page that waits hears of progress by itself, without asking. */
async function news(page) {
  const asked = [];
  page.on("request", (request) => request.url().includes("/verification/") && asked.push(new URL(request.url()).pathname));
  await page.goto(`${base}/settings/organization/billing/payment-methods`);
  await submit(page, "/settings/organization/billing/payment-methods/add");
  await page.waitForURL(`${sandbox}/stripe/pay/**`);
  await page.locator("button[value=succeed]").click();
  await page.waitForSelector("text=4242");
  await page.goto(`${base}/settings/organization/general?verify=1`);
  await page.check("input[name=consent]");
  await submit(page, "/settings/organization/verification/start");
  await page.waitForSelector(".qr svg");
  const handoff = await page.locator(".qr + p a").getAttribute("href");
  const stream = page.waitForResponse((response) => response.url().includes("/verification/events"));
  await page.goto(`${base}/settings/organization/general`);
  assert.match((await stream).headers()["content-type"], /^text\/event-stream/);
  const screen = await (await page.context().browser().newContext({ locale: "en" })).newPage();
  await screen.goto(handoff);
  await screen.locator("form button").click();
  await screen.waitForURL(`${sandbox}/persona/session/**`);
  const ends = screen.locator("details summary");
  if (await ends.count()) await ends.first().click();
  await screen.locator("button[value=approve]").first().click();
  await page.waitForSelector("text=Organization Verified", { timeout: 15_000 });
  assert.ok(asked.some((path) => path.endsWith("/events")) && !asked.some((path) => path.endsWith("/state")), `${asked}`);
  await screen.context().close();
  done("a page that waits is told, and does not ask");
}

/** ASVS 6.4.4: two operators together reset what somebody lost. */
async function operators(browser) {
  const one = await founder(browser, "en", true, "one@example.com", "One");
  const two = await founder(browser, "en", true, "two@example.com", "Two");
  const lost = "keys-en@example.com";
  await one.goto(`${base}/operator#second-factor`);
  await one.fill("#factor-email", lost);
  await one.fill("#factor-reason", "called back at the number on file");
  await one.locator("form[action^='/operator/second-factor'] button").last().click();
  await one.waitForURL("**done=saved**");
  assert.equal(await one.locator("input[name=act][value=agree]").count(), 0, "one person is not two");
  await look(one, "en-reset-proposed", true);
  for (const language of ["pl", "ja", "en"]) {
    await two.goto(`${base}/operator?language=${language}#second-factor`);
    await look(two, `${language}-reset-agree`, true);
  }
  await two.locator("form:has(input[value=agree]) button").click();
  await two.waitForURL("**done=saved**");
  assert.equal(await two.locator("input[name=act][value=agree]").count(), 0);
  const told = await message(lost, { fits: (mail) => /two-step verification/i.test(mail.subject ?? mail.text ?? "") });
  assert.ok(told);
  done("two operators reset a lost second step");
}

await run(async (browser) => {
  const page = await journey(browser, "en", true, "512 340 401");
  await journey(browser, "pl", true, "512 340 402");
  await journey(browser, "ja", true, "512 340 403");
  await journey(browser, "pl", false, "512 340 404");
  await news(page);
  await operators(browser);
});
