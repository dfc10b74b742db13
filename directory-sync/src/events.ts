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
  'sync-client.added': {
    subject: 'sync-client',
    data: { kind: Type.String(), mayWrite: Type.Boolean() },
    vi: 'cho một hệ thống đọc dữ liệu',
    en: 'client system added',
  },
  'sync-client.token-renewed': {
    subject: 'sync-client',
    vi: 'đổi mã truy cập của một hệ thống',
    en: 'client token renewed',
  },
  'sync-client.ended': { subject: 'sync-client', vi: 'ngừng quyền của một hệ thống', en: 'client system ended' },
  'scim-group.added': { subject: 'scim-group', vi: 'hệ thống ngoài thêm nhóm', en: 'group added by SCIM' },
  'scim-group.changed': { subject: 'scim-group', vi: 'hệ thống ngoài sửa nhóm', en: 'group changed by SCIM' },
  'scim-group.removed': { subject: 'scim-group', vi: 'hệ thống ngoài xoá nhóm', en: 'group removed by SCIM' },
  'sync-source.added': {
    subject: 'sync-source',
    data: { kind: Type.String(), isWhole: Type.Boolean(), applies: Type.Boolean() },
    vi: 'thêm nguồn danh sách',
    en: 'roster source added',
  },
  'sync-source.changed': { subject: 'sync-source', vi: 'sửa nguồn danh sách', en: 'roster source changed' },
  'sync-source.removed': { subject: 'sync-source', vi: 'gỡ nguồn danh sách', en: 'roster source removed' },
  'sync-source.run-finished': {
    subject: 'sync-source',
    data: { runId: Uuid, state: Type.String(), planIds: Type.Array(Uuid), code: Type.Optional(Type.String()) },
    vi: 'đọc xong một nguồn danh sách',
    en: 'roster source read',
  },
  'sync-target.added': { subject: 'sync-target', vi: 'thêm đích đồng bộ', en: 'sync target added' },
  'sync-target.changed': { subject: 'sync-target', vi: 'sửa đích đồng bộ', en: 'sync target changed' },
  'sync-target.file-written': {
    subject: 'sync-target',
    data: { people: Count, groups: Count },
    vi: 'viết tệp nạp lần đầu cho đích đồng bộ',
    en: 'first load of a sync target written as a file',
  },
  'sync-target.paused': { subject: 'sync-target', vi: 'tạm dừng đích đồng bộ', en: 'sync target paused' },
  'sync-target.resumed': { subject: 'sync-target', vi: 'cho đích đồng bộ chạy tiếp', en: 'sync target resumed' },
  'export.added': {
    subject: 'export',
    data: { clientId: Uuid, format: Type.String(), schedule: Type.String() },
    vi: 'thêm tệp xuất',
    en: 'export added',
  },
  'export.downloaded': { subject: 'export', data: { fileId: Uuid }, vi: 'tải tệp xuất', en: 'export downloaded' },
  'export.removed': { subject: 'export', vi: 'gỡ tệp xuất', en: 'export removed' },
  'webhook.added': {
    subject: 'webhook',
    data: { clientId: Uuid, types: Type.Array(Type.String()) },
    vi: 'thêm nơi nhận tin (webhook)',
    en: 'webhook added',
  },
  'webhook.disabled': {
    subject: 'webhook',
    data: { reason: Type.Enum(['gone', 'failing']) },
    vi: 'ngừng webhook vì không gửi được',
    en: 'webhook disabled because it failed',
  },
  'webhook.paused': { subject: 'webhook', vi: 'tạm dừng webhook', en: 'webhook paused' },
  'webhook.removed': { subject: 'webhook', vi: 'gỡ webhook', en: 'webhook removed' },
  'webhook.replayed': { subject: 'webhook', vi: 'gửi lại tin của webhook', en: 'webhook messages sent again' },
  'webhook.resumed': { subject: 'webhook', vi: 'bật lại webhook', en: 'webhook resumed' },
  'webhook.secret-rotated': { subject: 'webhook', vi: 'đổi khoá ký của webhook', en: 'webhook secret rotated' },
  'sync-target.removed': { subject: 'sync-target', vi: 'gỡ đích đồng bộ', en: 'sync target removed' },
});

export const { record } = syncEvents;
