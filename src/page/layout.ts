// SPDX-License-Identifier: MIT
/**
 * Layout of the two sections of the control device: the status page and the requests.
 *
 * It is made from formats/status-page.ts. Offsets are in bytes, numbers little-endian.
 */
export * from '../../build/generated/status-page';
