import { type RetentionRule, rowsBefore } from '@edutrust/platform/retention';

/** A network that was not used for so long is a new one again. */
export const seenNetworkRetention: RetentionRule = {
  code: 'networks',
  what: { vi: 'mạng mà cán bộ đã từng vào', en: 'networks that staff signed in from' },
  keepMonths: 6,
  source: 'the purpose ends: a network unused for half a year says nothing (Law 91/2025/QH15)',
  erase: rowsBefore('idp.seen_network', 'last_at'),
};
