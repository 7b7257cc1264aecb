// SPDX-License-Identifier: MIT
/**
 * Gives the worker the one thing of Node that the models use: Buffer, from the package of that name.
 *
 * Must be imported before them.
 */
import { Buffer } from 'buffer';

globalThis.Buffer = Buffer;
