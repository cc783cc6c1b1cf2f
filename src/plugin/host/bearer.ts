import { Metadata, type ServerInterceptor, ServerInterceptingCall, status } from '@grpc/grpc-js';
import { createHash, timingSafeEqual } from 'node:crypto';

/** Refuses every call that does not bring the token, before anything of its message is read. */
export function bearerOnly(token: string): ServerInterceptor {
  const wanted = digest(`Bearer ${token}`);
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, accept) {
            const [came = ''] = metadata.get('authorization');
            if (timingSafeEqual(digest(String(came)), wanted)) return accept(metadata);
            call.sendStatus({
              code: status.UNAUTHENTICATED,
              details: 'This plugin takes calls with its token alone: "authorization: Bearer …".',
              metadata: new Metadata(),
            });
          },
        }),
    });
}

/** Of equal length, so that a comparison takes the same time for every token. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
