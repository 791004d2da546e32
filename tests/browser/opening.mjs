// What every journey needs: the product's address, its messages, and one function that checks a page.
//
// Arguments of each script: base URL of the server, of the sandbox, the browser's path, a folder for pictures, and the
// database's file.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const [base, sandbox, browserPath, pictures, database] = process.argv.slice(2);
export const PASSWORD = "correct horse battery";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(pictures, { recursive: true });

let checks = 0;
/** Counts a finished check and says so. */
export const done = (what) => { checks += 1; console.log(`ok ${what}`); };

/** Runs the journeys in a browser of their own and prints the sum. */
export async function run(journeys, ...flags) {
  const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu", ...flags] });
  await clicks_wait_for_pages(browser);
  try {
    await journeys(browser);
  } finally {
    await browser.close();
  }
  console.log(`${checks} passed, 0 failed`);
}

/** A click that leads to another page ends when that page is read; the driver's own ends when its first bytes came. */
async function clicks_wait_for_pages(browser) {
  const page = await browser.newPage();
  const frames = Object.getPrototypeOf(page.mainFrame());
  const click = frames.click;
  frames.click = async function (...how) {
    await click.apply(this, how);
    if (!this.page().isClosed()) await this.waitForLoadState("domcontentloaded");
  };
  await page.close();
}

/** The code that an authenticator app shows now. */
export function totp(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest[19] & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** The newest message to somebody of which `fits` is true, as soon as it is there. */
export async function message(to, { channel = "email", fits = () => true } = {}) {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`${sandbox}/messages?channel=${channel}&to=${encodeURIComponent(to)}`);
    const found = (await answer.json()).data.find(fits);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no ${channel} came to ${to}`);
}

/** The link to a page of this path in the newest mail that has one: other mail may come to somebody in between. */
export async function mailed_link(to, path) {
  const leads = ({ link }) => link && new URL(link).pathname.startsWith(path);
  return (await message(to, { fits: leads })).link;
}

/** What the page's console and scripts complain of, collected while it lives. */
export function complaints(page) {
  const problems = [];
  page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  return problems;
}

/** Complaints but for refusals, which a browser reports of every form that is refused. */
export const unexpected = (problems) => problems.filter((text) => !/status of 4\d\d/.test(text));

/** Keeps a page from following something, which would reload it: a page follows only while it is visible. */
async function hold(page) {
  for (let tries = 0; tries < 20; tries += 1) {
    const held = await page.evaluate(async () => {
      if (document.readyState !== "complete") await new Promise((resolve) => addEventListener("load", resolve));
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
      // A reload that has begun already.
      stop();
      return true;
    }).catch((error) => {
      if (/context was destroyed/.test(error.message)) return false;
      throw error;
    });
    if (held) return;
  }
  throw new Error(`${page.url()} does not stop reloading`);
}

/** Lets a page follow again. */
const release = (page) => page.evaluate(() => {
  delete document.hidden;
  document.dispatchEvent(new Event("visibilitychange"));
});

/** Looks at a page: no axe violation, nothing sideways at 360 pixels, a picture at both widths. */
export async function look(page, name, scripts = true) {
  const before = page.viewportSize();
  if (scripts) await hold(page);
  for (const [device, width, height] of [["desktop", 1440, 900], ["phone", 360, 780]]) {
    await page.setViewportSize({ width, height });
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(sideways <= 0, `${name} scrolls sideways by ${sideways} at ${width}: ${page.url()}`);
    await page.screenshot({ path: `${pictures}/${name}-${device}.png`, fullPage: true });
  }
  await page.setViewportSize(before);
  if (!scripts) return;
  const found = await page.evaluate(async (source) => {
    // The policy forbids injected elements; evaluating through the debugger does not need one.
    (0, eval)(source);
    const result = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] });
    return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).slice(0, 2).join(" | ")}`);
  }, axe);
  assert.deepEqual(found, [], `${name} at ${page.url()}`);
  await release(page);
}

/** A new account, confirmed from its mailbox, on the first page after. */
export async function sign_up(page, email, { site = base, sent = async () => {} } = {}) {
  await page.goto(`${site}/sign-up`);
  await page.fill("#email", email);
  await page.fill("#password", PASSWORD);
  await page.locator("form[action='/sign-up'] button").click();
  await page.waitForURL("**/sign-up/sent**");
  await sent();
  await page.goto((await mailed_link(email, "/confirm")).replace(base, site));
  await page.locator("form[action='/confirm'] button").click();
  await page.waitForURL(/\/(welcome|operator)$/);
}

/** A phone of this Polish number, verified on the page of the account. */
export async function verify_phone(page, number) {
  await page.goto(`${base}/settings/account/phone`);
  await page.selectOption("#country", "PL");
  await page.fill("#number", number);
  await page.locator("form:has(#number) button:not(.quiet)").click();
  await page.waitForSelector("#code");
  await page.fill("#code", (await message(`+48${number.replaceAll(" ", "")}`, { channel: "sms" })).code);
  await page.locator("form:has(#code) button:not(.quiet)").first().click();
  await page.waitForURL("**done=phone-verified**");
  await page.waitForSelector(".state.ok");
}

/** The sign-in form, filled in and sent. */
export async function sign_in(page, email, password = PASSWORD) {
  await page.goto(`${base}/sign-in`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.locator("form[action='/sign-in'] button").click();
}

/** The first organization of somebody who just signed up. */
export async function organization(page, name, { site = base } = {}) {
  await page.goto(`${site}/welcome/organization`);
  await page.fill("#name", name);
  await page.selectOption("#describes", "not_technical");
  await page.locator("main form button").first().click();
  await page.waitForURL("**/welcome/team**");
}

/** Lets the last proof of every session be eleven minutes older. */
export function grow_stale() {
  const script = "import sqlite3,sys; db=sqlite3.connect(sys.argv[1],timeout=10); db.execute('UPDATE sessions SET reauthenticated_at=reauthenticated_at-660'); db.commit()";
  execFileSync("python3", ["-c", script, database]);
}
