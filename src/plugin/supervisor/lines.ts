import type { Readable } from 'node:stream';

/** Longer lines are cut: a plugin that prints without ever ending its line must not fill the gateway's memory. */
const MAX_LINE_CHARACTERS = 16_384;

const PIECES = new RegExp(`.{1,${MAX_LINE_CHARACTERS}}`, 'gs');

export interface LineOptions {
  /** Characters that are passed on in a second; the lines after them are counted, not told. Default 1,000,000. */
  readonly charactersPerSecond?: number;
  /** Told once a second how many lines were left out, and at the end. */
  readonly onLeftOut?: (lines: number) => void;
}

/**
 * Calls `onLine` for each line of a stream that has text in it, and for what is left at its end. A flood is read on, so
 * that the plugin does not stand still, but no faster than ten times what is passed on, so that it costs the gateway
 * little: from there on the plugin waits for its own output.
 */
export function readLines(
  stream: Readable,
  onLine: (line: string) => void,
  { charactersPerSecond = 1_000_000, onLeftOut = () => {} }: LineOptions = {},
): void {
  let rest = '';
  let second = { began: Date.now(), read: 0, told: 0, leftOut: 0 };
  const tick = () => {
    if (second.leftOut > 0) onLeftOut(second.leftOut);
    second = { began: Date.now(), read: 0, told: 0, leftOut: 0 };
  };
  const emit = (line: string) => {
    if (line.trim() === '') return;
    for (const piece of line.match(PIECES) ?? []) {
      if (second.told + piece.length > charactersPerSecond) {
        second.leftOut += 1;
        continue;
      }
      second.told += piece.length;
      onLine(piece);
    }
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    if (Date.now() - second.began >= 1_000) tick();
    second.read += text.length;
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    lines.forEach(emit);
    if (rest.length > MAX_LINE_CHARACTERS) {
      emit(rest);
      rest = '';
    }
    if (second.read <= 10 * charactersPerSecond) return;
    stream.pause();
    setTimeout(() => stream.resume(), Math.max(0, 1_000 - (Date.now() - second.began))).unref();
  });
  stream.on('end', () => {
    emit(rest);
    tick();
  });
}
