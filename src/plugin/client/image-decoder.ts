import type { DecodeEvent, DecodeRequest, ImageDecoder, WatchedDecodeCall } from '../contract.js';
import type { CallTarget } from '../endpoint.js';
import { decodeEventFromWire } from '../wire/answers.js';
import type * as wire from '../wire/messages.js';
import { decodeRequestToWire, wishesToWire } from '../wire/requests.js';
import { checkDecodeRequest, DecodeEventCheck } from './checks.js';
import { runOnHost } from './remote-call.js';

/** An image decoder as the gateway holds it: previews are wished for by a source, not asked for step by step. */
export type RemoteImageDecoder = ImageDecoder<WatchedDecodeCall>;

/**
 * An image decoder that runs on its host. A reader that falls behind pauses the drawing: nothing is lost and nothing
 * piles up, so slow watchers have to be dealt with behind the reader.
 */
export function remoteImageDecoder(
  target: CallTarget,
  { reads, supports, limits, defaults }: Pick<ImageDecoder, 'reads' | 'supports' | 'limits' | 'defaults'>,
): RemoteImageDecoder {
  async function* decode(request: DecodeRequest, call: WatchedDecodeCall): AsyncGenerator<DecodeEvent> {
    checkDecodeRequest(request, { reads, supports, limits }, target.name);
    const wishes = call.previewWishes;
    const answers = runOnHost<wire.DecodeCommandInput, wire.DecodeEvent>(
      target,
      {
        open: (connection) => connection.imageDecoder.Decode(),
        start: () => ({
          start: { request: decodeRequestToWire(request), ...(wishes && { wishes: wishesToWire(wishes.current) }) },
        }),
        abort: { abort: {} },
        batch: 1,
        ...(wishes && { follow: (send) => wishes.onChange(() => send({ wishes: wishesToWire(wishes.current) })) }),
      },
      call.signal,
    );
    const check = new DecodeEventCheck(request, target.name);
    for await (const answer of answers) {
      const event = decodeEventFromWire(answer);
      check.next(event);
      if (event.type === 'step') yield event;
    }
    // Handed over when the call has come to its end: a reader that leaves with its picture aborts nothing.
    yield check.image();
  }
  return { reads, supports, limits, defaults, decode, close: () => target.stop() };
}
