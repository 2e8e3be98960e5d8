import { expect, test } from '@playwright/test';

const password = 'Correct-horse-1815';

test.beforeEach(async ({ request }) => {
  await request.post('/_emulator/reset');
  const { FRONTEGG_CLIENT_ID: clientId, FRONTEGG_API_KEY: secret } = process.env;
  const environment = await (await request.post('/auth/vendor', { data: { clientId, secret } })).json();
  const headers = { authorization: `Bearer ${environment.token}`, 'frontegg-tenant-id': 'acme' };
  await request.post('/tenants/resources/tenants/v1', { headers, data: { tenantId: 'acme', name: 'Acme' } });
  const person = { email: 'ada@acme.test', password, skipInviteEmail: true };
  const created = await request.post('/identity/resources/users/v2', { headers, data: person });
  expect(created).toBeOK();
});

// With a browser a test opens the application's page; `request` signs in as the page does, cookies included.
test('Ada signs in, and stays signed in', async ({ request }) => {
  const data = { email: 'ada@acme.test', password };
  const signedIn = await request.post('/identity/resources/auth/v1/user', { data });
  expect(signedIn).toBeOK();
  const refreshed = await request.post('/identity/resources/auth/v1/user/token/refresh', { data: {} });
  expect(refreshed).toBeOK();
  expect((await refreshed.json()).accessToken).toBeTruthy();
});

test('a mail with a link is in the outbox', async ({ request }) => {
  const data = { email: 'ada@acme.test' };
  await request.post('/identity/resources/users/v1/passwords/reset', { data });
  const mail = await request.get('/_emulator/outbox/wait?to=ada@acme.test&seconds=5&secrets=true');
  const { template, link } = await mail.json();
  expect(template).toBe('ResetPassword');
  expect(new URL(link).searchParams.get('token')).toBeTruthy();
});
