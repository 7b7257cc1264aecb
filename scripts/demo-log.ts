/**
 * `npm run demo-log`: writes lab/demo/demo.log again. Its bytes change only if the generator changes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { helpIfAsked } from './help.ts';
import { DEMO_DURATION_MICROS, demoLogText } from '../lab/demo/demo-traffic.ts';

helpIfAsked(
  'Usage: npm run demo-log',
  "Writes the demo's traffic, lab/demo/demo.log, again. No options.",
);
const [unknown] = process.argv.slice(2);
if (unknown !== undefined) {
  console.error(`demo-log: there are no options, got "${unknown}"; nothing was written`);
  process.exit(2);
}

const text = demoLogText();
writeFileSync(fileURLToPath(new URL('../lab/demo/demo.log', import.meta.url)), text);
const frames = text.split('\n').length - 1;
console.log(`lab/demo/demo.log: ${frames} frames, ${DEMO_DURATION_MICROS / 1e6} s of bus time`);
