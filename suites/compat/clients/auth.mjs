// What an app does with supabase-js to let people in, and what its server does to look after them.
// URL, KEY, GUEST_KEY and PROJECT are in the environment, MOBO and MAGFLOCK_DATA lead to the mailbox.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

const { URL: url, KEY: key, GUEST_KEY: guest, PROJECT: project, MOBO: mobo } = process.env;
const password = "lovelace engine 9";

function client(apikey = guest, auth = {}) {
  const memory = new Map();
  const storage = {
    getItem: (name) => memory.get(name) ?? null,
    setItem: (name, value) => void memory.set(name, value),
    removeItem: (name) => void memory.delete(name),
  };
  const kept = { autoRefreshToken: false, detectSessionInUrl: false, storage, ...auth };
  return createClient(url, apikey, { auth: kept, realtime: { transport: WebSocket } });
}

async function good(answer) {
  const { data, error } = await answer;
  assert.equal(error, null, JSON.stringify(error));
  return data;
}

/** The newest letter to somebody: the code in it and the address of its link. */
function letter(to) {
  const ask = (...words) =>
    JSON.parse(execFileSync(mobo, [...words, "--project", project, "--json"], { encoding: "utf8" }));
  const [newest] = ask("mail:list", "--to", to).mails;
  const { text } = ask("mail:show", newest.id);
  const link = new globalThis.URL(/http\S+/.exec(text)[0]);
  const here = new globalThis.URL(url);
  link.host = here.host;
  return { code: /\b\d{6}\b/.exec(text)[0], link };
}

let count = 0;
const address = () => `somebody.${process.pid}.${(count += 1)}@example.com`;

/** Somebody with an account, made by the server. */
async function member() {
  const email = address();
  const server = client(key);
  const { user } = await good(server.auth.admin.createUser({ email, password, email_confirm: true }));
  return { email, id: user.id };
}

test("somebody signs up, confirms the address, and is known", async () => {
  const app = client();
  const email = address();
  const { user, session } = await good(app.auth.signUp({ email, password, options: { data: { name: "Ada" } } }));
  assert.equal(user.email, email);
  assert.equal(session, null);
  const early = await app.auth.signInWithPassword({ email, password });
  assert.equal(early.error.code, "email_not_confirmed");
  const verified = await good(app.auth.verifyOtp({ type: "signup", email, token: letter(email).code }));
  assert.equal(verified.user.user_metadata.name, "Ada");
  const known = await good(app.auth.getUser());
  assert.equal(known.user.id, user.id);
  const told = await good(app.auth.getClaims());
  assert.equal(told.claims.sub, user.id);
  assert.equal(told.claims.role, "authenticated");
});

test("a refusal has its code, and a weak password its reasons", async () => {
  const app = client();
  const wrong = await app.auth.signInWithPassword({ email: address(), password });
  assert.equal(wrong.error.code, "invalid_credentials");
  assert.equal(wrong.error.status, 400);
  const weak = await app.auth.signUp({ email: address(), password: "password" });
  assert.equal(weak.error.name, "AuthWeakPasswordError");
  assert.deepEqual(weak.error.reasons, ["pwned"]);
});

test("a session goes on, also when two tabs ask at the same time", async () => {
  const { email } = await member();
  const app = client();
  const { session } = await good(app.auth.signInWithPassword({ email, password }));
  const tabs = [client(), client()];
  const fresh = await Promise.all(
    tabs.map((tab) => good(tab.auth.refreshSession({ refresh_token: session.refresh_token }))),
  );
  assert.equal(fresh[0].session.refresh_token, fresh[1].session.refresh_token);
  assert.notEqual(fresh[0].session.refresh_token, session.refresh_token);
});

test("a link in a mail ends by a code that only the one who asked can use", async () => {
  const { email } = await member();
  const app = client(guest, { flowType: "pkce" });
  await good(app.auth.signInWithOtp({ email }));
  const away = await fetch(letter(email).link, { redirect: "manual" });
  assert.equal(away.status, 303);
  const code = new globalThis.URL(away.headers.get("location")).searchParams.get("code");
  const other = await client(guest, { flowType: "pkce" }).auth.exchangeCodeForSession(code);
  assert.notEqual(other.error, null);
  const { session } = await good(app.auth.exchangeCodeForSession(code));
  assert.equal(session.user.email, email);
});

test("a forgotten password is chosen anew", async () => {
  const { email } = await member();
  const app = client();
  await good(app.auth.resetPasswordForEmail(email));
  await good(app.auth.verifyOtp({ type: "recovery", email, token: letter(email).code }));
  const same = await app.auth.updateUser({ password });
  assert.equal(same.error.code, "same_password");
  await good(app.auth.updateUser({ password: "brand new words 5", data: { team: "blue" } }));
  const { user } = await good(client().auth.signInWithPassword({ email, password: "brand new words 5" }));
  assert.equal(user.user_metadata.team, "blue");
});

/** What an authenticator app shows. */
function totp(secret) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const tag = createHmac("sha1", bytes).update(step).digest();
  const number = tag.readUInt32BE(tag[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

test("a second factor raises the session", async () => {
  const { email } = await member();
  const app = client();
  await good(app.auth.signInWithPassword({ email, password }));
  const factor = await good(app.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" }));
  assert.match(factor.totp.qr_code, /^data:image\/svg\+xml/);
  const wrong = await app.auth.mfa.challengeAndVerify({ factorId: factor.id, code: "12345x" });
  assert.equal(wrong.error.code, "mfa_verification_failed");
  await good(app.auth.mfa.challengeAndVerify({ factorId: factor.id, code: totp(factor.totp.secret) }));
  const level = await good(app.auth.mfa.getAuthenticatorAssuranceLevel());
  assert.equal(level.currentLevel, "aal2");
  const { totp: verified } = await good(app.auth.mfa.listFactors());
  assert.equal(verified.length, 1);
  await good(app.auth.mfa.unenroll({ factorId: factor.id }));
});

test("whoever leaves is out at every door", async () => {
  const { email } = await member();
  const app = client();
  const { session } = await good(app.auth.signInWithPassword({ email, password }));
  const asThem = () =>
    fetch(`${url}/rest/v1/`, { headers: { apikey: guest, Authorization: `Bearer ${session.access_token}` } });
  assert.equal((await asThem()).status, 200);
  assert.equal((await app.auth.signOut()).error, null);
  assert.equal((await asThem()).status, 403);
  const gone = await client().auth.getUser(session.access_token);
  // What the client makes of `session_not_found`.
  assert.equal(gone.error.name, "AuthSessionMissingError");
});

test("the server looks after people, and an app does not", async () => {
  const server = client(key);
  const email = address();
  const { user } = await good(
    server.auth.admin.createUser({ email, password, email_confirm: true, app_metadata: { plan: "pro" } }),
  );
  assert.equal(user.app_metadata.plan, "pro");
  const page = await good(server.auth.admin.listUsers({ page: 1, perPage: 1 }));
  assert.equal(page.users.length, 1);
  assert.ok(page.total >= 1 && page.nextPage === 2, JSON.stringify(page));
  const again = await server.auth.admin.createUser({ email, password });
  assert.equal(again.error.code, "email_exists");
  await good(server.auth.admin.updateUserById(user.id, { ban_duration: "24h" }));
  const banned = await client().auth.signInWithPassword({ email, password });
  assert.equal(banned.error.code, "user_banned");
  const link = await good(server.auth.admin.generateLink({ type: "magiclink", email: address() }));
  assert.equal(link.properties.verification_type, "signup");
  const invited = await good(server.auth.admin.inviteUserByEmail(address()));
  assert.ok(invited.user.invited_at);
  await good(server.auth.admin.deleteUser(user.id));
  const missing = await server.auth.admin.getUserById(user.id);
  assert.equal(missing.error.code, "user_not_found");
  const app = await client().auth.admin.listUsers();
  assert.equal(app.error.code, "not_admin");
});
