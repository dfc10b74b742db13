import { defineEvents } from '@edutrust/platform/events';
import { Sha256Hex, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';

const Count = Type.Integer({ minimum: 0 });

/** What can happen to targets of the sync, and how people read it. */
export const syncEvents = defineEvents({
  'sync.run-finished': {
    subject: 'sync-target',
    data: {
      runId: Uuid,
      state: Type.String(),
      mode: Type.Optional(Type.String()),
      approvalId: Type.Optional(Uuid),
      added: Type.Optional(Count),
      changed: Type.Optional(Count),
      disabled: Type.Optional(Count),
      unchanged: Type.Optional(Count),
      failed: Type.Optional(Count),
      memberships: Type.Optional(Count),
    },
    vi: 'xong một lượt đồng bộ',
    en: 'sync run finished',
  },
  'sync.run-released': {
    subject: 'sync-target',
    data: { runId: Uuid, digest: Sha256Hex, disabled: Count },
    vi: 'cho phép lượt đồng bộ bị giữ',
    en: 'held sync run released',
  },
  'sync-target.added': { subject: 'sync-target', vi: 'thêm đích đồng bộ', en: 'sync target added' },
  'sync-target.removed': { subject: 'sync-target', vi: 'gỡ đích đồng bộ', en: 'sync target removed' },
});

export const { record } = syncEvents;
