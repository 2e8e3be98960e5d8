// One emulator for a run of tests. Files of tests share it and run one after another; for files that run side by side,
// start one in each.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export default async function setup({ provide }) {
  const program = process.env.FRONTEGG_EMULATOR ?? 'frontegg-emulator';
  // Port 0 is a free one; the line comes once it listens.
  const options = ['--listen', '0', '--print', 'json', '--seed', 'seed.yaml'];
  const emulator = spawn(program, options, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(emulator, 'exit');
  const lines = createInterface({ input: emulator.stdout });
  const [line] = await Promise.race([once(lines, 'line'), ended.then(() => [undefined])]);
  if (line === undefined) throw new Error('the emulator did not start');
  const { url, clientId, apiKey } = JSON.parse(line);
  provide('emulator', { url, clientId, apiKey });
  return async () => {
    emulator.kill();
    await ended;
  };
}
