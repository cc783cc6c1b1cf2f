/** What the scripts print about themselves; everything else on the screen comes from the programs they run. */

export function say(message) {
  console.log(`[darkroom] ${message}`);
}

/** Ends a script with a message that tells the reader what to do. */
export class SetupError extends Error {}

/** Prints why a script failed (no stack for what the reader can mend) and sets its exit status. */
export function report(error) {
  console.error(error instanceof SetupError ? `[darkroom] ${error.message}` : error);
  process.exitCode = 1;
}
