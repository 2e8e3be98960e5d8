import { expect, test } from '@playwright/test';

const password = 'Correct-horse-1815';

test.beforeEach(async ({ request }) => {
  expect(await request.post('/_emulator/reset?seed=true')).toBeOK();
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
