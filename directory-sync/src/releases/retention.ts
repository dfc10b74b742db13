import { type RetentionRule, rowsBefore } from '@edutrust/platform/retention';

/** What went to whom is shown for as long as who looked is. */
export const syncRetention: readonly RetentionRule[] = [
  {
    code: 'releases',
    what: { vi: 'trường nào của ai đã gửi sang hệ thống nào', en: 'which fields of whom went to which system' },
    keepMonths: 24,
    source: 'with the book of who looked; counted from the last time',
    erase: rowsBefore('sync.release', 'last_at'),
  },
];
