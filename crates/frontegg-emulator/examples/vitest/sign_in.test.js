import { beforeEach, expect, inject, test } from 'vitest';

// The program under test is given the same: FRONTEGG_CLIENT_ID and FRONTEGG_API_KEY.
const { url, clientId, apiKey } = inject('emulator');
const password = 'Correct-horse-1815';

async function call(method, path, body, headers = {}) {
  const answer = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text && JSON.parse(text) };
}

const signIn = (password) => call('POST', '/identity/resources/auth/v1/user', { email: 'ada@acme.test', password });

let ada;

beforeEach(async () => {
  await call('POST', '/_emulator/reset');
  const environment = await call('POST', '/auth/vendor', { clientId, secret: apiKey });
  const authorization = `Bearer ${environment.body.token}`;
  await call('POST', '/tenants/resources/tenants/v1', { tenantId: 'acme', name: 'Acme' }, { authorization });
  const person = { email: 'ada@acme.test', password, skipInviteEmail: true };
  const headers = { authorization, 'frontegg-tenant-id': 'acme' };
  ada = (await call('POST', '/identity/resources/users/v2', person, headers)).body;
});

test('Ada signs in', async () => {
  const session = await signIn(password);
  const authorization = `Bearer ${session.body.accessToken}`;
  const me = await call('GET', '/identity/resources/users/v2/me', undefined, { authorization });
  expect(me.body).toMatchObject({ id: ada.id, tenantId: 'acme' });
});

test('a wrong password is refused', async () => {
  expect(await signIn('wrong')).toMatchObject({ status: 401 });
});

test('Ada is signed out when her session is over', async () => {
  const session = await signIn(password);
  await call('POST', '/_emulator/clock/advance', { seconds: 40 * 24 * 60 * 60 });
  const authorization = `Bearer ${session.body.accessToken}`;
  const me = await call('GET', '/identity/resources/users/v2/me', undefined, { authorization });
  expect(me.status).toBe(401);
});
