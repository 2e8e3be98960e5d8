// Starts an OpenID provider, tells an emulator of it, and signs people in by it as a browser would.
//
// node openid-provider.mjs URL-OF-THE-EMULATOR

import assert from 'node:assert/strict';
import http from 'node:http';
import { Provider } from 'oidc-provider';

const emulator = process.argv[2];
const PAGE = 'https://app.test/account/social/success';

const people = {
  ada: { email: 'ada@acme.test', email_verified: true, name: 'Ada Lovelace', picture: 'https://acme.test/ada.png' },
  mallory: { email: 'ada@acme.test', email_verified: false, name: 'Mallory' },
};

/** The provider, which signs in whoever a request hints at. */
async function startProvider() {
  const server = http.createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'emulator', client_secret: 'a secret: of/the client', redirect_uris: [PAGE] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...people[accountId] }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  server.on('request', async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return callback(request, response);
    const { params } = await provider.interactionDetails(request, response);
    await provider.interactionFinished(request, response, { login: { accountId: params.login_hint } });
  });
  return { issuer, server };
}

/** A browser: keeps cookies of both servers and follows no redirect by itself. */
class Browser {
  cookies = new Map();

  async ask(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', ...options, headers: { ...options.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      this.cookies.set(name, value);
    }
    return answer;
  }

  /** Goes to the provider and comes back with the answer of the emulator. */
  async signIn(provider, person) {
    const begin = `${emulator}/identity/resources/auth/v1/user/sso/${provider}/prelogin?login_hint=${person}`;
    let next = begin;
    while (!next.startsWith(PAGE)) {
      const answer = await this.ask(next);
      assert.ok([302, 303].includes(answer.status), `${next}: ${answer.status} ${await answer.text()}`);
      next = new URL(answer.headers.get('location'), next).href;
    }
    this.returned = new URL(next).searchParams;
    assert.ok(this.returned.get('code'), next);
    return this.complete(provider);
  }

  async complete(provider) {
    const query = new URLSearchParams({ code: this.returned.get('code'), state: this.returned.get('state'), redirectUri: PAGE });
    const url = `${emulator}/identity/resources/auth/v1/user/sso/${provider}/postlogin?${query}`;
    const answer = await this.ask(url, { method: 'POST' });
    return { status: answer.status, body: await answer.json() };
  }
}

function claims({ status, body }) {
  assert.equal(status, 200, JSON.stringify(body));
  return JSON.parse(Buffer.from(body.accessToken.split('.')[1], 'base64url'));
}

/** Calls as the back end of the environment. */
async function backEnd(method, path, body) {
  const json = { 'content-type': 'application/json' };
  const credentials = JSON.stringify({ clientId: 'client', secret: 'key' });
  const login = await fetch(`${emulator}/auth/vendor`, { method: 'POST', headers: json, body: credentials });
  const { token } = await login.json();
  const headers = { ...json, authorization: `Bearer ${token}` };
  const answer = await fetch(`${emulator}${path}`, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
}

const { issuer, server } = await startProvider();
await backEnd('POST', '/identity/resources/configurations/v1', { allowSignups: true });
await backEnd('POST', '/identity/resources/sso/custom/v1', {
  type: 'custom', clientId: 'emulator', secret: 'a secret: of/the client', displayName: 'oidc-provider', active: true,
  redirectUrl: PAGE, authorizationUrl: `${issuer}/auth`, tokenUrl: `${issuer}/token`, userInfoUrl: `${issuer}/me`,
  scopes: 'openid email profile',
});
const list = await (await fetch(`${emulator}/identity/resources/sso/custom/v1`)).json();
const { id } = list.providers[0];

const browser = new Browser();
const first = claims(await browser.signIn(id, 'ada'));
assert.deepEqual([first.email, first.email_verified, first.name, first.amr], ['ada@acme.test', true, 'Ada Lovelace', ['sso']]);
assert.equal((await browser.complete(id)).status, 401, 'a state is good once');
const again = claims(await new Browser().signIn(id, 'ada'));
assert.equal(again.sub, first.sub, 'the same person');
assert.equal((await new Browser().signIn(id, 'mallory')).status, 401, 'an address that is not proven is nobody');
console.log('social sign-in by oidc-provider: new person, known person, spent state, unproven address');
server.close();
server.closeAllConnections();
