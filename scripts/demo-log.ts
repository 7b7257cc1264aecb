/**
 * `npm run demo-log`: writes twin/demo/demo.log again, to the byte the same unless the generator
 * was changed.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { helpIfAsked } from './help.ts';
import { DEMO_DURATION_MICROS, demoLogText } from '../twin/demo/demo-traffic.ts';

helpIfAsked(
  'Usage: npm run demo-log',
  "Writes the demo's traffic, twin/demo/demo.log, again. No options.",
);
const [unknown] = process.argv.slice(2);
if (unknown !== undefined) {
  console.error(`demo-log: there are no options, got "${unknown}"; nothing was written`);
  process.exit(2);
}

const text = demoLogText();
writeFileSync(fileURLToPath(new URL('../twin/demo/demo.log', import.meta.url)), text);
const frames = text.split('\n').length - 1;
console.log(`twin/demo/demo.log: ${frames} frames, ${DEMO_DURATION_MICROS / 1e6} s of bus time`);
