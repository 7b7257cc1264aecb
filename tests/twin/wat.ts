// SPDX-License-Identifier: MIT
/**
 * Small hand-written wasm modules, for tests of what runs modules.
 */
import wabt from 'wabt';

const toolkit = await wabt();

/** Assembles WebAssembly text. */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const module = toolkit.parseWat('test.wat', text);
  try {
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}
