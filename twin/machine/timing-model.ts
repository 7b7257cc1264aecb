// SPDX-License-Identifier: MIT
/**
 * The model of time: what each act of the guest costs on the emulated board.
 *
 * Every latency of the twin follows from these numbers, the SPI clock (core clock / CDIV, 9 SCLK per byte,
 * see twin/soc/spi0.ts) and the bit times of the bus.
 * Does not: model caches, memory contention by Linux, or pipeline effects. Nothing here was measured on
 * hardware; each number is an assumption with its reason beside it.
 */
export interface TimingModel {
  /**
   * One executed instruction: 1.5 GHz Cortex-A72 at about 0.67 instructions per cycle. Only this number may
   * be fractional: at 600 MHz it is 2.5.
   */
  readonly nanosPerInstruction: number;
  /** Load from a mapped device page: a round trip over the peripheral bus. */
  readonly deviceReadNanos: number;
  /** Store to such a page: posted, so only the issue costs time. */
  readonly deviceWriteNanos: number;
  /** Access emulated by the hypervisor: an exit of 500 to 800 instructions plus entry and return. */
  readonly trappedAccessNanos: number;
  /**
   * A physical interrupt while the cell has the core: an exit of about 800 instructions, as for an emulated
   * access, and four accesses to the GIC: acknowledge, priority drop, list register, status.
   */
  readonly interruptExitNanos: number;
  /**
   * From the interrupt to the first instruction of a core in WFI: clocks on, pipeline filled. No deeper state
   * than a clock gate, because Jailhouse does not trap WFI.
   */
  readonly wakeUpNanos: number;
  /** Hypercall: an exit of about 600 instructions without the decoding of an access. */
  readonly hypercallNanos: number;
  /** Read of CNTVCT_EL0 with the barrier before it. */
  readonly counterReadNanos: number;
  /** One call of the host ABI in the wasm engine. Stands for the instructions that it cannot count. */
  readonly wasmImportNanos: number;
  /** Ticks per second of the generic timer, as in CNTFRQ_EL0. */
  readonly counterHertz: number;
}

/** The generic timer of the BCM2711 runs from its 54 MHz crystal. */
export const COUNTER_HERTZ = 54_000_000;

/** The numbers of a Raspberry Pi 4 as assumed by this project. */
export const RASPBERRY_PI_4_TIMING: TimingModel = {
  nanosPerInstruction: 1,
  deviceReadNanos: 100,
  deviceWriteNanos: 40,
  trappedAccessNanos: 900,
  interruptExitNanos: 1_300,
  wakeUpNanos: 200,
  hypercallNanos: 700,
  counterReadNanos: 20,
  wasmImportNanos: 10,
  counterHertz: COUNTER_HERTZ,
};

/** Throws RangeError if the clock, which counts whole nanoseconds, cannot represent the model. */
export function checkTiming(timing: TimingModel): void {
  const { nanosPerInstruction, counterHertz, ...acts } = timing;
  if (!(nanosPerInstruction > 0 && nanosPerInstruction < Infinity)) {
    throw new RangeError(`${nanosPerInstruction} ns an instruction: give a number above 0`);
  }
  if (!Number.isSafeInteger(counterHertz) || counterHertz <= 0) {
    throw new RangeError(`a counter of ${counterHertz} Hz: give a whole number above 0`);
  }
  for (const [name, nanos] of Object.entries(acts)) {
    if (Number.isSafeInteger(nanos) && nanos >= 0) continue;
    throw new RangeError(`${name} is ${nanos}: give whole nanoseconds, 0 or more`);
  }
}

/** Instructions of the hypervisor's exits (see the model above). They are as slow as the cell's own. */
const EXIT_INSTRUCTIONS = 800;
const HYPERCALL_INSTRUCTIONS = 600;

/**
 * The same board with a slower core, 2.5 ns per instruction for 600 MHz. The bus to the devices has its own
 * clock. Exits are rounded to whole nanoseconds.
 */
export function atInstructionNanos(nanosPerInstruction: number): TimingModel {
  const usual = RASPBERRY_PI_4_TIMING;
  const more = nanosPerInstruction - usual.nanosPerInstruction;
  const exit = (nanos: number, instructions: number): number =>
    Math.max(0, Math.round(nanos + instructions * more));
  return {
    ...usual,
    nanosPerInstruction,
    trappedAccessNanos: exit(usual.trappedAccessNanos, EXIT_INSTRUCTIONS),
    interruptExitNanos: exit(usual.interruptExitNanos, EXIT_INSTRUCTIONS),
    hypercallNanos: exit(usual.hypercallNanos, HYPERCALL_INSTRUCTIONS),
  };
}
