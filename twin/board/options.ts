/**
 * What a board is made of: built files, cell configurations, faults, and who listens to it.
 *
 * Does not: hold defaults; board.ts and wiring.ts say what is used where a field is left out.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import type { AglPeer } from '../agl/agl-peer.ts';
import type { ErrorMessage } from '../agl/can-frame-layout.ts';
import type { CanFrame } from '../bus/can-frame.ts';
import type { SiliconOptions } from '../chip/mcp2515/options.ts';
import type { VirtualClock } from '../clock.ts';
import type { EngineName } from '../engine/engine.ts';
import type { ConsoleLine } from '../hypervisor/console-log.ts';
import type { IvshmemEndpoint } from '../hypervisor/ivshmem-endpoint.ts';
import type { IvshmemLink } from '../hypervisor/ivshmem-link.ts';
import type { TimingModel } from '../machine/timing-model.ts';
import type { SpiTap } from '../soc/spi-device.ts';
import type { Spi0Behaviour } from '../soc/spi0-behaviour.ts';

/** What can be wrong with a board, for tests of what the cell says about it. */
export interface BoardFaults extends SiliconOptions {
  /** No chip answers: MISO reads this byte. */
  readonly missingChipByte?: 0x00 | 0xff;
  /** Revision of the communication region, if not the hypervisor's own. */
  readonly communicationRevision?: number;
  /** The cell has no ivshmem device at all. */
  readonly withoutIvshmem?: boolean;
  /** The cell has no control device: no status page, no requests. */
  readonly withoutControl?: boolean;
}

/** Built files. `image` is needed by the image engine, `cellWasm` by the wasm engine. */
export interface BoardFiles {
  readonly image?: Uint8Array;
  /** Where a step of the image's loop begins, as loaded: for whoever watches its steps. */
  readonly imageStepAddress?: number;
  readonly cellWasm?: Uint8Array<ArrayBuffer>;
  readonly bridgeWasm?: Uint8Array<ArrayBuffer>;
  /** The compiled rule table; without it the memory there stays stale. */
  readonly rules?: Uint8Array;
}

/** What whoever plays the AGL side gets. */
export interface PeerSurroundings {
  readonly clock: VirtualClock;
  readonly endpoint: IvshmemEndpoint;
  readonly link: IvshmemLink;
  /** The R/W section. */
  readonly section: Buffer;
  /** The end of the link that AGL plays, as its class code says. */
  readonly protocol: number;
  /** A frame reached the CAN interface of the AGL side. */
  readonly onFrame: (frame: CanFrame, nanos: number) => void;
  /** An error message of the controller's reached it. */
  readonly onErrorMessage: (message: ErrorMessage, nanos: number) => void;
}

/** Output sections of the control link: each side writes its own, and can only read the other. */
export interface ControlSections {
  /** Root's, read by the cell. */
  readonly requests: Buffer;
  /** The cell's: the status page. */
  readonly status: Buffer;
}

/** Memory of the links that a process outside has mapped as well. */
export interface SharedMemories {
  readonly stateTable: Buffer;
  readonly section: Buffer;
  readonly control: ControlSections;
}

export interface BoardOptions {
  readonly engine: EngineName;
  readonly cell: Cell;
  readonly system: System;
  readonly files: BoardFiles;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  /** What `-s` gives to the cell. */
  readonly commandLine: string;
  /** Plays the AGL side instead of the built bridge. */
  readonly makePeer?: (surroundings: PeerSurroundings) => AglPeer;
  /** Memory of the link that a process outside shares; without it the twin has its own. */
  readonly shared?: SharedMemories;
  readonly tap?: SpiTap;
  readonly onInterruptLine?: (low: boolean, nanos: number) => void;
  readonly onAglFrame?: (frame: CanFrame, nanos: number) => void;
  readonly onAglErrorMessage?: (message: ErrorMessage, nanos: number) => void;
  readonly onConsoleLine?: (line: ConsoleLine) => void;
  readonly faults?: BoardFaults;
  /** What the cell's acts cost on another machine than the modelled board. */
  readonly timing?: TimingModel;
  /** The core clock that SCLK is divided from, if it is not the 500 MHz that config.txt fixes. */
  readonly coreClockHertz?: number;
  /** Where SPI0 differs from the silicon, as other emulations of it do. */
  readonly spi0?: Partial<Spi0Behaviour>;
  /** A trap of the cell, which then starts anew, ends no run. */
  readonly trapsExpected?: boolean;
}
