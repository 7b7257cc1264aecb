// SPDX-License-Identifier: MIT
/** `node --import` this file: test files that are imported afterwards hand their tests to collect.ts. */
import { register } from 'node:module';

register('./collect-hooks.js', import.meta.url);
