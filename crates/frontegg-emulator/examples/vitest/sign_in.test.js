import { beforeEach, expect, inject, test } from 'vitest';

// The program under test is given the credentials beside it: FRONTEGG_CLIENT_ID and FRONTEGG_API_KEY.
const { url } = inject('emulator');
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

beforeEach(() => call('POST', '/_emulator/reset?seed=true'));

test('Ada signs in', async () => {
  const session = await signIn(password);
  const authorization = `Bearer ${session.body.accessToken}`;
  const me = await call('GET', '/identity/resources/users/v2/me', undefined, { authorization });
  expect(me.body).toMatchObject({ email: 'ada@acme.test', tenantId: 'acme' });
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
