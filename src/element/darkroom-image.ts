/** `<darkroom-image task="…">`: the picture of a task, from its first preview to the finished file. */
import {
  type DarkroomClient,
  DarkroomError,
  type DevelopingImage,
  type Development,
  type DevelopmentFrame,
  NO_DEVELOPMENT,
  createClient,
  developed,
  secondsLeft,
} from '../client/index.js';

/**
 * | attribute | |
 * |---|---|
 * | `task` | id of the task; a new one begins anew |
 * | `index` | which of its pictures, from 0. Default: 0 |
 * | `alt` | what the picture shows, in words |
 * | `gateway` | address of the gateway. Default: where the page comes from |
 *
 * Events, as those of `<img>` not bubbling: `progress` with every change, `load` when the picture is finished, `error` when there will
 * be none.
 */
export interface DarkroomImageElement extends HTMLElement {
  /** The attribute. */
  alt: string;
  /** Used instead of one that is made from `gateway`: for a client with a token, or one that the page has anyway. */
  client: DarkroomClient | null;
  /** All that is known of the task. */
  readonly development: Development;
  /** Why there will be no picture; CANCELLED when somebody did so. Null while there may be one. */
  readonly error: DarkroomError | null;
}

/** @param name of the element, with a dash; a second call with the same name does nothing */
export function defineDarkroomImage(name = 'darkroom-image'): void {
  if (customElements.get(name) === undefined) customElements.define(name, elementClass());
}

declare global {
  interface HTMLElementTagNameMap {
    'darkroom-image': DarkroomImageElement;
  }
}

/** One for each address, however many elements a page has: they share its connection. */
const clients = new Map<string, DarkroomClient>();

function clientOf(url: string): DarkroomClient {
  let client = clients.get(url);
  if (client === undefined) {
    client = createClient({ url });
    clients.set(url, client);
  }
  return client;
}

/** Made when it is asked for: where there is no page there is no HTMLElement to extend. */
function elementClass(): new () => DarkroomImageElement {
  return class extends HTMLElement implements DarkroomImageElement {
    static readonly observedAttributes = ['task', 'index', 'alt', 'gateway'];

    readonly #view: View;
    #client: DarkroomClient | null = null;
    #development = NO_DEVELOPMENT;
    #error: DarkroomError | null = null;
    #leaving: AbortController | undefined;

    constructor() {
      super();
      this.#view = createView(this.attachShadow({ mode: 'open' }));
      // Previews are loaded, too; only the finished picture counts.
      const { image } = this.#view;
      const isFinished = () => image.getAttribute('src') === this.#image()?.image?.url;
      image.addEventListener('load', () => isFinished() && this.dispatchEvent(new Event('load')));
      image.addEventListener('error', () => isFinished() && this.#end(NOT_LOADED));
    }

    get alt(): string {
      return this.getAttribute('alt') ?? '';
    }

    set alt(alt: string) {
      this.setAttribute('alt', alt);
    }

    get client(): DarkroomClient | null {
      return this.#client;
    }

    set client(client: DarkroomClient | null) {
      if (client === this.#client) return;
      this.#client = client;
      this.#begin();
    }

    get development(): Development {
      return this.#development;
    }

    get error(): DarkroomError | null {
      return this.#error;
    }

    connectedCallback(): void {
      this.#begin();
    }

    disconnectedCallback(): void {
      this.#leaving?.abort();
    }

    attributeChangedCallback(name: string, before: string | null, after: string | null): void {
      if (before === after) return;
      if (name === 'task' || name === 'gateway') this.#begin();
      else this.#show();
    }

    #begin(): void {
      this.#leaving?.abort();
      this.#development = NO_DEVELOPMENT;
      this.#error = null;
      this.#show();
      const task = this.getAttribute('task');
      if (!this.isConnected || task === null || task === '') return;
      this.#leaving = new AbortController();
      void this.#follow(task, this.#leaving.signal);
    }

    async #follow(task: string, signal: AbortSignal): Promise<void> {
      try {
        const client = this.#client ?? clientOf(this.getAttribute('gateway') ?? location.origin);
        for await (const event of client.watch(task, { preview: { maxPerSecond: 12 }, signal })) {
          this.#development = developed(this.#development, event);
          this.#show();
          this.dispatchEvent(new Event('progress'));
        }
        this.#end(outcomeOf(this.#development, this.#image()));
      } catch (error) {
        if (!signal.aborted) this.#end(toDarkroomError(error));
      }
    }

    #end(error: DarkroomError | null): void {
      this.#error = error;
      this.#show();
      if (error) this.dispatchEvent(new Event('error'));
    }

    #show(): void {
      render(this.#view, {
        development: this.#development,
        image: this.#image(),
        error: this.#error,
        alt: this.alt,
        hasTask: this.hasAttribute('task'),
      });
    }

    #image(): DevelopingImage | undefined {
      const index = Number(this.getAttribute('index') ?? 0);
      return this.#development.images.find((image) => image.index === index);
    }
  };
}

const NOT_LOADED = new DarkroomError('CONNECTION_FAILED', 'The picture is finished, but its file did not arrive.', {
  retryable: true,
});

function outcomeOf({ status, error }: Development, image: DevelopingImage | undefined): DarkroomError | null {
  if (status === 'FAILED' && error) return new DarkroomError(error.code, error.message, { retryable: error.retryable });
  if (status === 'CANCELLED') return new DarkroomError('CANCELLED', 'The task was cancelled.');
  if (image?.image) return null;
  return new DarkroomError('NOT_FOUND', 'The task has no such picture: it drew fewer, or it was deleted.');
}

function toDarkroomError(error: unknown): DarkroomError {
  return error instanceof DarkroomError ? error : new DarkroomError('INTERNAL', String(error));
}

// ── What is seen ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface View {
  readonly frame: HTMLElement;
  readonly image: HTMLImageElement;
  readonly progress: HTMLProgressElement;
  readonly caption: HTMLElement;
}

interface Shown {
  readonly development: Development;
  readonly image: DevelopingImage | undefined;
  readonly error: DarkroomError | null;
  readonly alt: string;
  readonly hasTask: boolean;
}

function createView(root: ShadowRoot): View {
  const make = <Name extends keyof HTMLElementTagNameMap>(name: Name, part: string): HTMLElementTagNameMap[Name] => {
    const element = document.createElement(name);
    element.setAttribute('part', part);
    return element;
  };
  const [frame, image] = [make('div', 'frame'), make('img', 'image')];
  const [progress, caption] = [make('progress', 'progress'), make('div', 'caption')];
  frame.append(image, document.createElement('slot'));
  root.append(frame, progress, caption);
  // A style sheet that is made here works under any content security policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  return { frame, image, progress, caption };
}

function render({ frame, image, progress, caption }: View, shown: Shown): void {
  const { development, image: developing, error, alt, hasTask } = shown;
  const preview = developing?.frames.at(-1);
  const source = developing?.image?.url ?? preview?.dataUrl;
  const isRunning = hasTask && error === null && !developing?.image;
  // Its place is known before its first pixel: nothing jumps.
  frame.style.aspectRatio = developing ? `${developing.width} / ${developing.height}` : '';
  frame.toggleAttribute('data-developing', isRunning);
  image.hidden = source === undefined;
  image.alt = alt;
  if (source === undefined) image.removeAttribute('src');
  else if (image.getAttribute('src') !== source) image.src = source;
  progress.hidden = !isRunning;
  progress.ariaLabel = alt === '' ? 'Developing' : alt;
  if (preview) {
    progress.max = preview.numInferenceSteps;
    progress.value = preview.stepIndex;
  } else {
    progress.removeAttribute('value');
  }
  caption.hidden = !isRunning && error === null;
  caption.role = error ? 'alert' : null;
  caption.textContent = error ? error.message : captionOf(development, developing?.frames ?? []);
}

/** Numbers, which need no language. */
function captionOf({ status, position }: Development, frames: readonly DevelopmentFrame[]): string {
  const last = frames.at(-1);
  if (last === undefined) return status === 'QUEUED' && position ? `… ${position}` : '…';
  const left = secondsLeft(frames);
  const parts = [`${last.stepIndex} / ${last.numInferenceSteps}`, `σ ${last.sigma.toFixed(2)}`];
  return [...parts, ...(left === null ? [] : [`${Math.ceil(left)} s`])].join(' · ');
}

const STYLES = `
  :host {
    display: inline-block;
    width: 18rem;
    max-width: 100%;
  }
  :host([hidden]) {
    display: none;
  }
  [part='frame'] {
    position: relative;
    overflow: hidden;
    aspect-ratio: 1;
    background: color-mix(in srgb, currentColor 8%, transparent);
  }
  [part='frame'][data-developing] {
    box-shadow: 0 0 0 1px color-mix(in srgb, var(--darkroom-accent, #c8402c) 40%, transparent);
  }
  [part='image'] {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    object-fit: contain;
  }
  [part='progress'] {
    display: block;
    width: 100%;
    height: 3px;
    border: 0;
    appearance: none;
    background: color-mix(in srgb, currentColor 12%, transparent);
    accent-color: var(--darkroom-accent, #c8402c);
  }
  [part='progress']::-webkit-progress-bar {
    background: none;
  }
  [part='progress']::-webkit-progress-value {
    background: var(--darkroom-accent, #c8402c);
  }
  [part='progress']::-moz-progress-bar {
    background: var(--darkroom-accent, #c8402c);
  }
  [part='caption'] {
    font: 0.8125rem / 1.6 ui-monospace, monospace;
    font-variant-numeric: tabular-nums;
  }
  [hidden] {
    display: none;
  }
`;
