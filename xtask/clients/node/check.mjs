// What npm's `@frontegg/client` and `@frontegg/rest-api` do, against an emulator: the first as a back end does, the
// second as a page does. Both as they were published; only the base URL is another one.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';

const require = createRequire(import.meta.url);
const base = process.env.FRONTEGG_API_GATEWAY_URL;
const [clientId, apiKey] = [process.env.FRONTEGG_CLIENT_ID, process.env.FRONTEGG_API_KEY];
const password = 'Correct-horse-1815';
const email = `ada-${randomUUID()}@acme.test`;
const tenantId = randomUUID();

const { FronteggContext, HttpClient, IdentityClient, FronteggAuthenticator, withAuthentication } =
  require('@frontegg/client');

async function check(what, run) {
  await run();
  console.log(`ok  ${what}`);
}

async function call(token, method, path, body, headers = {}) {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
}

async function back_end() {
  FronteggContext.init({ FRONTEGG_CLIENT_ID: clientId, FRONTEGG_API_KEY: apiKey });
  const authenticator = new FronteggAuthenticator();
  await check('the environment authenticates', () => authenticator.init(clientId, apiKey));
  const environment = authenticator.accessToken;
  await call(environment, 'POST', '/tenants/resources/tenants/v1', { tenantId, name: 'acme' });
  const scope = { 'frontegg-tenant-id': tenantId };

  const http = new HttpClient(authenticator, { baseURL: base });
  let user;
  await check('a user is created through its HTTP client', async () => {
    const body = { email, password, name: 'Ada', skipInviteEmail: true };
    user = (await http.post('/identity/resources/users/v2', body, scope)).data;
    assert.equal(user.email, email);
    assert.ok(user.roles.every((role) => typeof role.key === 'string'));
  });

  const login = await fetch(`${base}/identity/resources/auth/v1/user`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { accessToken } = await login.json();
  const identity = IdentityClient.getInstance();
  await check('a user token is verified', async () => {
    const claims = await identity.validateToken(`Bearer ${accessToken}`, undefined, 'JWT');
    assert.deepEqual([claims.sub, claims.type, claims.tenantId], [user.id, 'userToken', tenantId]);
  });
  await check('roles and permissions are asked for', async () => {
    const role = user.roles[0].key;
    await identity.validateToken(accessToken, { roles: [role] }, 'JWT');
    await assert.rejects(identity.validateToken(accessToken, { roles: ['nobody'] }, 'JWT'), { statusCode: 403 });
    await assert.rejects(identity.validateToken(accessToken, { permissions: ['no.such'] }, 'JWT'), { statusCode: 403 });
  });
  await check('a forged token is refused', () =>
    assert.rejects(identity.validateToken(`${accessToken.slice(0, -4)}AAAA`, undefined, 'JWT'), { statusCode: 401 }));

  const role = user.roles[0];
  for (const kind of ['tenants', 'users']) {
    const headers = kind === 'users' ? { ...scope, 'frontegg-user-id': user.id } : scope;
    const body = { description: 'for a program', roleIds: [role.id] };
    const path = `/identity/resources/${kind}/access-tokens/v1`;
    const { secret, id } = await call(environment, 'POST', path, body, headers);
    await check(`an access token (${kind}) is verified, with roles and without`, async () => {
      const claims = await identity.validateToken(secret, undefined, 'AccessToken');
      assert.equal(claims.sub, id);
      await identity.validateToken(secret, kind === 'tenants' ? { roles: [role.key] } : undefined, 'AccessToken');
      await assert.rejects(identity.validateToken(secret, { roles: ['nobody'] }, 'AccessToken'), { statusCode: 403 });
      await assert.rejects(identity.validateToken(secret, undefined, 'JWT'), { statusCode: 400 });
    });
  }

  await check('the middleware lets in and keeps out', async () => {
    const ask = async (headers) => {
      const request = { header: (name) => headers[name] };
      const answer = {
        status(code) { this.code = code; return this; },
        send() { return this; },
      };
      await withAuthentication()(request, answer, () => {});
      return request.frontegg?.user.id ?? answer.code;
    };
    assert.equal(await ask({ authorization: `Bearer ${accessToken}` }), user.id);
    assert.equal(await ask({ authorization: 'Bearer nonsense' }), 401);
    assert.equal(await ask({}), 401);
  });
}

// A page has a jar of cookies, which Node's fetch has not.
function withCookies(plain) {
  const jar = new Map();
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await plain(url, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0\b/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
}

async function page() {
  globalThis.window = { location: new URL(base), localStorage: new Map(), sessionStorage: new Map() };
  globalThis.fetch = withCookies(fetch);
  const { ContextHolder, api } = require('@frontegg/rest-api/node');
  ContextHolder.default().setContext({ baseUrl: base, tokenResolver: undefined, additionalHeadersResolver: undefined });
  const { auth } = api;
  await check('a login page learns what to show', async () => {
    const strategies = await auth.getVendorPublicAuthStrategiesConfig();
    assert.ok(Array.isArray(strategies.secondaryAuthStrategies));
    assert.ok((await auth.getSignUpStrategies()).some((one) => one.strategy === 'email' && one.isActive));
    assert.ok((await auth.getPasswordRecoveryStrategies()).some((one) => one.strategy === 'email'));
    assert.equal((await auth.securityPolicy.getCaptchaPolicy()).enabled, false);
  });
  await check('somebody signs in, and the page goes on with the session', async () => {
    const { user } = await auth.loginv2({ email, password });
    assert.equal(user.email, email);
    ContextHolder.default().setAccessToken(user.accessToken);
    ContextHolder.default().setUser(user);
    assert.equal((await auth.getCurrentUserSession()).current, true);
    assert.deepEqual(await auth.getWebAuthnDevices(), { devices: [] });
    assert.deepEqual((await auth.getMFADevices()).authenticators, []);
    assert.equal((await auth.getMeV2()).email, email);
    const refreshed = await auth.refreshTokenV3();
    assert.equal((refreshed.user ?? refreshed).email, email);
  });
  await check('a portal reads people and tenants of its branch', async () => {
    const users = await api.subTenants.loadAllUsers({ _offset: 0, _limit: 10, _filter: '', _sortBy: 'email', _order: 'ASC' });
    assert.equal(users.items[0].email, email);
    assert.deepEqual((await api.tenants.searchSubTenants({})).items, []);
    const [count] = await api.tenants.getTenantsUsersCount({ tenantIds: [tenantId] });
    assert.equal(count.totalUsers, 1);
  });
  await check('and signs out', async () => {
    await auth.logout();
    await assert.rejects(auth.refreshTokenV3());
  });
}

await back_end();
await page();

// Its timers would keep Node waiting.
process.exit();
