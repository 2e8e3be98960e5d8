import { defineConfig } from '@playwright/test';

const port = process.env.EMULATOR_PORT ?? '8100';
const url = `http://localhost:${port}`;
const program = process.env.FRONTEGG_EMULATOR ?? 'frontegg-emulator';

// The application is a second entry of `webServer`, with these as its variables.
process.env.FRONTEGG_API_GATEWAY_URL = url;
process.env.FRONTEGG_CLIENT_ID = 'client';
process.env.FRONTEGG_API_KEY = 'key';

export default defineConfig({
  use: { baseURL: url },
  workers: 1,
  webServer: [
    {
      command: `"${program}" --listen ${port} --client-id client --api-key key --seed seed.yaml`,
      url: `${url}/_emulator/ready`,
      gracefulShutdown: { signal: 'SIGTERM', timeout: 5000 },
    },
  ],
});
