import { defineEvents } from '@edutrust/platform/events';
import Type from 'typebox';

/** Events for tests of what carries them. */
export const { record } = defineEvents({
  'test.happened': {
    subject: 'thing',
    data: {
      index: Type.Optional(Type.Integer()),
      text: Type.Optional(Type.String()),
      nested: Type.Optional(
        Type.Object({ b: Type.Number(), a: Type.Array(Type.Union([Type.Boolean(), Type.Null()])) }),
      ),
    },
    vi: 'đã thử',
    en: 'tried',
  },
  'other.happened': { subject: 'thing', vi: 'đã thử thứ khác', en: 'tried something else' },
});
