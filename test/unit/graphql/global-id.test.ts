import { describe, expect, it } from '@jest/globals';

import { parseGlobalId, rawIdOf, toGlobalId } from '../../../src/graphql/global-id.js';

describe('a global id', () => {
  it('is read back as the type and raw id it was made of', () => {
    expect(parseGlobalId(toGlobalId('Image', '01hz:x'))).toEqual({ type: 'Image', rawId: '01hz:x' });
  });

  it.each([
    ['a raw id', '01hzx'],
    ['nothing', ''],
    ['a type that is no node', Buffer.from('Plugin:x').toString('base64url')],
    ['a type without an id', Buffer.from('Image:').toString('base64url')],
    ['the same id, encoded in another way', `${toGlobalId('Image', 'x')}=`],
  ])('is not %s', (_what, text) => {
    expect(parseGlobalId(text)).toBeNull();
  });

  it('of another type is refused with both types named', () => {
    expect(() => rawIdOf('Image', toGlobalId('Task', 'x'), 'sourceImageId')).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        message: '`sourceImageId` must be the `id` of a Image; it is the id of a Task.',
      }),
    );
  });
});
