// SPDX-License-Identifier: MIT
/**
 * The lines of config.txt about the device tree: overlays, and parameters with their overlay.
 *
 * Source: Raspberry Pi documentation, "Device Trees, overlays, and parameters", parts 3.1, 3.2 and 5.5. A
 * parameter belongs to the overlay before it until another overlay, or `dtoverlay=`, comes. The long names of
 * both settings are still accepted. An absent value means `on`.
 */
import type { ConfigLine } from './parse.ts';

export interface Parameter {
  readonly name: string;
  /** Undefined if there is no equals sign. */
  readonly value: string | undefined;
  /** As written. */
  readonly text: string;
}

/** One overlay with all its parameters. The overlay with the empty name is the base device tree. */
export interface Overlay {
  readonly name: string;
  /** The line that loads it. Undefined for the base tree, before any overlay. */
  readonly line: ConfigLine | undefined;
  readonly parameters: readonly Parameter[];
  /** The `dtparam=` lines that follow it. */
  readonly parameterLines: readonly ParameterLine[];
}

export interface ParameterLine {
  readonly line: ConfigLine;
  readonly parameters: readonly Parameter[];
}

const OVERLAY_KEYS = ['dtoverlay', 'device_tree_overlay'];
const PARAMETER_KEYS = ['dtparam', 'device_tree_param'];

/** The overlays in order, without lines that never apply here. */
export function readOverlays(lines: readonly ConfigLine[]): Overlay[] {
  let current = emptyOverlay();
  const overlays = [current];
  for (const line of lines) {
    if (line.applies === 'never') continue;
    if (OVERLAY_KEYS.includes(line.key)) {
      current = { ...emptyOverlay(), ...readOverlay(line.value), line };
      overlays.push(current);
    } else if (PARAMETER_KEYS.includes(line.key)) {
      current.parameterLines.push({ line, parameters: readParameters(line.value) });
    }
  }
  return overlays;
}

/** All parameters of an overlay: on its own line and on the lines after it. */
export function allParameters({ parameters, parameterLines }: Overlay): Parameter[] {
  return [...parameters, ...parameterLines.flatMap((one) => one.parameters)];
}

function emptyOverlay(): Overlay & { readonly parameterLines: ParameterLine[] } {
  return { name: '', line: undefined, parameters: [], parameterLines: [] };
}

/** Reads `name,parameter,...`; a colon may follow the name instead. */
function readOverlay(value: string): Pick<Overlay, 'name' | 'parameters'> {
  const [, name, rest] = /^([^,:]*)[,:]?(.*)$/.exec(value) ?? ['', value, ''];
  return { name: name.trim(), parameters: readParameters(rest) };
}

/** Splits at commas outside quotes. */
function readParameters(list: string): Parameter[] {
  const parts = list.match(/(?:"[^"]*"?|[^,"])+/g) ?? [];
  return parts.map((part) => {
    const text = part.trim();
    const equals = text.indexOf('=');
    return equals === -1
      ? { name: text, value: undefined, text }
      : { name: text.slice(0, equals), value: text.slice(equals + 1), text };
  });
}
