import type { Readable } from 'node:stream';

/** Longer lines are cut: a plugin that prints without ever ending its line must not fill the gateway's memory. */
const MAX_LINE_CHARACTERS = 16_384;

const PIECES = new RegExp(`.{1,${MAX_LINE_CHARACTERS}}`, 'gs');

/** Calls `onLine` for each line of a stream that has text in it, and for what is left at its end. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  const emit = (line: string) => {
    if (line.trim() !== '') line.match(PIECES)?.forEach((piece) => onLine(piece));
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    lines.forEach(emit);
    if (rest.length > MAX_LINE_CHARACTERS) {
      emit(rest);
      rest = '';
    }
  });
  stream.on('end', () => emit(rest));
}
