// What people do with an app that uses supabase-js: in a real browser, with mail that arrives by SMTP,
// another site's provider, passkeys, and two tabs. URL, KEY, GUEST_KEY, SITE_PORT, SMTP_PORT, OIDC_PORT
// and CHROMIUM are in the environment.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { Provider } from "oidc-provider";
import * as oidc from "openid-client";
import { chromium } from "playwright-core";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import WebSocket from "ws";

const { URL: url, KEY: key, GUEST_KEY: guest, CHROMIUM: executablePath } = process.env;
const [sitePort, smtpPort, oidcPort] = ["SITE_PORT", "SMTP_PORT", "OIDC_PORT"].map((name) => Number(process.env[name]));
const site = `http://localhost:${sitePort}`;
const password = "lovelace engine 9";
const umd = createRequire(import.meta.url).resolve("@supabase/supabase-js/dist/umd/supabase.js");

/** The app: one page that signs in by what is in its address. */
const page = `<!doctype html><title>App</title><script src="/supabase.js"></script><script>
  const flowType = localStorage.getItem("flow") ?? "pkce";
  window.app = supabase.createClient(${JSON.stringify(url)}, ${JSON.stringify(guest)}, { auth: { flowType } });
</script>`;

const letters = [];
const servers = [];
let browser;

const listening = (server, port) => new Promise((done) => server.listen(port, "127.0.0.1", done));

before(async () => {
  const app = createServer((request, answer) => {
    const script = request.url === "/supabase.js";
    answer.setHeader("content-type", script ? "text/javascript" : "text/html");
    answer.end(script ? readFileSync(umd) : page);
  });
  await listening(app, sitePort);
  const post = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, session, done) {
      const chunks = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", () =>
        PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          letters.push({ ...mail, to: session.envelope.rcptTo[0].address });
          done();
        }, done),
      );
    },
  });
  await listening(post, smtpPort);
  const issuer = `http://127.0.0.1:${oidcPort}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "board", client_secret: "secret", redirect_uris: [`${url}/auth/v1/callback`] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["one key"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@elsewhere.test`, email_verified: true, name: id }),
    }),
  });
  const elsewhere = createServer(provider.callback());
  await listening(elsewhere, oidcPort);
  servers.push(app, post, elsewhere);
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

after(async () => {
  await browser?.close();
  for (const server of servers) server.close();
  for (const server of servers) server.closeAllConnections?.();
});

/** A window of somebody of their own. */
async function visit(flow = "pkce", options = {}) {
  const context = await browser.newContext(options);
  await context.addInitScript((flow) => localStorage.setItem("flow", flow), flow);
  const tab = await context.newPage();
  await tab.goto(site);
  return { context, tab };
}

const session = (tab) => tab.evaluate(() => app.auth.getSession().then(({ data }) => data.session));

async function letter(to) {
  // A minute, which no mail takes.
  for (let tries = 0; tries < 1200; tries += 1) {
    const found = letters.findLast((mail) => mail.to === to);
    if (found) return { link: /href="([^"]+)"/.exec(found.html)[1].replaceAll("&amp;", "&"), ...found };
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no mail to ${to}`);
}

let count = 0;
const address = () => `somebody.${process.pid}.${(count += 1)}@example.com`;

/** Somebody with an account, signed in in a window. */
async function member(flow) {
  const email = address();
  const server = createClient(url, key, { auth: { persistSession: false }, realtime: { transport: WebSocket } });
  const { error } = await server.auth.admin.createUser({ email, password, email_confirm: true });
  assert.equal(error, null);
  const { context, tab } = await visit(flow);
  const told = await tab.evaluate((who) => app.auth.signInWithPassword(who), { email, password });
  assert.equal(told.error, null);
  return { email, context, tab };
}

for (const flow of ["pkce", "implicit"]) {
  test(`${flow}: a link in a mail signs somebody up, in the page that asked`, async () => {
    const email = address();
    const { context, tab } = await visit(flow);
    const told = await tab.evaluate((who) => app.auth.signUp(who), { email, password });
    assert.equal(told.error, null);
    assert.equal(await session(tab), null);
    const { link, subject, text } = await letter(email);
    assert.match(subject, /Confirm/);
    assert.match(text, /\b\d{6}\b/);
    await tab.goto(link);
    await tab.waitForURL(`${site}/**`);
    const { user } = await session(tab);
    assert.equal(user.email, email);
    assert.ok(!tab.url().includes("access_token"), "the page has taken it out of its address");
    // The link is spent, whoever has it.
    const other = await visit(flow);
    await other.tab.goto(link);
    await other.tab.waitForURL(`${site}/**`);
    assert.equal(await session(other.tab), null);
    await other.context.close();
    await context.close();
  });
}

test("another site's provider signs somebody in by code", async () => {
  const { context, tab } = await visit();
  await tab.evaluate(() => app.auth.signInWithOAuth({ provider: "elsewhere", options: { redirectTo: location.origin } }));
  await tab.waitForSelector("input[name=login]");
  await tab.fill("input[name=login]", "grace");
  await tab.fill("input[name=password]", "anything");
  await tab.click("button[type=submit]");
  await tab.waitForSelector("form[action$='/confirm'], form:has(input[value=consent])").catch(() => undefined);
  if (!tab.url().startsWith(site)) await tab.click("button[type=submit]");
  await tab.waitForURL(`${site}/**`);
  const { user } = await session(tab);
  assert.equal(user.email, "grace@elsewhere.test");
  assert.deepEqual(user.app_metadata.providers, ["elsewhere"]);
  await context.close();
});

test("two tabs that refresh at the same time go on with the same session", async () => {
  const { context, tab } = await member();
  const other = await context.newPage();
  await other.goto(site);
  const shown = (await session(tab)).refresh_token;
  // Past the lock that the tabs share, as two devices or a lost answer would.
  const swap = (page) =>
    page.evaluate(
      ([url, guest, token]) =>
        fetch(`${url}/auth/v1/token?grant_type=refresh_token`, {
          method: "POST",
          headers: { apikey: guest, "content-type": "application/json" },
          body: JSON.stringify({ refresh_token: token }),
        }).then((answer) => answer.json()),
      [url, guest, shown],
    );
  const [one, two] = await Promise.all([swap(tab), swap(other)]);
  assert.equal(one.refresh_token, two.refresh_token);
  const refreshed = await Promise.all([tab, other].map((page) => page.evaluate(() => app.auth.refreshSession())));
  // The client drops what it got when the other tab was faster; the session is there in any case.
  const dropped = ({ error }) => error?.name === "AuthRefreshDiscardedError";
  assert.ok(refreshed.every((told) => told.error === null || dropped(told)), JSON.stringify(refreshed));
  for (const page of [tab, other]) {
    const told = await page.evaluate(() => app.auth.getUser());
    assert.equal(told.error, null);
  }
  await context.close();
});

/** A key inside of the browser that checks who is there. */
async function authenticator(context, tab, transport) {
  const talk = await context.newCDPSession(tab);
  await talk.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport,
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  await talk.send("WebAuthn.addVirtualAuthenticator", { options });
}

test("somebody makes a passkey and signs in by it alone", async () => {
  const { email, context, tab } = await member();
  await authenticator(context, tab, "internal");
  const made = await tab.evaluate(() => app.auth.registerPasskey());
  assert.equal(made.error, null, JSON.stringify(made));
  await tab.evaluate(() => app.auth.signOut());
  assert.equal(await session(tab), null);
  const told = await tab.evaluate(() => app.auth.signInWithPasskey());
  assert.equal(told.error, null, JSON.stringify(told));
  assert.equal((await session(tab)).user.email, email);
  const list = await tab.evaluate(() => app.auth.passkey.list());
  assert.equal(list.data.length, 1);
  await context.close();
});

test("a key is a second factor", async () => {
  const { context, tab } = await member();
  await authenticator(context, tab, "usb");
  const made = await tab.evaluate(() => app.auth.mfa.webauthn.register({ friendlyName: "stick" }));
  assert.equal(made.error, null, JSON.stringify(made));
  const level = () => tab.evaluate(() => app.auth.mfa.getAuthenticatorAssuranceLevel());
  assert.equal((await level()).data.currentLevel, "aal2");
  const { email } = (await session(tab)).user;
  await tab.evaluate(() => app.auth.signOut());
  await tab.evaluate((who) => app.auth.signInWithPassword(who), { email, password });
  assert.equal((await level()).data.currentLevel, "aal1");
  const told = await tab.evaluate(async () => {
    const { data } = await app.auth.mfa.listFactors();
    return app.auth.mfa.webauthn.authenticate({ factorId: data.webauthn[0].id });
  });
  assert.equal(told.error, null, JSON.stringify(told));
  assert.equal((await level()).data.currentLevel, "aal2");
  await context.close();
});

test("somebody agrees to an app on the board's own page, without a script", async () => {
  const { email, context: done } = await member();
  await done.close();
  const issuer = new globalThis.URL(`${url}/auth/v1`);
  const execute = [oidc.allowInsecureRequests];
  const back = "http://127.0.0.1/back";
  const asked = { client_name: "<b>Notes</b>", redirect_uris: [back], token_endpoint_auth_method: "none" };
  const config = await oidc.dynamicClientRegistration(issuer, asked, oidc.None(), { execute });
  const arrived = [];
  const app = createServer((request, answer) => {
    arrived.push(request.url);
    answer.end("thank you");
  });
  await listening(app, 0);
  const here = `http://127.0.0.1:${app.address().port}/back`;
  const verifier = oidc.randomPKCECodeVerifier();
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: here,
    scope: "openid email",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: "s",
  });
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  const broken = [];
  tab.on("console", (line) => line.type() === "error" && broken.push(line.text()));
  await tab.goto(address.href);
  await tab.fill("#email", email);
  await tab.fill("#password", "wrong password 1");
  await tab.click("button[value=sign_in]");
  await tab.waitForSelector("[role=alert]");
  await tab.fill("#email", email);
  await tab.fill("#password", password);
  await tab.click("button[value=sign_in]");
  await tab.waitForSelector("button[value=approve]");
  assert.match(await tab.textContent("h1"), /Let <b>Notes<\/b> sign in/);
  const cookies = await context.cookies();
  assert.ok(cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === "Lax"), JSON.stringify(cookies));
  await tab.click("button[value=approve]");
  await tab.waitForURL(`${here}?**`);
  const tokens = await oidc.authorizationCodeGrant(config, new globalThis.URL(tab.url()), {
    pkceCodeVerifier: verifier,
    expectedState: "s",
  });
  assert.equal(tokens.claims().email, email);
  assert.equal(arrived.filter((at) => at.startsWith("/back")).length, 1);
  assert.deepEqual(broken.filter((line) => line.includes("Content Security Policy")), []);
  app.close();
  app.closeAllConnections();
  await context.close();
});
