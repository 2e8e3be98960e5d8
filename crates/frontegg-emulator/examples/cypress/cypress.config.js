import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { defineConfig } from 'cypress';

export default defineConfig({
  e2e: {
    specPattern: '*.cy.js',
    supportFile: false,
    async setupNodeEvents(on, config) {
      const program = process.env.FRONTEGG_EMULATOR ?? 'frontegg-emulator';
      const options = ['--listen', '0', '--print', 'json', '--seed', 'seed.yaml'];
      const cwd = config.projectRoot;
      const emulator = spawn(program, options, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(emulator, 'exit');
      const lines = createInterface({ input: emulator.stdout });
      const [line] = await Promise.race([once(lines, 'line'), ended.then(() => [undefined])]);
      if (line === undefined) throw new Error('the emulator did not start');
      // `cypress open` has no end of a run: the emulator goes with Cypress.
      process.on('exit', () => emulator.kill());
      on('after:run', async () => {
        emulator.kill();
        await ended;
      });
      const { url, clientId, apiKey } = JSON.parse(line);
      return { ...config, env: { ...config.env, emulator: { url, clientId, apiKey } } };
    },
  },
});
