// SPDX-License-Identifier: MIT
/**
 * Layout of the two sections of the control device: the status page and the requests.
 *
 * The layout: formats/status-page.ts.
 * Does not: hold values. Offsets are in bytes, numbers little-endian.
 */
export * from '../../build/generated/status-page';
