// SPDX-License-Identifier: MIT
/**
 * Bounds of loops in files that have no line left for a comment, by the first line of the loop.
 */

export const LOOPS_OF_FULL_FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'src/driver/mcp2515/transmit-buffers.ts': {
    'for (let bits = this.pending | this.unresolved; bits !== 0; bits &= bits - 1) {':
      'at most TRANSMIT_BUFFERS',
    'for (let bits = sent; bits !== 0; bits &= bits - 1) {': 'at most TRANSMIT_BUFFERS',
    'for (let bits = this.abortWanted; bits !== 0; bits &= bits - 1) {': 'at most TRANSMIT_BUFFERS',
    'for (let bits = this.aborted & ~this.abortOver; bits !== 0; bits &= bits - 1) {':
      'at most TRANSMIT_BUFFERS',
  },
  'src/responder/table-check.ts': {
    'for (let earlier: u32 = 0; earlier < index; earlier++) {': 'at most RULES_MAXIMUM',
    'for (; filter < end; filter += FILTER_BYTES) {': 'at most FILTERS_MAXIMUM',
    'for (; this.position < end; this.position++) {': 'at most CHECKSUM_BYTES',
  },
};
