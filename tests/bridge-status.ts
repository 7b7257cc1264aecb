// SPDX-License-Identifier: MIT
/**
 * What the bridge says of a status page, by its module alone: for tests that have a page and no Linux process.
 *
 * Does not: give it a link.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PAGE } from '../formats/status-page.ts';

/** Where the bridge's module sees the cell's output section (docs/bridge.md). */
const STATUS_PAGE = 0xa0000000;

interface BridgeExports {
  readonly memory: WebAssembly.Memory;
  control_open(silenceMillis: number): void;
  control_tend(wallMicros: bigint): void;
  control_status(asJson: number): number;
  control_text(): number;
  control_text_length(): number;
}

/**
 * What the bridge whose module is `file` says of the cell's output section, as text or as JSON. The cell stands still,
 * or its heart beats, as `isAlive` says.
 */
export async function statusOf(
  file: string,
  section: Buffer,
  asJson: boolean,
  isAlive = false,
): Promise<string> {
  const page = Buffer.from(section);
  const module = await WebAssembly.compile(readFileSync(file));
  let seconds = 0n;
  // The bridge reads its own requests as well, behind the page; what it finds there does not matter.
  const at = (address: number): number => ((address >>> 0) - STATUS_PAGE) % page.length;
  const reads: Record<string, (address: number) => number | bigint> = {
    memory_read8: (address) => page.readUInt8(at(address)),
    memory_read16: (address) => page.readUInt16LE(at(address)),
    memory_read32: (address) => page.readUInt32LE(at(address)),
    memory_read64: (address) => page.readBigUInt64LE(at(address)),
    counter_read: () => (seconds += 1n),
    counter_hertz: () => 1,
  };
  const imports: Record<string, Record<string, (address: number) => number | bigint>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = reads[name] ?? (() => 1);
  }
  const instance = await WebAssembly.instantiate(module, imports);
  const bridge = instance.exports as unknown as BridgeExports;
  bridge.control_open(0);
  // Seconds by the counter above, longer than the bridge waits for a heartbeat.
  for (let look = 0; look < 5; look++) bridge.control_tend(0n);
  if (isAlive) {
    const beat = PAGE.PAGE_HEARTBEAT_OFFSET.at;
    page.writeUInt32LE(page.readUInt32LE(beat) + 1, beat);
    bridge.control_tend(0n);
  }
  assert.equal(bridge.control_status(asJson ? 1 : 0), 0, 'the page is read');
  const text = Buffer.from(
    bridge.memory.buffer,
    bridge.control_text(),
    bridge.control_text_length(),
  );
  return text.toString('latin1');
}
