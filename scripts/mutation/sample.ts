// SPDX-License-Identifier: MIT
/**
 * The mutants of `npm test`: the planted faults, and a sample of the draw of `npm run soak -- mutants` that unit specs
 * kill. All must die.
 *
 * A name that is no longer in the source is refused: take another mutant for it.
 */
import { type Order, specModule } from './order.ts';
import { PLANTED } from './planted.ts';
import { type Played, type PlayOptions, playMutants } from './play.ts';

const SPECS = [
  'driver/modes',
  'cell/answers',
  'virtio/can-device-events',
  'responder/program',
  'virtio/can-device-registers',
  'driver/urgent-request',
  'cell/start-up',
];

// prettier-ignore
export const SAMPLE: readonly string[] = [
  'src/cell/page/filler.ts reorderBoundTicks: parts.spi.clockHertz === 0 => parts.spi.clockHertz !== 0',
  'src/cell/receive.ts ReceiveTask.run: (decision & DECISION_ANSWER) !== 0 => (decision & DECISION_ANSWER) === 0 #3',
  'src/cell/rule-actions.ts RuleActions.answerFirst: !this.rates.isAllowed(rule, nowTicks) => false',
  'src/cell/rule-actions.ts RuleActions.answerFirst: rule.isTied => false',
  'src/cell/rule-actions.ts RuleActions.carryOut: parts.forwardRing.put(forwarded) !== Status.Ok => true',
  'src/cell/transmit/slot.ts TransmitSlot.holds: this.isDataKnown && frame.data === this.data => this.isDataKnown || frame.data === this.data',
  'src/cell/urgent/answers.ts UrgentAnswers.sendLater: this.waiting.add(changetype<usize>(slot.kept), slot.keptStrength, 0) => nothing',
  'src/driver/mcp2515/acceptance.ts Acceptance.keepForUrgent: IDENTIFIER_EXTENDED => IDENTIFIER_EXTENDED + 1',
  'src/driver/mcp2515/acceptance.ts formOf: (identifier & IDENTIFIER_EXTENDED) !== 0 => true',
  'src/driver/mcp2515/acceptance.ts formOf: FORM_REMOTE => FORM_REMOTE + 1',
  'src/driver/mcp2515/controller.ts Mcp2515.beginConfigure: true => false',
  'src/driver/mcp2515/controller.ts Mcp2515.configureStep: status === Status.Ok => true',
  'src/driver/mcp2515/fault-monitor.ts FaultMonitor.rememberSettings: found !== mode => found === mode',
  'src/driver/mcp2515/fault-monitor.ts FaultMonitor.step: status === Status.Ok => status !== Status.Ok #6',
  'src/driver/mcp2515/fault-monitor.ts FaultMonitor.takeFlags: (errorFlags & EFLG_RX1OVR) !== 0 => false',
  'src/driver/mcp2515/fault-monitor.ts faultStateOf: 0 => 1 #3',
  'src/driver/mcp2515/frame-codec.ts decodeHeader: DLC_MASK => DLC_MASK + 1',
  'src/driver/mcp2515/frame-codec.ts encodeFrame: HEADER_BYTES => HEADER_BYTES + 1 #3',
  'src/driver/mcp2515/instructions.ts readStatus: 2 => 3',
  'src/driver/mcp2515/link-check.ts LinkCheck.shortest: this.clock.nowTicks() - before => this.clock.nowTicks() + before',
  'src/driver/mcp2515/modes.ts Modes.wantedBits: this.wanted === BusMode.Loopback => true',
  'src/driver/mcp2515/receiver.ts Receiver.forget: false => true',
  'src/responder/checksum.ts withCrc8: value >> PROFILE_DATA_SHIFT => value << PROFILE_DATA_SHIFT',
  'src/responder/e2e-check.ts resultOf: (before & SEEN) === 0 => false',
  'src/responder/e2e-check.ts resultOf: (counter as u32) + (last > (counter as u32) ? most + 1 : 0) - last => (counter as u32) + (last > (counter as u32) ? most + 1 : 0) + last',
  'src/responder/program.ts runProgram: runSteps(steps, count, tables, request, target, live, state, 0) => nothing',
  'src/responder/program.ts runSteps: a = min<i64>(a, value as i64) => nothing',
  'src/responder/responder.ts Responder.makeAnswer: this.compose(rule, request, answer) => nothing',
  'src/responder/rule-check.ts areSources: SOURCE_LIVE => SOURCE_LIVE + 1 #2',
  'src/responder/rule-table.ts RuleTable.ruleOfFilter: filter === 0 => filter !== 0',
  'src/responder/rule-table.ts RuleTable.stagedRuleOfFilter: index * RULE_BYTES => index + RULE_BYTES',
  'src/responder/table-check.ts TableCheck.checkPaths: other.path === one.path => other.path !== one.path',
  'src/responder/table-check.ts TableCheck.isRecord: sections.actions + at * ACTION_BYTES => sections.actions - at * ACTION_BYTES',
  'src/responder/table-sections.ts TableSections.aglWord: isExtended(identifier) => true',
  'src/responder/table-sections.ts TableSections.lay: this.timerCount * TIMER_BYTES => this.timerCount + TIMER_BYTES',
  'src/responder/table-sections.ts TableSections.use: this.actions = other.actions => nothing',
  'src/virtio/can-device.ts CanDevice.constructor: true => false',
  'src/virtio/can-device.ts CanDevice.deliver: store<u64>(this.message, messageWord1(identifier), 8) => nothing',
  'src/virtio/can-messages.ts isCarriable: DATA_BYTES_MAXIMUM => DATA_BYTES_MAXIMUM + 1',
  'src/virtio/descriptor-chain.ts DescriptorChain.walk: count += 1 => nothing',
  'src/virtio/transmit-queue.ts TransmitQueue.send: this.heldCount = heldCount + 1 => nothing',
  'src/virtio/transport-device.ts TransportDevice.askForReset: 0 => 1',
  'src/virtio/transport-device.ts TransportDevice.presentFeatures: word === 0 => word !== 0',
  'src/virtio/transport-device.ts TransportDevice.setConfigStatus: CONFIG_GENERATION => CONFIG_GENERATION + 1 #2',
  'src/virtio/transport-device.ts TransportDevice.sizeLimit: CONTROL_QUEUE_SIZE => CONTROL_QUEUE_SIZE + 1',
];

/** Plays them against the specs that kill them. */
export function playSample(folder: string, options: PlayOptions = {}): Promise<Played> {
  const specs = new Set([...SPECS, ...PLANTED.map(({ by }) => by)]);
  const order: Order = {
    ...{ folder, names: SAMPLE, planted: PLANTED, cases: [] },
    modules: [...specs].sort().map((spec) => specModule(folder, `tests/unit/${spec}.spec.ts`)),
  };
  return playMutants(order, options);
}
