// SPDX-License-Identifier: MIT
/** Stands in the page for the engine of the ARM64 image, which needs a library of the system. */

export class ImageEngine {
  constructor() {
    throw new Error('the page has the wasm engine only');
  }
}
