// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What the cell asks of its end of the link without knowing which it is.
 *
 * Does not: look at rings or registers; the other specs of this folder do.
 */
import { Status } from '../../../src/rt/status';
import { CanLinkEnd, LinkSession } from '../../../src/virtio/can-link-end';
import { DEVICE, DRIVER, Pair, setFrame } from './pair';

/** One frame of `sender`'s, taken by `receiver`. */
function pass(pair: Pair, sender: CanLinkEnd, receiver: CanLinkEnd): void {
  expect(sender.canSubmit()).toBe(true);
  expect(receiver.hasReceived()).toBe(false);
  expect(sender.submit(setFrame(pair.frame, 0x123, 2, 0xbbaa))).toBe(Status.Ok);
  expect(receiver.hasReceived()).toBe(true);
  setFrame(pair.frame, 0, 0, 0);
  expect(receiver.receive(pair.frame)).toBe(Status.Ok);
  expect(pair.frame.identifier).toBe(0x123);
  expect(pair.frame.data).toBe(0xbbaa);
  expect(sender.counters.sent).toBe(1);
  expect(receiver.counters.received).toBe(1);
}

function expectSession(end: CanLinkEnd, session: LinkSession, peerPresent: bool): void {
  expect(end.session).toBe(session);
  expect(end.peerPresent).toBe(peerPresent);
  expect(end.running).toBe(session === LinkSession.Running);
}

describe('one end of the link, whichever it is', () => {
  test('takes frames from the other one, and gives it some', () => {
    const pair = new Pair();
    expect(pair.connect()).toBe(true);
    pass(pair, pair.driver, pair.device);
    pair.device.finishReceived(true);
    pass(pair, pair.device, pair.driver);
  });

  test('says where the session is, from before the peer until it has left', () => {
    const pair = new Pair();
    expectSession(pair.driver, LinkSession.Absent, false);
    expectSession(pair.device, LinkSession.Absent, false);
    while (pair.wire.states[DRIVER] === 0) pair.step();
    pair.step();
    // The driver keeps frames for a peer that is coming; a controller that is stopped hears none.
    expectSession(pair.driver, LinkSession.SettingUp, true);
    expectSession(pair.device, LinkSession.SettingUp, false);
    expect(pair.connect()).toBe(true);
    expectSession(pair.driver, LinkSession.Running, true);
    expectSession(pair.device, LinkSession.Running, true);
    pair.driver.leave();
    pair.device.leave();
    expectSession(pair.driver, LinkSession.Absent, false);
    expectSession(pair.device, LinkSession.Absent, false);
  });

  test('keeps a frame open until its end is told, if it is the device', () => {
    const pair = new Pair();
    expect(pair.connect()).toBe(true);
    pass(pair, pair.driver, pair.device);
    expect(pair.device.receivedOpen).toBe(true);
    expect(pair.device.receivedWithdrawn).toBe(false);
    pair.device.finishReceived(true);
    expect(pair.device.receivedOpen).toBe(false);
    expect(pair.device.receivedWithdrawn).toBe(true);
    pass(pair, pair.device, pair.driver);
    expect(pair.driver.receivedOpen).toBe(false);
    expect(pair.driver.receivedWithdrawn).toBe(false, 'nobody waits for it');
  });

  test('begins no session with a silent peer, if it is the driver', () => {
    const pair = new Pair();
    expect(pair.connect()).toBe(true);
    pair.device.noteSilence(true);
    expect(pair.wire.states[DEVICE]).toBe(1, 'the device keeps it');
    pair.driver.noteSilence(true);
    expect(pair.driver.lastFault).toBe(Status.PeerSilent);
    expect(pair.wire.states[DRIVER]).toBe(0, 'own state');
    expect(pair.connect(300_000)).toBe(false);
    expectSession(pair.driver, LinkSession.Absent, false);
    pair.driver.noteSilence(false);
    expect(pair.connect(300_000)).toBe(true);
  });

  test('goes on as before with a peer that is not silent, and does not leave one that is not there', () => {
    const pair = new Pair();
    pair.driver.noteSilence(true);
    expect(pair.driver.lastFault).toBe(Status.Ok, 'no session to end');
    pair.driver.noteSilence(false);
    expect(pair.connect()).toBe(true);
    pair.driver.noteSilence(false);
    expectSession(pair.driver, LinkSession.Running, true);
    expect(pair.driver.lastFault).toBe(Status.Ok);
  });

  test('is awaited while a register write of the driver is not acknowledged, if it is the device', () => {
    const pair = new Pair();
    pair.device.step();
    while (!pair.device.isAwaited) pair.driver.step();
    expect(pair.driver.isAwaited).toBe(false);
    for (let count = 0; count < 3 && pair.device.isAwaited; count++) pair.device.step();
    expect(pair.device.isAwaited).toBe(false);
  });

  test('tells of a bus-off, and has told when the peer knows', () => {
    const pair = new Pair();
    expect(pair.connect()).toBe(true);
    pair.driver.noteBusOff(true, false);
    expectSession(pair.driver, LinkSession.Running, true);
    pair.device.noteBusOff(true, false);
    expect(pair.device.running).toBe(false);
    expect(pair.device.isControlOpen).toBe(true, 'the announcement may be lost');
    pair.step();
    expect(pair.driver.isPeerBusOff).toBe(true);
    expect(pair.device.isPeerBusOff).toBe(false);
    expectSession(pair.driver, LinkSession.SettingUp, true);
  });
});
