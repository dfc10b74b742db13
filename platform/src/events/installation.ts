import Type from 'typebox';
import { defineEvents } from './define.ts';

/** What can happen to the installation itself. */
export const installationEvents = defineEvents({
  'backup.restored': {
    subject: 'installation',
    data: { takenAt: Type.String(), isMove: Type.Boolean() },
    vi: 'khôi phục từ bản sao lưu',
    en: 'restored from a backup',
  },
});
