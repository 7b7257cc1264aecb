// SPDX-License-Identifier: MIT
/**
 * `npm run demo-log`: writes lab/demo/demo.log again. Its bytes change only if the generator changes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run, shortCommandLine } from './command-line.ts';
import { DEMO_DURATION_MICROS, demoLogText } from '../lab/demo/demo-traffic.ts';

function writeDemoLog(): void {
  const text = demoLogText();
  writeFileSync(fileURLToPath(new URL('../lab/demo/demo.log', import.meta.url)), text);
  const frames = text.split('\n').length - 1;
  console.log(`lab/demo/demo.log: ${frames} frames, ${DEMO_DURATION_MICROS / 1e6} s of bus time`);
}

await run(
  shortCommandLine(
    'demo-log',
    'npm run demo-log',
    "Writes the demo's traffic, lab/demo/demo.log, again. No options.",
  ).action(writeDemoLog),
);
