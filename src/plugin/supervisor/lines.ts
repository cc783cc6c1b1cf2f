import type { Readable } from 'node:stream';

/** Longer lines are cut: a plugin that prints without ever ending its line must not fill the gateway's memory. */
const MAX_LINE_CHARACTERS = 16_384;

/** Calls `onLine` for each line of a stream that has text in it, and for what is left at its end. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  const emit = (line: string) => {
    if (line.trim() !== '') onLine(line);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    lines.forEach(emit);
    while (rest.length > MAX_LINE_CHARACTERS) {
      emit(rest.slice(0, MAX_LINE_CHARACTERS));
      rest = rest.slice(MAX_LINE_CHARACTERS);
    }
  });
  stream.on('end', () => emit(rest));
}
