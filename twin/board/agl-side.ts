// SPDX-License-Identifier: MIT
/**
 * The AGL side of a board: its links to the cell, and the peer. `connect` of hypervisor/links.ts makes the
 * links.
 */
import type { System } from '../../cell-config/format/model.ts';
import { type AglPeer, BridgeHost } from '../agl/bridge-host.ts';
import { type BridgeMemories, BridgeMemory } from '../agl/bridge-memory.ts';
import {
  type BoardLink,
  CELL_PEER,
  connect,
  ivshmemDevice,
  ivshmemDeviceOf,
  linkRegions,
  PROTOCOL_CONTROL,
  PROTOCOLS_CAN,
  ROOT_PEER,
} from '../hypervisor/links.ts';
import type { PhysicalMemory } from '../machine/physical-memory.ts';
import type { BoardOptions, ControlSections, PeerSurroundings, SharedMemories } from './options.ts';

/** The AGL side: the built bridge, or the peer of the options. */
export function createPeer(
  { files, makePeer }: BoardOptions,
  surroundings: PeerSurroundings,
  memories: BridgeMemories,
  onFailure: (reason: string) => void,
): AglPeer | undefined {
  if (makePeer) return makePeer(surroundings);
  if (!files.bridgeWasm) return undefined;
  const { endpoint, section } = surroundings;
  return new BridgeHost({
    ...surroundings,
    wasm: files.bridgeWasm,
    memory: new BridgeMemory(memories, endpoint),
    sectionBytes: section.length,
    onFailure,
  });
}

/** The control link, if the machine's configuration has one. */
export function connectControl(
  physicalMemory: PhysicalMemory,
  { system, cell, faults }: BoardOptions,
): BoardLink | undefined {
  const device = ivshmemDevice(system.rootCell, PROTOCOL_CONTROL);
  const isCut = faults?.withoutIvshmem === true || faults?.withoutControl === true;
  return device && connect(physicalMemory, system, device, cell, isCut);
}

/** Assigns the link's sections to root and cell. */
export function controlSections({ outputs }: BoardLink): ControlSections {
  return { requests: outputs[ROOT_PEER], status: outputs[CELL_PEER] };
}

/** Puts external memory in the place of the links' state table and sections. */
export function shareLink(
  physicalMemory: PhysicalMemory,
  { rootCell }: System,
  shared: SharedMemories,
): void {
  const { stateTable, section } = linkRegions(
    rootCell,
    ivshmemDeviceOf(rootCell, ...PROTOCOLS_CAN),
  );
  physicalMemory.provide(stateTable.physicalStart, shared.stateTable);
  physicalMemory.provide(section.physicalStart, shared.section);
  const control = ivshmemDevice(rootCell, PROTOCOL_CONTROL);
  if (!control) return;
  const { outputs } = linkRegions(rootCell, control);
  physicalMemory.provide(outputs[ROOT_PEER].physicalStart, shared.control.requests);
  physicalMemory.provide(outputs[CELL_PEER].physicalStart, shared.control.status);
}
