/**
 * One request while its answer is written: what it wants to read next, and what becomes of the scores that come back.
 * It runs no graph itself, so that many sequences can share each pass.
 *
 *   prompt ──► text token ──► text token … ──► end
 *                  │   ▲
 *                  ▼   │
 *              image block          (may come any number of times in a reply)
 *
 * `generate` and `edit` must give a picture. Their first pass already holds the words that the model was trained to say
 * before one, and the image block behind them: a guess, held against the scores of the same pass. Where the model would
 * have said something else, the rows from there on are forgotten and it goes on token by token, so the answer is always
 * the one of plain decoding. If it then says more than a lead-in, or ends, without beginning a picture, its words are
 * thrown away, and lead-in and picture are forced.
 */
import { GatewayError } from '../../errors/index.js';
import type { EndReason, GenerateEvent, ImageEmbeddings, LanguageTask } from '../../plugin/contract.js';
import type { Float32 } from '../tensor/tensor.js';
import type { ChatPrompt } from '../tokenizer/chat-prompt.js';
import { Detokenizer } from '../tokenizer/detokenizer.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { type ImageBlockShape, imageBlock, imageBlockLength } from './image-block.js';
import type { RowRun, RowSource } from './language-graphs.js';
import { type Position, promptPositions, textPosition } from './mrope.js';
import { isGreedy, type Sampling, TokenChooser } from './token-choice.js';

export interface SequenceSettings {
  readonly space: string;
  readonly block: ImageBlockShape;
  readonly imagePad: number;
  readonly endOfText: ReadonlySet<number>;
  readonly contextLength: number;
  /** Tokens of the longest lead-in of any task and language: how long a model may talk before its picture is forced. */
  readonly longestLeadIn: number;
  /** Try lead-in and picture together with the prompt. */
  readonly guessLeadIn: boolean;
  readonly tokenizer: Tokenizer;
  /** float32 [imageTokens, D] */
  readonly imagePrefillRows: Float32;
}

export interface SequenceRequest {
  readonly task: LanguageTask;
  readonly prompt: ChatPrompt;
  readonly sampling: Sampling;
}

/** What a sequence wants read. */
export interface Pass extends RowRun {
  /** Rows after which scores of the next token are wanted, ascending. */
  readonly logitsAfter: readonly number[];
  /** First of the rows that give a picture; none when absent. */
  readonly imageAt?: number;
  /** Whether rows behind the prompt are a guess that the scores must confirm. */
  readonly isGuess?: boolean;
}

export interface PassResult {
  /** For each of `logitsAfter`, float32 [vocab]; may be changed. */
  readonly logits: readonly Float32Array[];
  /** float32 [imageTokens, E] when `imageAt` was given. */
  readonly image?: Float32;
}

export class Sequence {
  readonly #request: SequenceRequest;
  readonly #settings: SequenceSettings;
  readonly #chooser: TokenChooser;
  readonly #promptNext: number;
  #detokenizer: Detokenizer;
  #events: GenerateEvent[] = [];
  #pass: Pass;
  /** Cached rows to keep when the last pass went too far; undefined keeps all. */
  #keepRows: number | undefined;
  #ended = false;
  /** Position of the next row. */
  #position: number;
  /** Tokens of the answer so far: text, and all rows of pictures. */
  #tokens = 0;
  #pictures = 0;

  /**
   * @throws GatewayError PROMPT_TOO_LONG when prompt and a least answer do not fit the context; BAD_INPUT when
   *   maxNewTokens leaves no room for the picture that the task wants
   */
  constructor(request: SequenceRequest, settings: SequenceSettings) {
    this.#request = request;
    this.#settings = settings;
    this.#expectRoom();
    const { prompt, sampling } = request;
    const grids = prompt.images.map((image) => image.gridThw);
    const { positions, next } = promptPositions(prompt.ids, grids, settings.imagePad, settings.block.mergeSize);
    this.#promptNext = this.#position = next;
    this.#chooser = new TokenChooser(prompt.ids, sampling);
    this.#detokenizer = this.#newDetokenizer();
    this.#pass = this.#promptPass(promptRows(prompt, settings.imagePad), positions);
  }

  /** What to read next. */
  get pass(): Pass {
    return this.#pass;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** How many cached rows are true after the last `take`; undefined when all are. */
  get keepRows(): number | undefined {
    return this.#keepRows;
  }

  /** What has happened since the last call. No words leave before a picture that is owed: they may be thrown away. */
  takeEvents(): GenerateEvent[] {
    if (this.#owesPicture) return [];
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Go on with what the pass gave. @throws GatewayError INFERENCE_FAILED when it gave no numbers */
  take(result: PassResult): void {
    this.#keepRows = undefined;
    const pass = this.#pass;
    if (pass.isGuess === true && !this.#confirmGuess(result)) return;
    if (result.image !== undefined) this.#takeImage(result.image);
    const last = result.logits.at(-1);
    if (!this.#ended && last !== undefined) this.#accept(this.#choose(last));
  }

  // ── Passes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #promptPass(rows: readonly RowSource[], positions: readonly Position[]): Pass {
    if (!this.#owesPicture || !this.#settings.guessLeadIn || !isGreedy(this.#request.sampling)) {
      return { rows, positions, logitsAfter: [rows.length - 1] };
    }
    const forced = this.#leadInAndImage();
    const lastOfPrompt = rows.length - 1;
    const confirmations = Array.from({ length: this.#leadIn.length + 1 }, (_, step) => lastOfPrompt + step);
    const all = { rows: [...rows, ...forced.rows], positions: [...positions, ...forced.positions] };
    return {
      ...all,
      logitsAfter: [...confirmations, all.rows.length - 1],
      imageAt: rows.length + forced.imageAt,
      isGuess: true,
    };
  }

  #textPass(token: number): Pass {
    return { rows: [token], positions: [textPosition(this.#position++)], logitsAfter: [0] };
  }

  #imagePass(): Pass {
    const block = imageBlock(this.#position, this.#settings.imagePrefillRows, this.#settings.block);
    return { rows: block.rows, positions: block.positions, logitsAfter: [block.rows.length - 1], imageAt: 0 };
  }

  /** Lead-in, then an image block, behind the prompt. */
  #leadInAndImage(): RowRun & { imageAt: number } {
    const leadIn = this.#leadIn;
    const block = imageBlock(this.#promptNext + leadIn.length, this.#settings.imagePrefillRows, this.#settings.block);
    return {
      rows: [...leadIn, ...block.rows],
      positions: [...leadIn.map((_, step) => textPosition(this.#promptNext + step)), ...block.positions],
      imageAt: leadIn.length,
    };
  }

  // ── What the model says ────────────────────────────────────────────────────────────────────────────────────────────

  /** Token by token against the scores; true when lead-in and beginning of the picture are what the model would say. */
  #confirmGuess({ logits }: PassResult): boolean {
    const guessed = [...this.#leadIn, this.#settings.block.visionStart];
    for (const [step, token] of guessed.entries()) {
      const chosen = this.#choose(logits[step] ?? new Float32Array(0));
      if (chosen !== token) {
        this.#keepRows = this.#request.prompt.ids.length + step;
        this.#accept(chosen);
        return false;
      }
      if (step < this.#leadIn.length) this.#takeText(token);
      this.#position = this.#promptNext + Math.min(step + 1, this.#leadIn.length);
    }
    return true;
  }

  #choose(logits: Float32Array): number {
    const { block, imagePad } = this.#settings;
    const { task } = this.#request;
    // Rows of pictures are never sampled: the end comes by count, and a placeholder would be an embedding of nothing.
    const forbidden = [block.visionEnd, imagePad];
    const enoughPictures = task === 'understand' || (task !== 'reply' && this.#pictures > 0);
    if (enoughPictures) forbidden.push(block.visionStart);
    return this.#chooser.choose(logits, forbidden);
  }

  #accept(token: number): void {
    const { endOfText, block, longestLeadIn } = this.#settings;
    if (endOfText.has(token)) {
      if (this.#owesPicture) this.#forcePicture();
      else this.#end('stop');
    } else if (token === block.visionStart) {
      if (this.#tokens + imageBlockLength(block) > this.#budget) this.#end('length');
      else this.#pass = this.#imagePass();
    } else if (this.#owesPicture && this.#tokens >= longestLeadIn) {
      this.#forcePicture();
    } else {
      this.#takeText(token);
      if (this.#detokenizer.stopped && !this.#owesPicture) this.#end('stop');
      else if (this.#tokens >= this.#budget) this.#end('length');
      else this.#pass = this.#textPass(token);
    }
  }

  #takeText(token: number): void {
    this.#tokens++;
    this.#chooser.see(token);
    this.#say(this.#detokenizer.push(token));
  }

  #takeImage(embeddings: Float32): void {
    const { space, block, imagePad } = this.#settings;
    this.#say(this.#detokenizer.flush());
    for (const id of [block.visionStart, imagePad, block.visionEnd]) this.#chooser.see(id);
    this.#position = imageBlock(this.#position, this.#settings.imagePrefillRows, block).next;
    this.#tokens += imageBlockLength(block);
    this.#pictures++;
    const image: ImageEmbeddings = { space, embeddings, gridThw: block.gridThw };
    this.#events.push({ type: 'image', image });
    if (this.#detokenizer.stopped) this.#end('stop');
    else if (this.#tokens >= this.#budget) this.#end('length');
  }

  /** Begin the answer anew, with the words and the picture that the task wants. */
  #forcePicture(): void {
    this.#keepRows = this.#request.prompt.ids.length;
    this.#events = [];
    this.#chooser.restart(this.#request.prompt.ids);
    this.#detokenizer = this.#newDetokenizer();
    this.#tokens = 0;
    for (const token of this.#leadIn) this.#takeText(token);
    this.#position = this.#promptNext + this.#leadIn.length;
    const { rows, positions, imageAt } = this.#leadInAndImage();
    this.#pass = { rows, positions, logitsAfter: [rows.length - 1], imageAt };
  }

  #say(text: string): void {
    if (text !== '') this.#events.push({ type: 'text', text });
  }

  #end(reason: EndReason): void {
    this.#say(this.#detokenizer.flush());
    const usage = { promptTokens: this.#request.prompt.ids.length, completionTokens: this.#tokens };
    this.#events.push({ type: 'end', reason, usage });
    this.#ended = true;
  }

  // ── Limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  get #leadIn(): readonly number[] {
    return this.#request.prompt.leadIn;
  }

  /** Whether the task wants a picture that has not come yet. */
  get #owesPicture(): boolean {
    const { task } = this.#request;
    return (task === 'generate' || task === 'edit') && this.#pictures === 0;
  }

  /** Tokens that the answer may have. */
  get #budget(): number {
    return Math.min(
      this.#request.sampling.maxNewTokens,
      this.#settings.contextLength - this.#request.prompt.ids.length,
    );
  }

  #expectRoom(): void {
    const { block, contextLength, longestLeadIn } = this.#settings;
    const { prompt, sampling } = this.#request;
    const least = this.#owesPicture ? longestLeadIn + imageBlockLength(block) : 1;
    if (prompt.ids.length + least > contextLength) {
      throw new GatewayError(
        'PROMPT_TOO_LONG',
        `The conversation has ${prompt.ids.length} tokens and the answer wants at least ${least}, but the model reads ${contextLength} in all; shorten it.`,
      );
    }
    if (sampling.maxNewTokens < least) {
      throw new GatewayError(
        'BAD_INPUT',
        `A picture wants at least ${least} new tokens, but maxNewTokens is ${sampling.maxNewTokens}; raise it.`,
      );
    }
  }

  #newDetokenizer(): Detokenizer {
    return new Detokenizer(this.#settings.tokenizer, this.#request.sampling.stop);
  }
}

/**
 * Placeholder ids become the pictures' rows, in order; everything else is looked up. Where the embedding space is narrower
 * than the language model, a row begins with its embedding and the rest stays 0.
 */
function promptRows(prompt: ChatPrompt, imagePad: number): RowSource[] {
  const pictureRows = prompt.images.flatMap(({ embeddings: { data, dims } }) => {
    const width = dims[1] ?? 0;
    return Array.from({ length: dims[0] ?? 0 }, (_, row) => data.subarray(row * width, (row + 1) * width));
  });
  let next = 0;
  return prompt.ids.map((id) => (id === imagePad ? (pictureRows[next++] as Float32Array) : id));
}
