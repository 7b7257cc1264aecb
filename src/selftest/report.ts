// SPDX-License-Identifier: MIT
/**
 * Report: the lines of the self test on the console, in the form of formats/self-test.ts.
 *
 * Does not: word anything. The console keeps 2 KiB, so lines are short, and the reader has the sentences.
 */
import { SelfTest, selfTestWord, SELF_TEST_WORD_BYTES } from '../../build/generated/self-test';
import { Console } from '../cell/console';
import { JailhouseHost } from '../jailhouse/host';

@final
export class Report {
  faults: u32 = 0;
  untested: u32 = 0;
  readonly console: Console<JailhouseHost>;

  constructor(host: JailhouseHost) {
    this.console = new Console<JailhouseHost>(host);
  }

  /** Begins the line of a test: its name, the result and the number of the finding. */
  result(test: SelfTest, result: string, number: u32): this {
    this.console.text('canwarden: test ').characters(selfTestWord(test), SELF_TEST_WORD_BYTES);
    this.console.text(' ').text(result).text(' ').decimal(number);
    return this;
  }

  /** Adds a value in decimal. */
  value(value: u64): this {
    this.console.text(' ').decimal(value);
    return this;
  }

  /** Adds a byte in hexadecimal. */
  byte(value: u32): this {
    this.console.text(' ').hexadecimal(value & 0xff, 2);
    return this;
  }

  /** Adds the name of a test. */
  name(test: SelfTest): this {
    this.console.text(' ').characters(selfTestWord(test), SELF_TEST_WORD_BYTES);
    return this;
  }

  /** Ends the line and puts it out. */
  end(): void {
    this.console.endLine().flush();
  }

  /** The last line: the numbers of faults and of tests that were not made. */
  finish(): void {
    this.console.text('canwarden: tested, faults ').decimal(this.faults);
    this.console.text(', not tested ').decimal(this.untested).endLine().flush();
  }
}
