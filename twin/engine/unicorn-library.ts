// SPDX-License-Identifier: MIT
/**
 * The C side of Unicorn 2: its functions and callbacks, declared for koffi.
 *
 * Source: unicorn/unicorn.h and unicorn/arm64.h, libunicorn 2.0.1.
 */
import koffi from 'koffi';
import type { LibraryHandle } from 'koffi';

/** Names under which distributions install the library. */
const LIBRARY_NAMES = ['libunicorn.so.2', 'libunicorn.so', 'libunicorn.2.dylib'];

export const CodeCallback = koffi.proto(
  'void UnicornCode(void *uc, uint64_t address, uint32_t size, void *user)',
);
export const InterruptCallback = koffi.proto(
  'void UnicornInterrupt(void *uc, uint32_t number, void *user)',
);
export const MemoryCallback = koffi.proto(
  'bool UnicornMemory(void *uc, int type, uint64_t address, int size, int64_t value, void *user)',
);
export const InstructionCallback = koffi.proto(
  'uint32_t UnicornInstruction(void *uc, int reg, void *cp, void *user)',
);
export const ReadCallback = koffi.proto(
  'uint64_t UnicornRead(void *uc, uint64_t offset, uint32_t size, void *user)',
);
export const WriteCallback = koffi.proto(
  'void UnicornWrite(void *uc, uint64_t offset, uint32_t size, uint64_t value, void *user)',
);
export const SystemRegisterStruct = koffi.struct('UnicornSystemRegister', {
  crn: 'uint32_t',
  crm: 'uint32_t',
  op0: 'uint32_t',
  op1: 'uint32_t',
  op2: 'uint32_t',
  value: 'uint64_t',
});

function loadLibrary(): LibraryHandle {
  const problems: string[] = [];
  for (const name of LIBRARY_NAMES) {
    try {
      return koffi.load(name);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `The ARM64 emulator library (Unicorn 2) is not installed. Next: npm run setup\n` +
      problems.join('\n'),
  );
}

/** The library functions that are used. Throws if the library is not installed. */
export function bindLibrary() {
  const library = loadLibrary();
  return {
    open: library.func('int uc_open(int arch, int mode, _Out_ void **uc)'),
    close: library.func('int uc_close(void *uc)'),
    errorText: library.func('const char *uc_strerror(int code)'),
    mapPointer: library.func(
      'int uc_mem_map_ptr(void *uc, uint64_t address, size_t size, uint32_t permissions, void *p)',
    ),
    map: library.func(
      'int uc_mem_map(void *uc, uint64_t address, size_t size, uint32_t permissions)',
    ),
    mapDevice: library.func(
      'int uc_mmio_map(void *uc, uint64_t address, size_t size, UnicornRead *read, void *user, UnicornWrite *write, void *user2)',
    ),
    readRegister: library.func('int uc_reg_read(void *uc, int reg, void *value)'),
    writeRegister: library.func('int uc_reg_write(void *uc, int reg, const void *value)'),
    start: library.func(
      'int uc_emu_start(void *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count)',
    ),
    stop: library.func('int uc_emu_stop(void *uc)'),
    addHook: library.func(
      'int uc_hook_add(void *uc, _Out_ size_t *hook, int type, void *callback, void *user, uint64_t begin, uint64_t end, ...)',
    ),
    control: library.func('int uc_ctl(void *uc, int control, ...)'),
  };
}
