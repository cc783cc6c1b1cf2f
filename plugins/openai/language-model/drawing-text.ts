/** Finds `<draw>…</draw>` and `<edit>…</edit>` in words that come piece by piece. */

export type TextOrDrawing =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'drawing'; readonly prompt: string; readonly edits: boolean };

const OPEN = /<(draw|edit)>/;
const MARKS = ['<draw>', '<edit>'];

export class DrawingText {
  #held = '';

  /** What is certain by now; the beginning of a mark waits for its end. */
  push(text: string): TextOrDrawing[] {
    this.#held += text;
    const found: TextOrDrawing[] = [];
    for (;;) {
      const open = OPEN.exec(this.#held);
      if (open === null) break;
      const [mark, kind] = open;
      const end = this.#held.indexOf(`</${kind}>`, open.index);
      if (end === -1) {
        found.push(...textOf(this.#held.slice(0, open.index)));
        this.#held = this.#held.slice(open.index);
        return found;
      }
      found.push(...textOf(this.#held.slice(0, open.index)));
      found.push(...drawingOf(this.#held.slice(open.index + mark.length, end), kind === 'edit'));
      this.#held = this.#held.slice(end + mark.length + 1);
    }
    const certain = this.#held.length - lengthOfBegunMark(this.#held);
    found.push(...textOf(this.#held.slice(0, certain)));
    this.#held = this.#held.slice(certain);
    return found;
  }

  /** What is left at the end; a mark that was never closed is taken as closed. */
  end(): TextOrDrawing[] {
    const held = this.#held;
    this.#held = '';
    const open = OPEN.exec(held);
    return open === null ? textOf(held) : drawingOf(held.slice(open[0].length), open[1] === 'edit');
  }
}

function textOf(text: string): TextOrDrawing[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function drawingOf(words: string, edits: boolean): TextOrDrawing[] {
  const prompt = words.trim();
  return prompt === '' ? [] : [{ type: 'drawing', prompt, edits }];
}

function lengthOfBegunMark(text: string): number {
  for (let length = Math.min(text.length, 5); length > 0; length -= 1)
    if (MARKS.some((mark) => mark.startsWith(text.slice(-length)))) return length;
  return 0;
}
