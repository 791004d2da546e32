// An owner makes a group, puts a member in it, makes a role of a project and gives it to the group; the member can do what
// the role permits with the next request, and nothing more, until the owner takes it away. Through the real server in
// headless Chromium, in three languages, with and without scripts. Every page is looked at by axe and at 360 pixels.
//
// Arguments: base URL of the server, of the sandbox, the browser's path, a folder for pictures, and the database's file.
import assert from "node:assert/strict";
import { PASSWORD, base, complaints, done, look, mailed_link, organization, run, sign_up, unexpected } from "./opening.mjs";

const SETTINGS = `${base}/settings/organization`;

/** A member who was invited by mail and joined, in a browser of their own. */
async function colleague(browser, page, language, email) {
  await page.goto(`${SETTINGS}/members`);
  await page.fill("#email", email);
  await page.locator("form[action*='members/invite'] button").click();
  await page.waitForURL("**done=invite-sent**");
  const context = await browser.newContext({ locale: language });
  const joining = await context.newPage();
  await joining.goto(await mailed_link(email, "/invite"));
  await joining.fill("#password", PASSWORD);
  await joining.locator("form[action*='/invite/join'] button").click();
  await joining.waitForURL("**/home**");
  return joining;
}

async function journey(browser, language, scripts) {
  const tag = `roles-${language}${scripts ? "" : "-noscript"}`;
  const context = await browser.newContext({ locale: language, javaScriptEnabled: scripts });
  const page = await context.newPage();
  const problems = complaints(page);
  const see = (name) => look(page, `${tag}-${name}`, scripts);
  await sign_up(page, `${tag}@example.com`);
  await organization(page, "Harbour <b>& Co</b>");
  await page.goto(`${SETTINGS}/projects`);
  await page.fill("#name", "Robots");
  await page.locator("form[action*='projects/create'] button").click();
  await page.waitForURL("**done=project-created**");
  const project = new URL(page.url()).searchParams.get("project");
  const member = await colleague(browser, page, language, `ben-${tag}@example.com`);
  const of_project = `${SETTINGS}/projects/${project}`;

  // A group is made and gets a member with the keyboard alone.
  await page.goto(`${SETTINGS}/groups`);
  await see("groups-empty");
  await page.locator("main .head a.button").focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog #name");
  await see("group-new");
  await page.locator("#name").focus();
  await page.keyboard.type("Night shift & co");
  await page.keyboard.press("Enter");
  await page.waitForURL("**done=group-created**");
  const group = page.url().split("?")[0];
  await see("group-empty");
  await page.locator("#email").focus();
  await page.keyboard.type("stranger@example.com");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#email[aria-invalid]");
  assert.equal(await page.inputValue("#email"), "stranger@example.com", "what was typed stays");
  await see("group-stranger");
  await page.fill("#email", `ben-${tag}@example.com`);
  await page.keyboard.press("Enter");
  await page.waitForURL("**done=person-added**");
  done(`${tag}: a group is made and has a member`);

  // A role of the project, of labelled permissions.
  await page.goto(`${SETTINGS}/roles`);
  await see("roles");
  await page.selectOption("#place", project);
  await page.locator("main .find button").click();
  await page.waitForURL(`**place=${project}**`);
  await page.locator("main .head a.button").click();
  await page.waitForURL("**/roles/new?**");
  await page.fill("#name", "Owner");
  await page.locator("main form button.primary").click();
  await page.waitForSelector("#name[aria-invalid]");
  await see("role-refused");
  await page.fill("#name", "Caretaker");
  await page.fill("#description", "Looks after the robots");
  for (const permission of ["api.management.read", "api.management.write"]) {
    await page.check(`input[name=permission][value='${permission}']`);
  }
  await page.locator("main form button.primary").click();
  await page.waitForURL("**done=role-created**");
  await see("role");
  done(`${tag}: a role of a project is made`);

  // It is given to the group, and holds with the member's next request.
  const administers = async () => {
    await member.goto(of_project);
    return (await member.locator("#service-accounts").count()) === 1;
  };
  assert.equal(await administers(), false, "before");
  await page.goto(group);
  await page.locator("main a[href*='give=']").click();
  await page.selectOption("dialog #give", project);
  await page.locator("dialog form[method=get] button").click();
  await page.locator("dialog label", { hasText: "Caretaker" }).click();
  await see("give");
  await page.locator("button[form=give-role]").click();
  await page.waitForURL("**done=role-given**");
  await see("group");
  assert.equal(await administers(), true, "after");
  await member.fill("#name", "Robots of the night");
  await member.locator("form:has(#name) button").click();
  await member.waitForURL("**done=saved**");
  await member.goto(`${SETTINGS}/groups`);
  assert.equal(await member.locator("main a[href*='new=1']").count(), 0, "nothing more");
  await member.goto(`${SETTINGS}/members`);
  assert.equal(await member.locator("form[action*='members/invite']").count(), 0, "nothing more");
  done(`${tag}: a member can do what the role permits, and nothing more`);

  // The page of the member says where it comes from.
  await page.goto(`${SETTINGS}/groups`);
  await see("groups");
  await page.goto(group);
  await page.locator("main td a[href*='/members/user-']").click();
  assert.match(await page.textContent("#roles"), /Night shift & co/);
  await see("member");
  await page.locator("main a[href*='give=']").click();
  await see("member-give");
  if (scripts) {
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog"));
  }

  // The owner takes it away: the form that the member has open is refused.
  await member.goto(of_project);
  await page.goto(group);
  await page.locator("main a[href*='take=']").click();
  await see("take");
  await page.locator("dialog form button").click();
  await page.waitForURL("**done=role-taken**");
  await member.fill("#name", "Robots of the day");
  await member.locator("form:has(#name) button").click();
  await member.waitForSelector("main .summary");
  assert.equal(await administers(), false, "taken away");
  assert.match(await member.textContent("h1"), /Robots of the night/);
  done(`${tag}: what is taken away is gone with the next request`);

  await page.goto(`${group}?delete=1`);
  await see("delete");
  await page.locator("dialog form button").click();
  await page.waitForURL("**done=group-deleted**");
  await page.goto(`${SETTINGS}/audit-log`);
  assert.match(await page.textContent("main table"), /role\.assignment\.deleted/);
  assert.deepEqual(unexpected(problems), []);
  done(`${tag}: the group is deleted, and the audit log has all of it`);
  await member.context().close();
  await context.close();
}

await run(async (browser) => {
  await journey(browser, "en", true);
  await journey(browser, "pl", true);
  await journey(browser, "ja", true);
  await journey(browser, "en", false);
});
