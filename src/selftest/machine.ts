// SPDX-License-Identifier: MIT
/**
 * What lies on the side of Jailhouse: the timer that ends a sleep, the shared memory, and the bridge at its other end.
 *
 * Does not: leave anything in the shared memory. It ends with zeros, as the hypervisor gives it.
 */
import { SelfTest } from '../../build/generated/self-test';
import { IdleSetting } from '../cell/command-line';
import { GenericTimer } from '../chip/arm/generic-timer';
import { InterruptController, Trigger } from '../chip/gic400/interrupt-controller';
import { VIRTUAL_TIMER_INTERRUPT } from '../chip/gic400/registers';
import { PEER_STATE_READY } from '../hal/peer-link';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { SharedSection } from '../jailhouse/shared-section';
import { microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import { CanDriver } from '../virtio/can-driver';
import { TestParts } from './parts';

const SLEEP_MICROS: u32 = 1_000;
/** A sleep may end so much later. */
const WAKE_MICROS: u64 = 200;
const PATTERN: u64 = 0x9e3779b97f4a7c15;
/** All of the first part, then one word of each cache line. */
const DENSE_BYTES: u32 = 0x1000;
const LINE_BYTES: u32 = 64;
const PEER_MICROS: u32 = 500_000;
const SESSION_MICROS: u32 = 3_000_000;

export function testTimer(parts: TestParts): void {
  const test = SelfTest.Timer;
  if (parts.settings.idle === IdleSetting.Poll) return parts.skip(test, 1).end();
  const region = parts.host.region;
  const interrupts = new InterruptController();
  interrupts.place(region.distributorBase, region.cpuInterfaceBase);
  if (!interrupts.enable(VIRTUAL_TIMER_INTERRUPT, Trigger.Level)) {
    return parts.fault(test, 1).value(VIRTUAL_TIMER_INTERRUPT).end();
  }
  // A sleeping cell is woken by INT, too. A cell config that does not grant it is the one for idle=poll.
  const interrupt = parts.lineInterrupt;
  const isGranted = interrupts.enable(interrupt, Trigger.Level);
  interrupts.disable(interrupt);
  if (!isGranted) {
    interrupts.disable(VIRTUAL_TIMER_INTERRUPT);
    return parts.fault(test, 1).value(interrupt).end();
  }
  interrupts.open();
  const clock = parts.clock;
  const begin = clock.nowTicks();
  clock.sleepUntil(begin + microsToTicks(SLEEP_MICROS, clock.ticksPerSecond()));
  const took = parts.microsSince(begin);
  interrupts.end(interrupts.acknowledge());
  interrupts.close();
  interrupts.disable(VIRTUAL_TIMER_INTERRUPT);
  const isGood = took >= SLEEP_MICROS && took <= SLEEP_MICROS + WAKE_MICROS;
  const line = isGood ? parts.good(test) : parts.fault(test, 2);
  line.value(SLEEP_MICROS).value(took).end();
}

export function testLink(parts: TestParts): void {
  const status = parts.host.openLink();
  if (status !== Status.Ok) {
    return parts.fault(SelfTest.Link, 1).value(parts.host.refused).end();
  }
  testSection(parts, SelfTest.Link, parts.section);
}

export function testPage(parts: TestParts): void {
  const status = parts.host.openStatusPage();
  if (status !== Status.Ok) {
    return parts.fault(SelfTest.Page, 1).value(parts.host.refused).end();
  }
  testSection(parts, SelfTest.Page, parts.page);
}

function testSection(parts: TestParts, test: SelfTest, section: SharedSection): void {
  const bad = firstBad(section, 0);
  const badAgain = bad === section.size() ? firstBad(section, u64.MAX_VALUE) : bad;
  const found = badAgain === section.size() ? 0 : section.read32(badAgain);
  for (let offset: u32 = 0; offset < section.size(); offset = next(offset)) {
    section.write64(offset, 0);
  }
  section.barrierFull();
  if (badAgain === section.size()) parts.good(test).value(section.size()).end();
  else parts.fault(test, 2).value(badAgain).value(found).end();
}

/** Writes a pattern that tells each place, and reads it. The first place that differs; the size: none. */
function firstBad(section: SharedSection, flip: u64): u32 {
  const bytes = section.size();
  for (let offset: u32 = 0; offset < bytes; offset = next(offset)) {
    section.write64(offset, (PATTERN * (offset + 1)) ^ flip);
  }
  section.barrierFull();
  for (let offset: u32 = 0; offset < bytes; offset = next(offset)) {
    if (section.read64(offset) !== ((PATTERN * (offset + 1)) ^ flip)) return offset;
  }
  return bytes;
}

function next(offset: u32): u32 {
  return offset + (offset < DENSE_BYTES ? 8 : LINE_BYTES);
}

/** A session as the running cell has it: each step of it is written by one side and read by the other. */
export function testBridge(parts: TestParts): void {
  const test = SelfTest.Bridge;
  if (!parts.needs(test, SelfTest.Link)) return;
  if (parts.host.isBackEnd) return parts.skip(test, 2).end();
  const link = parts.host.link;
  const peerEndTicks = parts.after(PEER_MICROS);
  while (link.peerState() !== PEER_STATE_READY) {
    if (!parts.waits(peerEndTicks)) return parts.skip(test, 1).end();
  }
  const driver = new CanDriver<SharedSection, IvshmemLink, GenericTimer>(
    parts.section,
    link,
    parts.clock,
  );
  const begin = parts.clock.nowTicks();
  const endTicks = parts.after(SESSION_MICROS);
  let isLate: bool = false;
  while (!driver.running && !isLate) {
    if (!driver.step()) isLate = !parts.waits(endTicks);
  }
  const millis = parts.microsSince(begin) / 1_000;
  driver.leave();
  if (!isLate) parts.good(test).value(millis).end();
  else parts.fault(test, 1).value(millis).value(driver.transport.phase).end();
}
