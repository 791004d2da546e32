// The first hour of an installation in production: with nothing set up, with mail, and with mail and text messages. What a
// stranger sees, and what the operator sees, in every language.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PASSWORD, complaints, done, look, pictures, run, sandbox, totp, unexpected } from "./opening.mjs";

const binary = join(pictures, "../debug/keystead");
const operator = "op@example.com";
mkdirSync(join(pictures, "first_hour"), { recursive: true });

const languages = {
  en: { noMail: "can't send email", waits: "Not enforced", refuse: "Refuse everyone", copy: "[sms]", off: "Not available here", worked: "It worked.", number: "+48 512 345 678", base: "Check base_url" },
  pl: { noMail: "nie może wysyłać e-maili", waits: "nie jest egzekwowana", refuse: "Odrzucaj wszystkich", copy: "[sms]", off: "Niedostępne", worked: "Test się powiódł.", number: "+48 512 345 671", base: "Sprawdź base_url" },
  ja: { noMail: "メールを送信できません", waits: "適用されていません", refuse: "すべて拒否", copy: "[sms]", off: "利用できません", worked: "成功しました。", number: "+48 512 345 672", base: "base_url" },
};
const mail = { KEYSTEAD_MAIL__URL: "smtp://127.0.0.1:9", KEYSTEAD_MAIL__FROM: "Keystead <keys@example.com>" };
const texts = { KEYSTEAD_SMS__PROVIDER: "http", KEYSTEAD_SMS__BASE_URL: "http://127.0.0.1:9/texts" };

/** A port that is free now: the public address must be known before the start. */
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** Starts a production installation, runs the work with its address, and stops it. */
async function installation(more, work) {
  const folder = mkdtempSync(join(tmpdir(), "keystead-first-hour-"));
  const port = await freePort();
  const site = `http://127.0.0.1:${port}`;
  const env = {
    PATH: process.env.PATH,
    KEYSTEAD_ENVIRONMENT: "production",
    KEYSTEAD_SERVER__LISTEN: `127.0.0.1:${port}`,
    KEYSTEAD_SERVER__PUBLIC_URL: site,
    KEYSTEAD_SERVER__METRICS_LISTEN: "off",
    KEYSTEAD_SERVER__DATA_DIR: join(folder, "data"),
    KEYSTEAD_LOG__LEVEL: "warn",
    KEYSTEAD_OPERATOR__EMAILS: operator,
    KEYSTEAD_UPSTREAM__0__NAME: "main",
    KEYSTEAD_UPSTREAM__0__BASE_URL: "http://127.0.0.1:9",
    KEYSTEAD_UPSTREAM__0__MODELS: "gpt-4o",
    ...more,
  };
  const ready = join(folder, "ready.json");
  const server = spawn(binary, ["serve", "--ready-file", ready], { env, cwd: folder, stdio: "ignore" });
  try {
    for (let tries = 0; tries < 600 && !existsSync(ready); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(existsSync(ready), "it listens");
    const command = (...words) => execFileSync(binary, words, { env, cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    await work(site, command);
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function stranger(browser, site, tag, sendsMail) {
  for (const [language, t] of Object.entries(languages)) {
    const context = await browser.newContext({ locale: language, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const problems = complaints(page);
    await page.goto(`${site}/?language=${language}`);
    assert.ok(!(await page.textContent("body")).includes("cargo run"), "no command of developers in production");
    assert.ok((await page.textContent("body")).includes(`${site}/v1`), "the base URL");
    await look(page, `first_hour/${tag}-landing-${language}`);
    for (const path of ["sign-up", "forgot"]) {
      await page.goto(`${site}/${path}?language=${language}`);
      assert.equal((await page.textContent("body")).includes(t.noMail), !sendsMail, `${path} in ${language}`);
      assert.equal(await page.locator("#email").count(), sendsMail ? 1 : 0, `${path} promises nothing`);
      await look(page, `first_hour/${tag}-${path}-${language}`);
    }
    assert.deepEqual(unexpected(problems), []);
    await context.close();
  }
  done(`${tag}: a stranger`);
}

/** The owner signs in with the link of the command line, sets up an authenticator app and opens the console. */
async function owner(browser, site, command) {
  const made = JSON.parse(command("admin", "bootstrap", "--email", operator, "--organization", "Harbour", "--no-waiver", "--json"));
  const context = await browser.newContext({ locale: "en", viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(made.sign_in_link);
  await page.fill("#password", PASSWORD);
  await page.locator("form[action='/reset'] button").click();
  await page.waitForURL("**/home**");
  await page.goto(`${site}/settings/account/security`);
  await page.locator("form[action^='/settings/account/security/second-factor?'] button").first().click();
  await page.waitForURL("**/security/second-factor?**");
  await page.fill("#code", totp((await page.textContent("#secret")).trim()));
  await page.locator("form[action^='/settings/account/security/second-factor/confirm'] button").click();
  await page.waitForSelector(".codes");
  return page;
}

run(async (browser) => {
  await installation({}, async (site, command) => {
    await stranger(browser, site, "nothing", false);
    const page = await owner(browser, site, command);
    for (const [language, t] of Object.entries(languages)) {
      await page.goto(`${site}/operator/setup?language=${language}`);
      const text = await page.textContent("main");
      assert.ok(text.includes(t.waits) && text.includes(t.copy), `setup in ${language}`);
      await look(page, `first_hour/nothing-setup-${language}`);
      await page.goto(`${site}/settings/organization/general?language=${language}`);
      assert.ok((await page.textContent("#verifications")).includes(t.off), `general in ${language}`);
      await look(page, `first_hour/nothing-general-${language}`);
      await page.goto(`${site}/settings/account/phone?language=${language}`);
      assert.equal(await page.locator("#number").count(), 0, "no phone is asked for");
      await look(page, `first_hour/nothing-phone-${language}`);
    }
    // The dialog asks for a name and for no phone.
    await page.goto(`${site}/api-keys?language=en`);
    await page.locator("main .head a.button").click();
    await page.waitForSelector("dialog #name");
    // The operator decides to refuse, and takes the decision back.
    await page.goto(`${site}/operator/setup?language=en`);
    const phone = page.locator("form", { has: page.locator("input[value=phone]") });
    await phone.locator("input[name=reason]").fill("closed beta");
    await phone.getByRole("button", { name: languages.en.refuse }).click();
    await page.waitForURL("**done=saved**");
    await page.goto(`${site}/api-keys?language=en`);
    await page.locator("main .head a.button").click();
    await page.waitForSelector("dialog");
    assert.equal(await page.locator("dialog #name, dialog .primary").count(), 0, "nothing is offered that cannot work");
    await look(page, "first_hour/nothing-refused-key-en");
    done("nothing: the operator");
  });
  await installation(mail, async (site, command) => {
    await stranger(browser, site, "mail", true);
    const page = await owner(browser, site, command);
    await page.goto(`${site}/operator/setup?language=en`);
    await page.getByRole("button", { name: "Send a test email to me" }).click();
    await page.waitForSelector("#mail [role=status]");
    assert.ok((await page.textContent("#mail [role=status]")).includes("did not work"), "a failure is shown with its reason");
    await look(page, "first_hour/mail-setup-en");
    done("mail: the operator");
  });
  await installation({ ...mail, ...texts }, async (site, command) => {
    await stranger(browser, site, "texts", true);
    const page = await owner(browser, site, command);
    await page.goto(`${site}/operator/setup?language=en`);
    assert.ok(!(await page.textContent("main")).includes("phone-for-new-keys"), "the phone can be checked");
    await look(page, "first_hour/texts-setup-en");
    await page.goto(`${site}/settings/account/phone?language=en`);
    assert.equal(await page.locator("#number").count(), 1, "a phone can be verified");
    done("texts: the operator");
  });
  // Services that answer: the sandbox's. One of two model servers does not.
  const services = {
    KEYSTEAD_SMS__PROVIDER: "twilio",
    KEYSTEAD_SMS__BASE_URL: `${sandbox}/twilio`,
    KEYSTEAD_SMS__LOOKUP_BASE_URL: `${sandbox}/twilio`,
    KEYSTEAD_SMS__ACCOUNT_SID: "ACsandbox",
    KEYSTEAD_SMS__AUTH_TOKEN: "sandbox-token",
    KEYSTEAD_SMS__SERVICE_SID: "VAsandbox",
    KEYSTEAD_IDENTITY__PROVIDER: "persona",
    KEYSTEAD_IDENTITY__BASE_URL: `${sandbox}/persona/api/v1`,
    KEYSTEAD_IDENTITY__API_KEY: "persona_sandbox",
    KEYSTEAD_IDENTITY__TEMPLATE: "itmpl_sandbox",
    KEYSTEAD_IDENTITY__WEBHOOK_SECRETS: "wbhsec_first_hour_0123456789",
    KEYSTEAD_UPSTREAM__1__NAME: "second",
    KEYSTEAD_UPSTREAM__1__BASE_URL: `${sandbox}/v1`,
    KEYSTEAD_UPSTREAM__1__MODELS: "gpt-4o-mini",
  };
  await installation(services, async (site, command) => {
    const page = await owner(browser, site, command);
    const problems = complaints(page);
    // The first page of an operator, until it was seen.
    await page.goto(`${site}/home`);
    assert.ok(new URL(page.url()).pathname === "/operator/setup", "setup comes first");
    await page.goto(`${site}/home`);
    assert.ok(new URL(page.url()).pathname === "/home", "and only once");
    for (const [language, t] of Object.entries(languages)) {
      await page.goto(`${site}/operator/setup`);
      await page.locator(`form.languages button[value=${language}]`).click();
      await page.waitForSelector(`html[lang=${language}]`);
      const result = async (section) => {
        await page.locator(`#${section} form button`).click();
        await page.waitForSelector(`#${section} [role=status]`);
        // A reload does not test again.
        assert.ok(page.url().includes("shown="), "the form ends in a redirect");
        return (await page.textContent(`#${section} [role=status]`)).replaceAll("\u00a0", " ");
      };
      await page.fill("#number", t.number);
      const text = await result("text_messages");
      assert.ok(text.includes(t.worked), text);
      await look(page, `first_hour/services-text-${language}`);
      const check = await result("identity");
      assert.ok(check.includes(t.worked), check);
      const servers = await result("upstreams");
      assert.ok(servers.includes(t.worked) && servers.includes("second") && servers.includes(t.base), servers);
      await look(page, `first_hour/services-servers-${language}`);
      await page.reload();
      assert.equal(await page.locator("#upstreams [role=status]").count(), 0, "a reload shows the page");
      await page.fill("#number", "123");
      await page.locator("#text_messages form button").click();
      await page.waitForSelector("[role=alert]");
      assert.equal(await page.inputValue("#number"), "123", "what was typed stays");
      await look(page, `first_hour/services-wrong-${language}`);
    }
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: site });
    await page.goto(`${site}/operator/setup?language=en`);
    await page.locator("#mail [data-copy]").click();
    await page.waitForSelector("#mail [data-done]");
    assert.ok((await page.evaluate(() => navigator.clipboard.readText())).includes("[mail]"), "lines are copied");
    assert.deepEqual(unexpected(problems), []);
    done("services: the operator tests them");
  });
});
