/** Text as it is written: token by token, but never half a character and never the beginning of a stop text. */
import type { Tokenizer } from './tokenizer.js';

/** What bytes that are no whole character decode to; the next token may complete them. */
const HALF_CHARACTER = '\uFFFD';

export class Detokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #stop: readonly string[];
  /** Tokens already given out that the next ones may join on to, then tokens held back. */
  #tokens: number[] = [];
  #given = 0;
  /** Decoded, held back because it may be the beginning of a stop text. */
  #held = '';
  #stopped = false;

  constructor(tokenizer: Tokenizer, stop: readonly string[] = []) {
    this.#tokenizer = tokenizer;
    this.#stop = stop.filter((text) => text !== '');
  }

  /** Whether a stop text has come; nothing more is given out. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** @returns what can be shown now, perhaps nothing yet */
  push(token: number): string {
    this.#tokens.push(token);
    // Some tokenizers write a token differently after another one, so text is what the new tokens add to the old ones.
    const before = this.#tokenizer.decode(this.#tokens.slice(0, this.#given));
    const now = this.#tokenizer.decode(this.#tokens);
    if (now.endsWith(HALF_CHARACTER)) return '';
    this.#tokens = this.#tokens.slice(this.#given);
    this.#given = this.#tokens.length;
    return this.#release(now.slice(before.length), false);
  }

  /** @returns what was held back; call it at the end of a run of text. What follows starts anew. */
  flush(): string {
    const before = this.#tokenizer.decode(this.#tokens.slice(0, this.#given));
    const rest = this.#tokenizer.decode(this.#tokens).slice(before.length);
    [this.#tokens, this.#given] = [[], 0];
    return this.#release(rest, true);
  }

  #release(text: string, atEnd: boolean): string {
    if (this.#stopped) return '';
    const all = this.#held + text;
    const stopAt = Math.min(...this.#stop.map((stop) => all.indexOf(stop)).filter((index) => index >= 0));
    if (Number.isFinite(stopAt)) {
      this.#stopped = true;
      this.#held = '';
      return all.slice(0, stopAt);
    }
    const keep = atEnd ? 0 : Math.max(0, ...this.#stop.map((stop) => beginningAtEnd(all, stop)));
    this.#held = all.slice(all.length - keep);
    return all.slice(0, all.length - keep);
  }
}

/** How many last characters of `text` are the first ones of `stop`. */
function beginningAtEnd(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
