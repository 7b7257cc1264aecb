// SPDX-License-Identifier: MIT
/**
 * Puts bit rate, sample point and crystal into the head of the status page.
 *
 * Does not: refresh the page.
 */
import {
  HEAD_BITRATE,
  HEAD_CRYSTAL_HERTZ,
  HEAD_REAL_BITRATE,
  HEAD_SAMPLE_POINT,
} from '../../page/layout';
import { AnyParts } from '../parts';

/** Shows what is in force; while the bit rate is looked for, it has no number. */
export function showBitTiming<Parts extends AnyParts>(parts: Parts): void {
  const page = parts.records.page;
  const rate = parts.controller.rate;
  const isKnown = !parts.isRateSought;
  page.setHead(HEAD_BITRATE, isKnown ? parts.settings.bitrate : 0);
  page.setHead(HEAD_REAL_BITRATE, isKnown ? rate.realBitrate : 0);
  page.setHead(HEAD_SAMPLE_POINT, isKnown ? rate.timing.samplePointPermille : 0);
  page.setHead(HEAD_CRYSTAL_HERTZ, parts.crystalHertz);
}
