// SPDX-License-Identifier: MIT
/**
 * `npm run rules -- import cangw 'cangw -A -s can0 -d vcan0 ...'`: jobs of the kernel's gateway as a rules
 * file.
 *
 * The translation is in rules/import.
 */
import { InputError, writeWhole } from '../../cell-config/files.ts';
import { counted } from '../../cell-config/plural.ts';
import { readCangw } from '../../rules/import/cangw-command.ts';
import { cangwRules } from '../../rules/import/cangw-rules.ts';
import { CommandError, shellWords } from '../../rules/import/shell-words.ts';

export interface ImportOptions {
  readonly bus: string;
  readonly agl: string;
  readonly output?: string;
}

/** The message with its command line, unless it cites the option that is wrong. */
function placed(line: string, message: string): string {
  const where = message.startsWith('-') ? '' : `${line.trim().slice(0, 100)}: `;
  return `${where}${message}. Next: correct it, or take the lines that cangw -L prints`;
}

/** Translates lines of commands, such as `cangw -L` prints them. Throws InputError. */
export function importCangw(texts: readonly string[], options: ImportOptions): void {
  const { bus, agl, output } = options;
  const lines = texts.flatMap((text) => text.split('\n'));
  try {
    const jobs = lines.flatMap((line) => {
      try {
        return shellWords(line).length === 0 ? [] : [readCangw(line)];
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        throw new CommandError(placed(line, error.message), { cause: error });
      }
    });
    const { text, translated } = cangwRules(jobs, { bus, agl });
    if (translated === 0) throw new CommandError(`no job to translate:\n${text}`);
    if (output === undefined) process.stdout.write(text);
    else {
      writeWhole(output, Buffer.from(text));
      console.log(
        `${output}  ${counted(translated, 'job')}. Next: npm run rules -- check ${output}`,
      );
    }
    const left = jobs.length - translated;
    if (left > 0) console.error(`${counted(left, 'line')} is only a comment in it`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new InputError(`import cangw: ${error.message}`, { cause: error });
  }
}
