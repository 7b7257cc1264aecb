// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The status of a trap: docs/troubleshooting.md, 90 to 94. Trap numbers are those of wabt's `wasm_rt_trap_t`; an exception
 * is 0x100 plus its vector, of four kinds (Arm ARM DDI 0487, D1.3), with the class in bits 26 to 31 of ESR_EL1.
 */
import { faultStatus } from '../../../src/cell/fault-status';

describe('the status of a trap', () => {
  test('of the module is that of its number', () => {
    expect(faultStatus(1, 0)).toBe(90, 'out of bounds');
    expect(faultStatus(2, 0)).toBe(91, 'integer overflow');
    expect(faultStatus(3, 0)).toBe(91, 'division by zero');
    for (let kind: u32 = 4; kind < 12; kind++) expect(faultStatus(kind, 0)).toBe(92);
  });

  test('of the core is that of its vector, and of a synchronous one that of its class', () => {
    for (let group: u32 = 0; group < 4; group++) {
      const vector = 0x100 + 4 * group;
      expect(faultStatus(vector, 0x96000046)).toBe(90, 'data abort');
      expect(faultStatus(vector, 0x86000006)).toBe(90, 'instruction abort');
      expect(faultStatus(vector, 0x02000000)).toBe(93, 'an unknown instruction');
      expect(faultStatus(vector + 1, 0)).toBe(94, 'IRQ');
      expect(faultStatus(vector + 2, 0)).toBe(94, 'FIQ');
      expect(faultStatus(vector + 3, 0)).toBe(93, 'SError');
    }
  });
});
