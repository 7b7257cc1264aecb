// SPDX-License-Identifier: MIT
/**
 * Options of a board: built files, cell configurations, faults, and listeners. board.ts and wiring.ts hold
 * the defaults.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import type { AglPeer } from '../agl/bridge-host.ts';
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
import type { WireFaults } from '../soc/spi-wires.ts';
import type { Spi0Behaviour } from '../soc/spi0-behaviour.ts';

/** Faults of a board, for tests of the cell's diagnosis. */
export interface BoardFaults extends SiliconOptions {
  /** Wires between SPI0 and the chip that are stuck or broken. */
  readonly wires?: WireFaults;
  /** INT at its GPIO end: not wired (the pull holds it high), short to ground, or on another pin. */
  readonly interrupt?: 'open' | 'low' | { readonly pin: number };
  /** Pins that config.txt has set up in another way: function (0 input, 4 ALT0), pull (0 none, 1 up, 2 down). */
  readonly pins?: readonly {
    readonly pin: number;
    readonly function?: number;
    readonly pull?: number;
  }[];
  /** No chip answers: MISO reads this byte. */
  readonly missingChipByte?: 0x00 | 0xff;
  /** Revision of the communication region, if different from the hypervisor's. */
  readonly communicationRevision?: number;
  /** The cell has no ivshmem device. */
  readonly withoutIvshmem?: boolean;
  /** The cell has no control device: no status page, no requests. */
  readonly withoutControl?: boolean;
}

/** Built files. `image` is needed by the image engine, `cellWasm` by the wasm engine. */
export interface BoardFiles {
  readonly image?: Uint8Array;
  /** Load addresses where a step of the image's loop begins, for observers of its steps. */
  readonly imageStepAddresses?: readonly number[];
  readonly cellWasm?: Uint8Array<ArrayBuffer>;
  readonly bridgeWasm?: Uint8Array<ArrayBuffer>;
  /** The compiled rule table. Without it the memory there stays stale. */
  readonly rules?: Uint8Array;
}

/** What a peer on the AGL side receives. */
export interface PeerSurroundings {
  readonly clock: VirtualClock;
  readonly endpoint: IvshmemEndpoint;
  readonly link: IvshmemLink;
  /** The R/W section. */
  readonly section: Buffer;
  /** AGL's end of the link, as its class code says. */
  readonly protocol: number;
  /** A frame reached the CAN interface of the AGL side. */
  readonly onFrame: (frame: CanFrame, nanos: number) => void;
  /** An error frame of the controller reached the CAN interface. */
  readonly onErrorMessage: (message: ErrorMessage, nanos: number) => void;
}

/** Output sections of the control link. Each side writes its own and can only read the other. */
export interface ControlSections {
  /** Root's section, read by the cell. */
  readonly requests: Buffer;
  /** The cell's section: the status page. */
  readonly status: Buffer;
}

/** Memory of the links that an external process has mapped as well. */
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
  /** The cell's command line (`-s`). */
  readonly commandLine: string;
  /** Makes another peer instead of the built bridge. */
  readonly makePeer?: (surroundings: PeerSurroundings) => AglPeer;
  /** Memory of the link shared with an external process. Without it the twin allocates its own. */
  readonly shared?: SharedMemories;
  readonly tap?: SpiTap;
  readonly onInterruptLine?: (low: boolean, nanos: number) => void;
  readonly onAglFrame?: (frame: CanFrame, nanos: number) => void;
  readonly onAglErrorMessage?: (message: ErrorMessage, nanos: number) => void;
  readonly onConsoleLine?: (line: ConsoleLine) => void;
  readonly faults?: BoardFaults;
  /** Cost of the cell's acts on a machine other than the modelled board. */
  readonly timing?: TimingModel;
  /** Core clock that SCLK is divided from, if not the 500 MHz that config.txt fixes. */
  readonly coreClockHertz?: number;
  /** Differences of SPI0 from the silicon, as in other emulations. */
  readonly spi0?: Partial<Spi0Behaviour>;
  /** A trap of the cell, which then restarts, does not end the run. */
  readonly trapsExpected?: boolean;
}
