/**
 * `npm run demo-log`: writes twin/demo/demo.log again, to the byte the same unless the generator
 * was changed.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEMO_DURATION_MICROS, demoLogText } from './demo-traffic.ts';

const text = demoLogText();
writeFileSync(fileURLToPath(new URL('./demo.log', import.meta.url)), text);
const frames = text.split('\n').length - 1;
console.log(`twin/demo/demo.log: ${frames} frames, ${DEMO_DURATION_MICROS / 1e6} s of bus time`);
