// People guard their accounts, through the real server and sandbox in headless Chromium: the second step with an
// authenticator app and recovery codes, passkeys, the question before dangerous acts, sessions, invitations with
// projects. Every page is looked at by axe and at 360 pixels. Rows: S1-10, S3-01, S3-10; ASVS 6.3.4, 6.5.1, 6.7, 7.2.4, 7.4, 7.5.
import assert from "node:assert/strict";
import { PASSWORD, base, complaints, done, grow_stale, look, mailed_link, organization, run, sandbox, sign_in, sign_up, totp, unexpected } from "./opening.mjs";

async function journey(browser, language, scripts) {
  const tag = `accounts-${language}${scripts ? "" : "-noscript"}`;
  const email = `guard-${language}@example.com`;
  const open = () => browser.newContext({ locale: language, javaScriptEnabled: scripts });
  const here = await open();
  const page = await here.newPage();
  const problems = complaints(page);
  const see = (name, other = page) => look(other, `${tag}-${name}`, scripts);
  const security = `${base}/settings/account/security`;
  const send = (form, other = page) => other.locator(`form[action^='${form}'] button:not(.quiet)`).first().click();

  await sign_up(page, email);
  await organization(page, "Guard <b>& Co</b>");

  // The second step is set up: wrong first code, right first code, codes shown once (ASVS 6.5).
  await page.goto(security);
  await see("security");
  await send("/settings/account/security/second-factor?");
  await page.waitForURL("**/security/second-factor?**");
  assert.equal(await page.locator(".qr svg").count(), 1);
  const secret = (await page.textContent("#secret")).trim();
  await see("factor");
  await page.fill("#code", "000000");
  await send("/settings/account/security/second-factor/confirm");
  assert.equal(await page.locator("[role=alert]").count(), 1);
  assert.equal((await page.textContent("#secret")).trim(), secret, "the app keeps what it was shown");
  const first = totp(secret);
  await page.fill("#code", first);
  await send("/settings/account/security/second-factor/confirm");
  await page.waitForSelector(".codes");
  const codes = await page.locator(".codes code").allTextContents();
  assert.equal(new Set(codes).size, 10);
  await see("recovery");
  await page.locator("main a.button").click();
  await page.waitForURL("**/settings/account/security?**");
  const shown = await page.content();
  assert.ok(!codes.some((code) => shown.includes(code)) && !shown.includes(secret), "shown once");
  await see("security-on");
  done(`${tag}: the second step is set up`);

  // Signing in asks for a code; one that was used is refused; a recovery code works once.
  const there = await open();
  const other = await there.newPage();
  await sign_in(other, email);
  await other.waitForURL("**/sign-in/code**");
  assert.equal((await there.cookies(base)).filter((cookie) => cookie.name.endsWith("keystead") || cookie.name === "keystead_session").length, 0, "no session yet");
  await see("code", other);
  await other.goto(`${base}/home`);
  await other.waitForURL("**/sign-in?**");
  await other.goto(`${base}/sign-in/code`);
  await other.fill("#code", first);
  await send("/sign-in/code", other);
  assert.equal(await other.locator("[role=alert]").count(), 1, "the code of the set-up was used");
  await see("code-wrong", other);
  await other.fill("#code", codes[0]);
  await send("/sign-in/code", other);
  await other.waitForURL("**/home**");
  done(`${tag}: signing in asks for a code`);

  // Sessions are listed, and ending one takes effect at once (ASVS 7.4, 7.5.2).
  await page.goto(security);
  const rows = page.locator("#sessions tbody tr");
  assert.equal(await rows.count(), 2);
  await see("sessions");
  await send("/settings/account/sessions/end?");
  await page.waitForURL("**done=session-ended**");
  assert.equal(await rows.count(), 1);
  await other.goto(`${base}/home`);
  await other.waitForURL("**/sign-in?**");
  await there.close();
  done(`${tag}: a session is ended from another browser`);

  // A late form is answered with the question, and continues after the answer (ASVS 7.5.1).
  await page.goto(security);
  grow_stale();
  await send("/settings/account/security/recovery-codes");
  await page.waitForSelector("#proof_password");
  await see("proof");
  await page.fill("#proof_password", "not the password");
  await page.fill("#proof_code", codes[1]);
  await page.locator("main form button").click();
  await page.waitForSelector("[role=alert]");
  await page.fill("#proof_password", PASSWORD);
  await page.fill("#proof_code", codes[2]);
  await page.locator("main form button").click();
  await page.waitForSelector(".codes");
  const renewed = await page.locator(".codes code").allTextContents();
  assert.ok(renewed.length === 10 && !renewed.includes(codes[3]));
  await page.goto(`${base}/home`);
  assert.equal(new URL(page.url()).pathname, "/home", "signed in still, under a new secret");
  grow_stale();
  await page.goto(`${base}/settings/account/security/second-factor`);
  await page.waitForURL("**/reauthenticate?**");
  await page.goto(`${base}/reauthenticate?next=https://evil.example/`);
  await page.fill("#proof_password", PASSWORD);
  await page.fill("#proof_code", renewed[0]);
  await page.locator("main form button").click();
  await page.waitForURL(`${base}/home**`);
  done(`${tag}: dangerous acts ask again and go on`);

  // Invitations carry projects; members have a role in each (S3-10).
  await page.goto(`${base}/settings/organization/projects`);
  await page.fill("#name", "Lab <i>");
  await send("/settings/organization/projects/create");
  await page.goto(`${base}/settings/organization/members`);
  const guest = `guest-${language}@example.com`;
  await page.fill("#email", guest);
  await page.locator("form[action*='members/invite'] select").last().selectOption("member");
  await page.locator("form[action*='members/invite'] button").click();
  await page.waitForURL("**done=invite-sent**");
  await see("members-invited");
  const elsewhere = await open();
  const joining = await elsewhere.newPage();
  await joining.goto(await mailed_link(guest, "/invite"));
  await see("invite", joining);
  await joining.fill("#password", PASSWORD);
  await send("/invite/join", joining);
  await joining.waitForURL("**/home**");
  assert.equal(await joining.locator(".choices a:not(.more)").count(), 2, "the Default project and the invited one");
  await page.goto(`${base}/settings/organization/members`);
  await page.locator("td.last a").last().click();
  await page.waitForSelector("select[name^='role-']");
  await see("member");
  await page.locator("select[name^='role-']").last().selectOption("none");
  await page.locator("form[action*='members/user'] button").click();
  await page.waitForURL("**done=saved**");
  await joining.reload();
  assert.equal(await joining.locator(".choices a:not(.more)").count(), 1);
  grow_stale();
  await page.locator("main details summary").click();
  await page.locator("form[action*='members/remove'] button").click();
  await page.waitForSelector("#proof_password");
  await page.fill("#proof_password", PASSWORD);
  await page.fill("#proof_code", renewed[1]);
  await page.locator("main form button").click();
  await page.waitForURL("**done=member-removed**");
  await joining.goto(`${base}/home`);
  await joining.waitForURL("**/welcome**");
  await elsewhere.close();
  done(`${tag}: invitations with projects, roles, removal after the question`);

  // Another address is confirmed from its mailbox.
  await page.goto(security);
  await page.fill("#email", `new-${email}`);
  await send("/settings/account/security/email");
  await page.waitForURL("**done=mail-sent**");
  await page.goto(await mailed_link(`new-${email}`, "/confirm-address"));
  await see("address");
  await page.locator("form[action='/confirm-address'] button").click();
  await page.waitForURL("**/settings/account/security?done=saved**");
  assert.ok((await page.textContent("main dl")).includes(`new-${email}`));
  done(`${tag}: another address`);

  // The password is changed with the old one, and the second step is switched off.
  await page.goto(security);
  await page.fill("#password", "not the password");
  await page.fill("#new_password", "a lantern in the attic");
  await send("/settings/account/security/password");
  assert.equal(await page.locator("[role=alert]").count(), 1);
  await page.fill("#password", PASSWORD);
  await page.fill("#new_password", "a lantern in the attic");
  await send("/settings/account/security/password");
  await page.waitForURL("**done=password-changed**");
  await send("/settings/account/security/second-factor/off");
  await page.waitForURL("**done=second-factor-off**");
  // Nothing a person typed is markup.
  assert.equal(await page.locator("main b, main i, .side b, .side i").count(), 0);
  assert.deepEqual(unexpected(problems), [], "the console stays quiet");
  await here.close();
  done(`${tag}: password changed, second step off`);
}

/** The profile: the list of time zones offers the zone of the device, and one button saves everything. */
async function profile(browser) {
  const context = await browser.newContext({ locale: "en", timezoneId: "Asia/Tokyo" });
  const page = await context.newPage();
  const problems = complaints(page);
  await sign_up(page, "profile@example.com");
  await organization(page, "Profiles");
  await page.goto(`${base}/settings/account`);
  assert.equal(await page.inputValue("#name"), "profile");
  await page.fill("#name", "Ann <b>Łęcka");
  await page.selectOption("#language", "pl");
  await page.selectOption("#theme", "dark");
  await page.selectOption("#time_zone", "Europe/Warsaw");
  await page.locator("#profile button.primary").click();
  await page.waitForURL("**done=saved**");
  assert.deepEqual([await page.getAttribute("html", "lang"), await page.getAttribute("html", "data-theme")], ["pl", "dark"]);
  assert.equal(await page.textContent(".who strong"), "Ann <b>Łęcka");
  await look(page, "profile", true);
  const offer = page.locator("[data-zone-offer]");
  assert.match(await offer.textContent(), /Asia\/Tokyo/);
  await offer.click();
  assert.equal(await page.inputValue("#time_zone"), "Asia/Tokyo");
  await page.locator("#emails input[value=payment]").uncheck();
  await page.locator("#emails button").click();
  await page.waitForURL("**done=saved**");
  assert.equal(await page.locator("#emails input[value=payment]").isChecked(), false);
  assert.equal(await page.inputValue("#time_zone"), "Europe/Warsaw", "each form saves its own fields");
  assert.deepEqual(unexpected(problems), []);
  await context.close();
  done("the profile is saved at once, and emails are chosen");
}

/** Passkeys, with an authenticator that Chromium plays: added, signed in with, used as a fresh proof, taken away. */
async function passkeys(browser) {
  // Authenticators know names only.
  const site = base.replace("127.0.0.1", "localhost");
  const context = await browser.newContext({ locale: "en" });
  const page = await context.newPage();
  const problems = complaints(page);
  const chrome = await context.newCDPSession(page);
  await chrome.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await chrome.send("WebAuthn.addVirtualAuthenticator", { options });
  const email = "passkey@example.com";
  await sign_up(page, email, { site });
  await organization(page, "Keys", { site });

  await page.goto(`${site}/settings/account/security`);
  await page.getByRole("link", { name: "Add a passkey" }).click();
  await page.waitForSelector("form[data-passkey]:not([hidden])");
  await look(page, "passkey-new", true);
  await page.fill("#name", "Laptop <b>");
  await page.locator("[data-passkey-go]").click();
  await page.waitForURL("**done=passkey-added**");
  const { credentials } = await chrome.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials.length, 1);
  assert.ok(credentials[0].isResidentCredential && credentials[0].rpId === "localhost");
  await look(page, "passkey-added", true);
  done("a passkey is added");
  await page.goto(`${site}/settings/account/security/passkeys`);
  await page.locator("[data-passkey-go]").click();
  await page.waitForSelector("[data-passkey-failed]:not([hidden])");
  done("one authenticator holds one of them for an account");

  await page.goto(`${site}/home`);
  await page.locator("form[action='/sign-out'] button").click();
  await page.waitForURL("**/sign-in");
  const before = await context.cookies(site);
  await look(page, "passkey-sign-in", true);
  await page.goto(`${site}/sign-in?next=/usage`);
  await page.locator("[data-passkey-go]").click();
  await page.waitForURL((url) => url.pathname === "/usage");
  assert.notDeepEqual(await context.cookies(site), before);
  done("signing in with it, without an address, and back to where one was");

  grow_stale();
  await page.goto(`${site}/settings/account/security`);
  await page.locator("#passkeys form button").click();
  await page.waitForSelector("form[data-passkey]:not([hidden])");
  await look(page, "passkey-proof", true);
  await page.locator("[data-passkey-go]").click();
  await page.waitForURL("**done=passkey-removed**");
  assert.equal(await page.locator("#passkeys form").count(), 0);
  done("it is a fresh proof, and the act goes on");

  await context.clearCookies();
  await page.goto(`${site}/sign-in`);
  await page.locator("[data-passkey-go]").click();
  await page.waitForSelector("[role=alert]:not([hidden])");
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  assert.ok(new URL(page.url()).searchParams.has("shown"), "the answer to the form, after a redirect");
  assert.deepEqual((await context.cookies(site)).map((cookie) => cookie.name), ["keystead_zone"]);
  done("taken away, it opens nothing");
  assert.deepEqual(unexpected(problems), []);
  await context.close();

  const elsewhere = await (await browser.newContext({ locale: "en" })).newPage();
  await elsewhere.goto(`${base}/sign-in`);
  assert.equal(await elsewhere.locator("form[data-passkey]:visible").count(), 0);
  done("where passkeys cannot be, they are not offered");
}

/** An account elsewhere, here the sandbox's issuer: connected by whoever is signed in, and taken out again (S3-04). */
async function connecting(browser) {
  const page = await (await browser.newContext({ locale: "en" })).newPage();
  const simulate = async (email) => {
    await page.waitForURL(`${sandbox}/oidc/authorize**`);
    const address = page.url().replace("/authorize?", "/authorize/simulate?");
    const answer = await fetch(address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email, name: "Lee" }) });
    await page.goto((await answer.json()).redirect);
  };
  await sign_up(page, "lee@example.com");
  await organization(page, "Lee");
  const context = page.context();
  const kept = await context.cookies();
  await context.clearCookies();
  await page.goto(`${base}/sign-in`);
  await page.getByRole("button", { name: /^Continue with/ }).click();
  await simulate("lee@example.com");
  assert.equal(await page.locator("[role=alert]").count(), 1, "the address alone opens nothing");
  await context.addCookies(kept);
  await page.goto(`${base}/settings/account/security`);
  await page.getByRole("button", { name: /^Connect/ }).click();
  await simulate("lee@example.com");
  await page.waitForURL("**/settings/account/security?**done=saved**");
  await look(page, "connected", true);
  await page.locator("form[action*='identity/remove'] button").click();
  await page.waitForURL("**done=saved**");
  assert.equal(await page.locator("form[action*='identity/remove']").count(), 0);
  await context.close();
  done("an account elsewhere is connected and taken out");
}

await run(async (browser) => {
  await journey(browser, "en", true);
  await journey(browser, "pl", false);
  await journey(browser, "ja", true);
  await profile(browser);
  await passkeys(browser);
  await connecting(browser);
});
