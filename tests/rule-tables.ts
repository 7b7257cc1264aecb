// SPDX-License-Identifier: MIT
/** Rule tables that tests of several folders play: one answer, and one of each kind. */

/** An answer of fixed bytes, by hardware filter. */
export const STATUS_RULE = `
version: 1
rules:
  - name: status
    match: { id: 0x1A0 }
    answer: { id: 0x1A1, data: [0x01, 0x00, 0x64, 0xA5] }
`;

/** The same and an answer with bytes of the request, which AGL gets as well. */
export const TWO_ANSWERS = `${STATUS_RULE}  - name: position
    match: { id: 0x2B0, data: [~, ~] }
    answer: { id: 0x2B1, length: 8, data: [0x50], copy: [{ from: 0, to: 1, count: 2 }] }
    forward: true
`;

/** A static answer, a computed one, an extended one, a remote one, a drop; everything else is forwarded. */
export const EACH_KIND = `${TWO_ANSWERS}  - name: diagnosis
    match: { id: 0x18DA10F1, extended: true, data: [0x03, 0x22] }
    answer: { id: 0x18DAF110, extended: true, length: 4, data: [0x03, 0x7F, 0x22, 0x78] }
  - name: lock
    match: { id: 0x3C0, remote: true }
    answer: { id: 0x3C0, data: [0x11] }
  - name: noise
    match: { id: 0x7F0, mask: 0x7F0 }
    action: drop
`;
