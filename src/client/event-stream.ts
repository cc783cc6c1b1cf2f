/** Subscriptions as Server-Sent Events: the distinct connections mode of GraphQL over SSE, read from `fetch`. */
import { type DarkroomError, connectionFailed, connectionLost, errorOf } from './errors.js';
import { contextOf, notAnAnswer, parse, postJson, withDeadline } from './http.js';
import type { Settings } from './settings.js';
import { type Transport, onOnline } from './transport.js';

export function eventStreamTransport(settings: Settings): Transport {
  return {
    open(operation, listener) {
      const controller = new AbortController();
      const { signal } = controller;
      const lose = () => controller.abort(connectionLost());
      const stopListening = onOnline(lose);
      let silence: ReturnType<typeof setTimeout> | undefined;
      let isOver = false;
      /** Only the first end counts. */
      const end = (tell: () => void): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(silence);
        stopListening();
        controller.abort();
        tell();
      };

      const run = async (): Promise<void> => {
        const response = await withDeadline(settings, { signal, timeoutMs: settings.silenceMs }, (deadline) => {
          deadline.addEventListener('abort', () => controller.abort(deadline.reason));
          return postJson(settings, operation, 'text/event-stream', signal);
        });
        if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
          const body = parse(await response.text());
          throw errorOf(body ?? {}, contextOf(response)) ?? notAnAnswer(body, response);
        }
        listener.opened();
        for await (const message of messagesOf(response.body, () => {
          clearTimeout(silence);
          silence = setTimeout(lose, settings.silenceMs);
        })) {
          if (isOver) return;
          if (message.event === 'complete') return end(() => listener.complete());
          if (message.event === 'next') listener.next(parse(message.data) ?? {});
        }
        throw connectionLost();
      };
      run().catch((thrown: unknown) => {
        const error = toError(signal.aborted ? signal.reason : thrown);
        end(() => listener.broken(error));
      });
      return () => end(() => undefined);
    },
  };

  function toError(error: unknown): DarkroomError {
    if (error instanceof Error && error.name === 'DarkroomError') return error as DarkroomError;
    return connectionFailed(settings.url, error);
  }
}

async function* messagesOf(
  body: ReadableStream<Uint8Array>,
  onSign: () => void,
): AsyncGenerator<{ readonly event: string; readonly data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    onSign();
    text += decoder.decode(chunk.value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      const valueOf = (field: string) =>
        lines
          .find((line) => line.startsWith(`${field}:`))
          ?.slice(field.length + 1)
          .trim() ?? '';
      yield { event: valueOf('event'), data: valueOf('data') };
    }
  }
}
