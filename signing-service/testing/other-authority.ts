import { generateKeyPairSync } from 'node:crypto';
import { type Issued, issue, revocationList } from './authority.ts';

/**
 * Another authority of the country: a root that operators may trust, an issuing authority, certificates of schools; its lists
 * are at `{listsAt}/root.crl` and `{listsAt}/ca.crl`.
 */
export function otherAuthority(name: string, listsAt: string) {
  const root = issue({ name: [['commonName', `${name} Root`]], kind: 'authority' });
  const issuing = issue(
    { name: [['commonName', `${name} CA`]], kind: 'authority', listAt: `${listsAt}/root.crl` },
    root,
  );
  const start = new Date('2026-01-01T00:00:00Z');
  const end = new Date('2036-01-01T00:00:00Z');
  return {
    root: root.certificate,
    issuing: issuing.certificate,
    seal: (organisation: string, key: 'rsa' | 'p256'): Issued =>
      issue(
        {
          name: [
            ['country', 'VN'],
            ['organisation', organisation],
            ['commonName', organisation],
          ],
          kind: 'signer',
          listAt: `${listsAt}/ca.crl`,
          ...(key === 'rsa' ? { keys: generateKeyPairSync('rsa', { modulusLength: 2048 }) } : {}),
        },
        issuing,
      ),
    lists: (revoked: Parameters<typeof revocationList>[1]) =>
      new Map([
        [`${listsAt}/root.crl`, revocationList(root, [], start, end)],
        [`${listsAt}/ca.crl`, revocationList(issuing, revoked, start, end)],
      ]),
  };
}
