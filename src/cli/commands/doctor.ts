import type { Command } from 'commander';

import { readConfig } from '../config.js';
import { examine } from '../doctor.js';
import { startPlugins } from '../local-models.js';
import { ExitError } from '../exit.js';
import type { GlobalOptions } from '../global-options.js';
import { type Terminal, printLine } from '../terminal.js';

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('say what works on this machine, what does not and how to mend it')
    .action(async (_options: unknown, invoked: Command) => {
      const options = invoked.optsWithGlobals<GlobalOptions>();
      const config = await readConfig(options);
      let failures = 0;
      for await (const { isOk, what, mend } of examine(config, () => startPlugins(config, options, terminal))) {
        printLine(terminal.out, `${isOk ? 'ok    ' : 'not ok'}  ${what}`);
        if (mend !== undefined) printLine(terminal.out, `        ${mend}`);
        if (!isOk) failures += 1;
      }
      printLine(
        terminal.out,
        failures === 0 ? '\nEverything works.' : `\n${failures} of these ${failures === 1 ? 'needs' : 'need'} mending.`,
      );
      if (failures > 0) throw new ExitError(1);
    });
}
