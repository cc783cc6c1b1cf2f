import { createInterface } from 'node:readline';

/** Where a command writes, and how it is asked to stop. Results go to `out`; everything told on the way goes to `err`. */
export interface Terminal {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  /** Whether a person watches `err`: then bars may move. */
  readonly isInteractive: boolean;
  /** Where a person answers a question; undefined where nobody can. */
  readonly in?: NodeJS.ReadableStream | undefined;
}

export const processTerminal: Terminal = {
  out: process.stdout,
  err: process.stderr,
  isInteractive: process.stderr.isTTY === true,
  in: process.stdin.isTTY === true && process.stderr.isTTY === true ? process.stdin : undefined,
};

export function printLine(stream: NodeJS.WritableStream, line = ''): void {
  stream.write(`${line}\n`);
}

/** Asks a question that only `y` or `yes` answers with yes; Ctrl-C and Ctrl-D mean no. @returns null when nobody is there to ask */
export async function confirm({ in: input, err }: Terminal, question: string): Promise<boolean | null> {
  if (input === undefined) return null;
  const reader = createInterface({ input, output: err });
  try {
    // Not readline/promises: its question is never answered once the reader is closed.
    return await new Promise((resolve) => {
      reader.once('close', () => resolve(false));
      reader.question(`${question} [y/N] `, (answer) => resolve(/^y(es)?$/i.test(answer.trim())));
    });
  } finally {
    reader.close();
  }
}

/** Columns as wide as their widest cell. */
export function printTable(stream: NodeJS.WritableStream, rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  for (const row of rows) {
    printLine(
      stream,
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once, as usual. */
export function untilInterrupted(): { readonly signal: AbortSignal; stopListening(): void } {
  const controller = new AbortController();
  const stop = () => {
    stopListening();
    controller.abort();
  };
  const stopListening = () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return { signal: controller.signal, stopListening };
}
