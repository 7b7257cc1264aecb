// SPDX-License-Identifier: MIT
/**
 * The built bridge with a minimal peer in the cell's place: no cell, no chip, no bus, the same link.
 *
 * Needs `npm run build`.
 */
import assert from 'node:assert/strict';
import type { Cell, System } from '../../cell-config/format/model.ts';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import { BridgeMemory } from '../../twin/agl/bridge-memory.ts';
import { MinimalPeer } from '../../lab/peers/minimal/minimal-peer.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { VirtualClock } from '../../twin/clock.ts';
import { connect, ivshmemDeviceOf, PROTOCOLS_CAN } from '../../twin/hypervisor/links.ts';
import { PhysicalMemory } from '../../twin/machine/physical-memory.ts';
import { loadFirmware } from '../../lab/rig/firmware.ts';

const MILLISECOND = 1_000_000;

export interface BridgeRigOptions {
  readonly changeCell?: (cell: Cell) => Cell;
  readonly changeSystem?: (system: System) => System;
}

export class BridgeRig {
  readonly clock = new VirtualClock();
  readonly bridge: BridgeHost;
  readonly peer: MinimalPeer;
  /** The R/W section. */
  readonly section: Buffer;
  /** What arrived at the bridge's CAN interface, and what at the peer. */
  readonly atInterface: CanFrame[] = [];
  readonly atPeer: CanFrame[] = [];
  readonly failures: string[] = [];

  constructor({ changeCell, changeSystem }: BridgeRigOptions = {}) {
    const artifacts = loadFirmware('wasm');
    const cell = changeCell?.(artifacts.cell) ?? artifacts.cell;
    const system = changeSystem?.(artifacts.system) ?? artifacts.system;
    const { bridgeWasm } = artifacts.files;
    assert.ok(bridgeWasm, 'npm run build makes build/bridge.wasm');
    const rootDevice = ivshmemDeviceOf(system.rootCell, ...PROTOCOLS_CAN);
    const { link, section, stateTable, rootEndpoint, cellEndpoint, protocol } = connect(
      new PhysicalMemory(),
      system,
      rootDevice,
      cell,
    );
    assert.ok(cellEndpoint);
    this.section = section;
    this.bridge = new BridgeHost({
      clock: this.clock,
      wasm: bridgeWasm,
      endpoint: rootEndpoint,
      memory: new BridgeMemory({ section, stateTable, control: undefined }, rootEndpoint),
      sectionBytes: section.length,
      protocol,
      onFrame: (frame) => this.atInterface.push(frame),
      onFailure: (reason) => this.failures.push(reason),
    });
    this.peer = new MinimalPeer({
      clock: this.clock,
      endpoint: cellEndpoint,
      link,
      section,
      protocol: ivshmemDeviceOf(cell, ...PROTOCOLS_CAN).shmemProtocol,
      onFrame: (frame) => this.atPeer.push(frame),
    });
  }

  /** Lets time pass. */
  run(millis: number): void {
    this.clock.advanceTo(this.clock.now + millis * MILLISECOND);
  }

  /** Lets time pass until `isDone`; fails, naming `what`, after `millis`. */
  until(what: string, isDone: () => boolean, millis: number): void {
    const endNanos = this.clock.now + millis * MILLISECOND;
    while (!isDone()) {
      assert.ok(this.clock.now < endNanos, `${what}: not within ${millis} ms`);
      this.run(0.1);
    }
  }
}
