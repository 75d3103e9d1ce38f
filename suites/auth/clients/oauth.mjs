// Apps that sign people in with the board: openid-client, the client of MCP, supabase-js.
// URL is the address of the project, GUEST_KEY a key of it, EMAIL and PASSWORD somebody's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { createClient } from "@supabase/supabase-js";
import * as oidc from "openid-client";
import WebSocket from "ws";
import { agree } from "./consent.mjs";

const { URL: url, GUEST_KEY: guest, KEY: key, EMAIL: email, PASSWORD: password } = process.env;
const person = { email, password };
const issuer = new globalThis.URL(`${url}/auth/v1`);

test("openid-client finds the board, registers, signs in, refreshes and leaves", async () => {
  const back = "https://app.test/back";
  const config = await oidc.dynamicClientRegistration(
    issuer,
    { client_name: "Notes", redirect_uris: [back], token_endpoint_auth_method: "client_secret_basic" },
    undefined,
    { algorithm: "oauth2", execute: [oidc.allowInsecureRequests] },
  );
  assert.equal(config.serverMetadata().issuer, issuer.href);
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: back,
    scope: "openid email profile",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const arrived = await agree(address, person);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, arrived, checks);
  const claims = tokens.claims();
  assert.equal(claims.email, email);
  assert.equal(claims.iss, issuer.href);
  const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(info.email, email);
  await assert.rejects(oidc.authorizationCodeGrant(config, arrived, checks), { error: "invalid_grant" });
  // A code that came twice has ended what came of it: sign in once more.
  const again = await agree(address, person);
  const next = await oidc.authorizationCodeGrant(config, again, checks);
  const fresh = await oidc.refreshTokenGrant(config, next.refresh_token);
  assert.notEqual(fresh.refresh_token, next.refresh_token);
  const rows = (token) => fetch(`${url}/rest/v1/`, { headers: { apikey: guest, authorization: `Bearer ${token}` } });
  assert.equal((await rows(fresh.access_token)).status, 200);
  await oidc.tokenRevocation(config, fresh.refresh_token);
  assert.equal((await rows(fresh.access_token)).status, 403);
  await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), { error: "invalid_grant" });
});

test("openid-client is told when somebody refuses", async () => {
  const config = await oidc.discovery(issuer, "x", undefined, undefined, { execute: [oidc.allowInsecureRequests] });
  assert.deepEqual(config.serverMetadata().code_challenge_methods_supported, ["S256"]);
  const registered = await fetch(config.serverMetadata().registration_endpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ redirect_uris: ["http://127.0.0.1/back"], token_endpoint_auth_method: "none" }),
  });
  assert.equal(registered.status, 201);
  const { client_id: id } = await registered.json();
  const app = new oidc.Configuration(config.serverMetadata(), id, undefined, oidc.None());
  oidc.allowInsecureRequests(app);
  const verifier = oidc.randomPKCECodeVerifier();
  const address = oidc.buildAuthorizationUrl(app, {
    // The port of an app on this machine is chosen when it listens.
    redirect_uri: "http://127.0.0.1:50123/back",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: "s",
  });
  const arrived = await agree(address, { ...person, action: "deny" });
  assert.equal(arrived.host, "127.0.0.1:50123");
  const checks = { pkceCodeVerifier: verifier, expectedState: "s" };
  await assert.rejects(oidc.authorizationCodeGrant(app, arrived, checks), { error: "access_denied" });
});

test("a client of MCP finds the server of a door, registers itself and comes in", async () => {
  const kept = {};
  const provider = {
    redirectUrl: "http://localhost:33418/callback",
    clientMetadata: {
      client_name: "Agent",
      redirect_uris: ["http://localhost:33418/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    state: () => "state-of-mcp",
    clientInformation: () => kept.client,
    saveClientInformation: (client) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => void (kept.tokens = tokens),
    redirectToAuthorization: (to) => void (kept.to = to),
    saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier,
  };
  const serverUrl = `${url}/mcp`;
  assert.equal(await auth(provider, { serverUrl }), "REDIRECT");
  assert.equal(kept.to.searchParams.get("resource"), serverUrl);
  const arrived = await agree(kept.to, person);
  assert.equal(arrived.searchParams.get("state"), "state-of-mcp");
  const authorizationCode = arrived.searchParams.get("code");
  assert.equal(await auth(provider, { serverUrl, authorizationCode }), "AUTHORIZED");
  const claims = JSON.parse(Buffer.from(kept.tokens.access_token.split(".")[1], "base64url"));
  assert.deepEqual(claims.aud, ["authenticated", serverUrl]);
  const before = kept.tokens.refresh_token;
  assert.equal(await auth(provider, { serverUrl }), "AUTHORIZED", "refreshed");
  assert.notEqual(kept.tokens.refresh_token, before);
});

function client(apikey) {
  const auth = { autoRefreshToken: false, persistSession: false };
  return createClient(url, apikey, { auth, realtime: { transport: WebSocket } });
}

async function good(answer) {
  const { data, error } = await answer;
  assert.equal(error, null, JSON.stringify(error));
  return data;
}

test("supabase-js looks after apps, asks for consent and takes it back", async () => {
  const server = client(key);
  const app = { client_name: "Shop", redirect_uris: ["https://shop.test/back"], token_endpoint_auth_method: "none" };
  const made = await good(server.auth.admin.oauth.createClient(app));
  assert.equal(made.registration_type, "manual");
  assert.equal(made.client_type, "public");
  const listed = await good(server.auth.admin.oauth.listClients());
  assert.ok(listed.clients.some((one) => one.client_id === made.client_id));
  const changed = await good(server.auth.admin.oauth.updateClient(made.client_id, { client_name: "Shop 2" }));
  assert.equal(changed.client_name, "Shop 2");

  const verifier = oidc.randomPKCECodeVerifier();
  const wish = new URLSearchParams({
    response_type: "code",
    client_id: made.client_id,
    redirect_uri: app.redirect_uris[0],
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    scope: "openid email",
  });
  const away = await fetch(`${url}/auth/v1/oauth/authorize?${wish}`, { redirect: "manual" });
  const id = new globalThis.URL(away.headers.get("location"), url).searchParams.get("authorization_id");
  const me = client(guest);
  await good(me.auth.signInWithPassword({ email, password }));
  const details = await good(me.auth.oauth.getAuthorizationDetails(id));
  assert.equal(details.client.name, "Shop 2");
  assert.equal(details.user.email, email);
  assert.equal(details.redirect_uri, app.redirect_uris[0]);
  const { redirect_url: to } = await good(me.auth.oauth.approveAuthorization(id));
  assert.ok(new globalThis.URL(to).searchParams.get("code"));
  const grants = await good(me.auth.oauth.listGrants());
  assert.ok(grants.some((grant) => grant.client.id === made.client_id), JSON.stringify(grants));
  await good(me.auth.oauth.revokeGrant({ clientId: made.client_id }));
  await good(server.auth.admin.oauth.deleteClient(made.client_id));
  const gone = await server.auth.admin.oauth.getClient(made.client_id);
  assert.equal(gone.error.status, 404);
});
