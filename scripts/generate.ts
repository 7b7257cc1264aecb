// SPDX-License-Identifier: MIT
/**
 * Writes build/generated/ alone, for tools that read src/ without a build: eslint, as-pect,
 * editors.
 *
 * Does not: take options.
 */
import { generateFormats } from './build/formats.ts';

generateFormats();
