// Every page of the dashboard, found by following links as an owner who is also the operator, looked at in three
// languages, at two widths, by axe. A page of the route table that no link reaches must be named below with the reason.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { base, complaints, done, look, message, organization, run, sign_up, totp, unexpected } from "./opening.mjs";

/** The pages of the route table that can be opened, as patterns of the path. */
function table() {
  const source = readFileSync(`${process.cwd()}/crates/dashboard/src/routes.rs`, "utf8");
  const rows = [...source.matchAll(/^\s+(?:public|signed_in|recently_authenticated|link_holder)\("([^"]+)", \|\| (\{[\s\S]*?\n    \}|.*?)\),$/gm)];
  return rows.filter(([, , serve]) => /\bget\(/.test(serve)).map(([, path]) => path);
}

/** Pages that links do not reach, and why; other scripts open most of them. */
const apart = {
  "/": "for visitors without a session",
  "/sign-up": "for visitors without a session", "/sign-up/sent": "for visitors without a session",
  "/sign-in": "for visitors without a session", "/sign-in/code": "within signing in", "/sign-in/return": "within signing in",
  "/confirm": "behind a link of a mail", "/confirm-address": "behind a link of a mail",
  "/forgot": "for visitors without a session", "/reset": "behind a link of a mail", "/invite": "behind a link of a mail",
  "/verify/{token}": "behind a link for a phone", "/verify/{token}/capture": "behind a link for a phone",
  "/verify/done/{token}": "the last page on a phone",
  "/verify/done/{token}/state": "no page", "/verify/done/{token}/events": "no page",
  "/settings/organization/verification/state": "no page", "/settings/organization/verification/events": "no page",
  "/settings/organization/billing/buy/state": "no page",
  "/api-keys/gateways": "no page", "/api-keys/{id}": "needs a key; looked at by keys.mjs",
  "/settings/organization/groups/{id}": "needs a group; looked at by roles.mjs",
  "/settings/organization/webhooks/{id}": "needs a webhook; looked at by webhooks.mjs",
  "/api-keys/workloads": "needs a workload; looked at by identity.mjs",
  "/settings/organization/certificates/{id}": "needs a certificate; looked at by identity.mjs",
  "/settings/organization/workload-identity/{id}": "needs a provider; looked at by identity.mjs",
  "/settings/organization/workload-identity/{id}/edit": "needs a provider; looked at by identity.mjs",
  "/settings/organization/workload-identity/{id}/rules/new": "needs a provider; looked at by identity.mjs",
  "/settings/organization/workload-identity/{id}/rules/{rule}": "needs a rule; looked at by identity.mjs",
  "/welcome/first-call/state": "no page", "/welcome/first-call/events": "no page",
  "/openapi.json": "no page",
  "/usage.csv": "a download", "/settings/organization/audit-log.csv": "a download", "/settings/account/export.json": "a download",
  "/settings/organization/export.json": "a download", "/settings/organization/billing/ledger.csv": "a download",
  "/operator/reviews/{case}": "needs a case", "/operator/reviews/{case}/pictures/{number}": "no page",
  "/settings/account/security/second-factor": "within setting up a second factor",
  "/settings/account/security/passkeys": "within adding a passkey",
  "/reauthenticate": "within another act", "/welcome/team": "within the first steps", "/welcome": "a person's first page",
};

const pattern = (path) => new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`);

/** The operator with an organization, a key, a service account, a second factor and a colleague. */
async function furnish(page) {
  await sign_up(page, "operator@example.com");
  await organization(page, "Kite Aerial");
  const submit = (action) => page.locator(`form[action^='${action}'] button`).last().click();
  await page.goto(`${base}/settings/account/security`);
  await submit("/settings/account/security/second-factor?");
  await page.waitForURL("**/security/second-factor?**");
  await page.fill("#code", totp((await page.textContent("#secret")).trim()));
  await submit("/settings/account/security/second-factor/confirm");
}

/** Follows all links of all pages; answers one address for each page of the table. */
async function crawl(page, patterns) {
  const [found, seen, next] = [new Map(), new Set(), [`${base}/home`, `${base}/operator`, `${base}/welcome`]];
  while (next.length > 0) {
    const address = next.shift();
    const path = new URL(address).pathname;
    const route = patterns.find((row) => row === path) ?? patterns.find((row) => pattern(row).test(path));
    if (!route || seen.has(path) || (route.includes("{") && found.has(route))) continue;
    seen.add(path);
    if (apart[route] === "a download" || apart[route] === "no page") continue;
    const answer = await page.goto(address);
    assert.equal(answer.status(), 200, address);
    if (!found.has(route)) found.set(route, address);
    const links = await page.$$eval("a[href]", (all) => all.map((link) => link.href));
    next.push(...links.filter((link) => link.startsWith(base)).map((link) => link.split("#")[0]));
  }
  return found;
}

await run(async (browser) => {
  const patterns = table();
  assert.ok(patterns.length > 30, "the route table was read");
  const context = await browser.newContext({ locale: "en", viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems = complaints(page);
  await furnish(page);
  const found = await crawl(page, patterns);
  const missed = patterns.filter((row) => !found.has(row) && !apart[row]);
  assert.deepEqual(missed, [], "every page is reached by links");
  done(`${found.size} pages are reached by links, ${Object.keys(apart).length} are apart`);
  for (const language of ["en", "pl", "ja"]) {
    await page.goto(`${base}/home`);
    await page.locator(`form.languages button[value=${language}]`).click();
    await page.waitForSelector(`html[lang=${language}]`);
    for (const [route, address] of found) {
      // Their addresses name the language; other scripts look at them.
      if (["/help/{slug}", "/docs/api/{slug}"].includes(route)) continue;
      await page.goto(address);
      assert.equal(await page.getAttribute("html", "lang"), language, address);
      assert.equal(await page.locator("h1").count(), 1, `one title: ${address}`);
      await look(page, `pages/${language}${route.replaceAll(/[/{}]+/g, "-")}`);
    }
    done(`every page in ${language}: no axe violation, nothing sideways`);
  }
  assert.deepEqual(unexpected(problems), []);
});
