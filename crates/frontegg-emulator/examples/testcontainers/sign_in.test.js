import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GenericContainer, Wait } from 'testcontainers';

const adminToken = 'hush';
const password = 'Correct-horse-1815';

let container;
let url;

before(async () => {
  container = await new GenericContainer(process.env.FRONTEGG_EMULATOR_IMAGE ?? 'frontegg-emulator')
    .withEnvironment({
      // Whoever reaches the container reaches the control plane, too.
      FRONTEGG_EMULATOR_ADMIN_TOKEN: adminToken,
      FRONTEGG_EMULATOR_CLIENT_ID: 'client',
      FRONTEGG_EMULATOR_API_KEY: 'key',
      FRONTEGG_EMULATOR_PASSWORD_HASHING: 'cheap',
      FRONTEGG_EMULATOR_SEED: '/seed.yaml',
    })
    .withCopyFilesToContainer([{ source: 'seed.yaml', target: '/seed.yaml' }])
    .withExposedPorts(8100)
    .withWaitStrategy(Wait.forHttp('/_emulator/ready', 8100))
    .start();
  url = `http://${container.getHost()}:${container.getMappedPort(8100)}`;
});

after(() => container?.stop());

async function post(path, body, headers = {}) {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

test('Ada signs in', async () => {
  await post('/_emulator/reset?seed=true', undefined, { authorization: `Bearer ${adminToken}` });
  const session = await post('/identity/resources/auth/v1/user', { email: 'ada@acme.test', password });
  assert.ok(session.accessToken);
});
