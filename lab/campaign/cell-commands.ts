// SPDX-License-Identifier: MIT
/**
 * `jailhouse cell shutdown` and `cell start` in any order, a start in the middle of the work, and a trap.
 *
 * Does not: destroy the cell. Its memory stays as it was.
 */
import type { System } from '../../cell-config/format/model.ts';
import { shutDown } from '../../twin/board/cell-control.ts';
import type { Rig } from '../rig/rig.ts';

export class CellCommands {
  /** Why a command did not do what it should. */
  readonly problems: string[] = [];
  readonly #rig: Rig;
  readonly #system: System;
  #downs = 0;

  constructor(rig: Rig, system: System) {
    this.#rig = rig;
    this.#system = system;
  }

  /** The cell is meant to run. */
  get isUp(): boolean {
    return this.#downs === 0;
  }

  shutDown(): () => void {
    this.#downs += 1;
    const outcome = shutDown(this.#rig.board);
    // In the role device a cell may ask for patience, once (docs/decisions/0010-role.md).
    const isDown = outcome === 'approved' || outcome === 'already down' || outcome === 'denied';
    if (!isDown) this.problems.push(`shutdown request: ${outcome}`);
    return () => {
      this.#downs -= 1;
      if (this.#downs === 0) this.#start();
    };
  }

  startAnew(): () => void {
    if (this.#downs === 0) this.#start();
    return () => {};
  }

  /** The core traps at its next access to a device; V8 words it so (twin/engine/wasm.ts). */
  trap(): () => void {
    const { machine } = this.#rig.board;
    if (this.#downs > 0) return () => {};
    const read = machine.readDevice.bind(machine);
    machine.readDevice = () => {
      machine.readDevice = read;
      throw new WebAssembly.RuntimeError('unreachable');
    };
    return () => {};
  }

  /** What the hypervisor does: a fresh communication region, link and PCI devices reset, core at 0. */
  #start(): void {
    const { board } = this.#rig;
    board.cellEndpoint?.reset();
    board.communication.fill(board.cell, this.#system);
    // A transaction that was under way stays so: the core only begins anew.
    board.engine.boot();
  }
}
