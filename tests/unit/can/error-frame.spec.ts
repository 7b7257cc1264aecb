// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Error frames as linux/can/error.h lays them out.
 */
import {
  CONTROLLER_RECEIVE_OVERFLOW,
  CONTROLLER_TRANSMIT_PASSIVE,
  encodeErrorFrame,
  ERROR_BUS_OFF,
  ERROR_CONTROLLER,
  ERROR_RESTARTED,
  isErrorFrame,
  isValidErrorFrame,
} from '../../../src/can/error-frame';
import { dirtyFrame, newFrame } from '../support/frames';

describe('an error frame', () => {
  test('has CAN_ERR_FLAG, the classes, CAN_ERR_CNT and eight bytes', () => {
    const frame = dirtyFrame();
    encodeErrorFrame(frame, ERROR_CONTROLLER, CONTROLLER_TRANSMIT_PASSIVE, 128, 3);
    expect(frame.identifier).toBe(0x20000204);
    expect(frame.length).toBe(8);
    expect(frame.rawDlc).toBe(0);
    expect(frame.padding).toBe(0);
    expect(frame.data).toBe(0x0380_0000_0000_2000); // data[1] 20, data[6] TEC 80, data[7] REC 03
  });

  test('of an overflow, of bus-off and of a restart', () => {
    const frame = dirtyFrame();
    encodeErrorFrame(frame, ERROR_CONTROLLER, CONTROLLER_RECEIVE_OVERFLOW, 0, 0);
    expect(frame.data).toBe(0x0100);
    encodeErrorFrame(frame, ERROR_BUS_OFF, 0, 256, 0);
    expect(frame.identifier).toBe(0x20000240);
    expect(frame.data).toBe(0x00ff_0000_0000_0000); // what does not fit is written as 255
    encodeErrorFrame(frame, ERROR_RESTARTED, 0, 0, 0);
    expect(frame.identifier).toBe(0x20000300);
  });

  test('is told from a frame of the bus, and from a malformed one', () => {
    const frame = newFrame(0x123, 8, 0);
    expect(isErrorFrame(frame)).toBe(false);
    frame.identifier = 0x20000004;
    expect(isErrorFrame(frame)).toBe(true);
    expect(isValidErrorFrame(frame.identifier, frame.length)).toBe(true);
    frame.length = 7;
    expect(isValidErrorFrame(frame.identifier, frame.length)).toBe(false);
    frame.length = 8;
    frame.identifier = 0xa0000004;
    expect(isValidErrorFrame(frame.identifier, frame.length)).toBe(false);
  });
});
