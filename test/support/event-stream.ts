/** A client of GraphQL over Server-Sent Events, down to the bytes: what the protocol promises is seen here, not in a library. */
export interface StreamMessage {
  readonly event: string;
  readonly id: string | undefined;
  /** Parsed JSON; null for an empty one. */
  readonly data: unknown;
}

export interface Stream extends AsyncIterable<StreamMessage> {
  readonly status: number;
  readonly contentType: string | null;
  /** As a lost network would. */
  breakOff(): void;
}

export async function openStream(
  url: string,
  query: { toString(): string },
  variables: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query: query.toString(), variables }),
    signal: controller.signal,
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    breakOff: () => controller.abort(),
    async *[Symbol.asyncIterator]() {
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        // A block that begins with a colon is a comment.
        yield* blocks.filter((block) => !block.startsWith(':')).map(toMessage);
      }
    },
  };
}

function toMessage(block: string): StreamMessage {
  const fields = Object.fromEntries(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
  const data = fields['data'] ?? '';
  return { event: fields['event'] ?? 'message', id: fields['id'], data: data === '' ? null : JSON.parse(data) };
}
