// SPDX-License-Identifier: MIT
/**
 * The state of the page as a link: packed into the part behind the hash, which no server sees.
 */

export interface SharedState {
  readonly rules: string;
  readonly bitrate: number;
  readonly load: number;
  readonly flood: boolean;
  readonly linux: boolean;
  readonly wire: boolean;
  readonly speed: number;
  readonly frame: string;
}

const MARK = '#s=';

/** `#s=...` for the address. */
export async function packState(state: SharedState): Promise<string> {
  const bytes = await through(new TextEncoder().encode(JSON.stringify(state)), 'deflate');
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return MARK + btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The state in an address' hash. Undefined: there is none, or it is no such state. */
export async function unpackState(hash: string): Promise<Partial<SharedState> | undefined> {
  if (!hash.startsWith(MARK)) return undefined;
  try {
    const text = atob(hash.slice(MARK.length).replaceAll('-', '+').replaceAll('_', '/'));
    const packed = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const bytes = await through(packed, 'inflate');
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? checked(value) : undefined;
  } catch {
    return undefined;
  }
}

/** The fields that have the right type. */
function checked(value: object): Partial<SharedState> {
  const kinds = {
    ...{ rules: 'string', bitrate: 'number', load: 'number', flood: 'boolean' },
    ...{ linux: 'boolean', wire: 'boolean', speed: 'number', frame: 'string' },
  };
  return Object.fromEntries(
    Object.entries(value).filter(([key, one]) => kinds[key as keyof typeof kinds] === typeof one),
  );
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  way: 'deflate' | 'inflate',
): Promise<Uint8Array> {
  const stream =
    way === 'deflate'
      ? new CompressionStream('deflate-raw')
      : new DecompressionStream('deflate-raw');
  const packed = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
