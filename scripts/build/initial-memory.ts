// SPDX-License-Identifier: MIT
/**
 * Packs the initial memory of a module in wasm2c's output: one array and one call instead of an array and
 * a copy for each data segment.
 *
 * Most of the memory is text of two bytes a character, of which the second is 0. It is packed as runs. A run
 * begins with a byte: its kind in bits 7 to 6, its length less one in bits 5 to 0. wasm_rt_unpack
 * (bsp/wasm-rt/memory.c) reads them:
 *
 *   0  bytes        that many follow
 *   1  zeros        none follow
 *   2  characters   that many bytes follow; each stands before a 0
 */

const BYTES = 0;
const ZEROS = 1;
const CHARACTERS = 2;
const RUN_MAX = 64;
/** A shorter run costs more than it saves, because it cuts a run of bytes in two. */
const RUN_MIN = 3;

const SEGMENT = /^static const u8 (data_segment_data_\w+)\[\] = \{([^}]*)\};\n/gm;
const LOAD = /^ {2}LOAD_DATA\(instance->w2c_memory, (\d+)u, (data_segment_data_\w+), (\d+)\);\n/gm;
const ALLOCATION = /^ {2}wasm_rt_allocate_memory\(&instance->w2c_memory, .*\);\n/m;

/** The runs of `memory`. */
export function packMemory(memory: Uint8Array): number[] {
  const packed: number[] = [];
  let bytes: number[] = [];
  const put = (kind: number, length: number, content: Iterable<number>): void => {
    packed.push((kind << 6) | (length - 1), ...content);
  };
  const endBytes = (): void => {
    if (bytes.length > 0) put(BYTES, bytes.length, bytes);
    bytes = [];
  };
  for (let place = 0; place < memory.length;) {
    const zeros = lengthOf((index) => memory[place + index] === 0);
    const characters = lengthOf(
      (index) => Boolean(memory[place + 2 * index]) && memory[place + 2 * index + 1] === 0,
    );
    if (zeros >= RUN_MIN) {
      endBytes();
      put(ZEROS, zeros, []);
      place += zeros;
    } else if (characters >= RUN_MIN) {
      endBytes();
      const content = memory.subarray(place, place + 2 * characters);
      put(
        CHARACTERS,
        characters,
        content.filter((_, index) => index % 2 === 0),
      );
      place += 2 * characters;
    } else {
      bytes.push(memory[place++] ?? 0);
      if (bytes.length === RUN_MAX) endBytes();
    }
  }
  endBytes();
  return packed;
}

/** For how many places, from the first on, `holds` is true; at most RUN_MAX. */
function lengthOf(holds: (index: number) => boolean): number {
  let length = 0;
  while (length < RUN_MAX && holds(length)) length++;
  return length;
}

/**
 * wasm2c's output with the data segments packed.
 *
 * @throws Error if the text has not the form that wabt 1.0.39 gives it.
 */
export function packSegments(text: string): string {
  const segments = new Map<string, Uint8Array>();
  for (const [, name = '', bytes = ''] of text.matchAll(SEGMENT)) {
    segments.set(name, Uint8Array.from(bytes.match(/0x[0-9a-f]{2}/g) ?? [], Number));
  }
  const loads = [...text.matchAll(LOAD)].map(([, place, name = '', length]) => {
    const content = segments.get(name);
    if (content?.length !== Number(length)) throw formChanged(name);
    return { place: Number(place), content };
  });
  if (loads.length === 0 || !ALLOCATION.test(text)) throw formChanged('init_memories');
  const first = Math.min(...loads.map(({ place }) => place));
  const end = Math.max(...loads.map(({ place, content }) => place + content.length));
  const memory = new Uint8Array(end - first);
  for (const { place, content } of loads) memory.set(content, place - first);
  const array = `static const u8 initial_memory[] = {${packMemory(memory).join()}};\n`;
  const call =
    `  wasm_rt_unpack(instance->w2c_memory.data + ${first}u, initial_memory, ` +
    'sizeof initial_memory);\n';
  const packed = text
    .replace(SEGMENT, '')
    .replace(LOAD, '')
    .replace(ALLOCATION, (allocation) => allocation + call)
    .replace(/^static void init_memories\(.*\) \{$/m, (head) => array + head);
  if (/data_segment_data_/.test(packed)) throw formChanged('data_segment_data');
  return packed;
}

function formChanged(what: string): Error {
  return new Error(
    `wasm2c's output has ${what} not in the form of wabt 1.0.39. ` +
      'Next: npm ci (the version is pinned), or adapt scripts/build/initial-memory.ts.',
  );
}
