import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { listAuthorities } from '../authority/authorities.ts';
import { installHierarchy, requestAuthorities } from '../authority/hierarchy.ts';
import { revocationReasons } from '../authority/reasons.ts';
import { parseCertificate, pemBodies } from '../certificate/certificate.ts';
import { record } from '../events.ts';
import { isUsable, parseRevocationList } from '../path/crl.ts';
import { keepRevocationList } from '../revocation/revocation-list.ts';
import { certsOf } from '../tables.ts';
import { readHierarchy, readList, writeRequests } from './ceremony.ts';

/** Makes keys for the next issuing authorities; gives the text of the file that the ceremony answers. */
export async function requestCeremony(context: ServiceContext): Promise<string> {
  return context.db.transaction().execute(async (transaction) => {
    const requests = await requestAuthorities(context, transaction);
    await record(transaction, {
      type: 'authority.requested',
      actor: { kind: 'system', name: 'certs' },
      subject: { kind: 'authority', id: `generation-${requests.generation}` },
      data: {},
    });
    return writeRequests(requests);
  });
}

/**
 * Takes over what a ceremony left: a hierarchy, or a new list of a root whose key is kept apart.
 *
 * @throws InvalidInput for a file that is neither, or does not fit this server.
 */
export async function installCeremony(context: ServiceContext, text: string, actor: Actor): Promise<string> {
  const [list] = pemBodies(text, 'X509 CRL');
  if (list && !text.trimStart().startsWith('{')) return installRootList(context, list, actor);
  const hierarchy = readHierarchy(text);
  await context.db.transaction().execute((transaction) => installHierarchy(context, transaction, hierarchy, actor));
  return parseCertificate(hierarchy.root).fingerprint;
}

/** A root's list: signed by it, newer than what we have. Authorities that it revokes are revoked here too. */
async function installRootList(context: ServiceContext, der: Buffer, actor: Actor): Promise<string> {
  const { db, clock } = context;
  const parsed = parseRevocationList(der);
  const root = (await listAuthorities(db)).find(({ issuerId, certificate: rootDer }) => {
    const { subject, publicKey } = parseCertificate(rootDer);
    return issuerId === null && isUsable(parsed, subject.canonical, publicKey(), clock.now());
  });
  if (!root) {
    throw new InvalidInput('ceremony/bad-list', {
      vi: 'Danh sách thu hồi này không do gốc nào của hệ thống ký, hoặc đã hết hạn.',
      en: 'This revocation list is not signed by a root of ours, or is out of date.',
    });
  }
  const list = readList(der);
  const reasonOf = new Map(Object.entries(revocationReasons).map(([name, code]) => [code as number, name]));
  await db.transaction().execute(async (transaction) => {
    await keepRevocationList(transaction, { issuerId: root.id, delta: null, ...list });
    for (const [serial, { at, reason }] of parsed.revoked) {
      const { numUpdatedRows } = await certsOf(transaction)
        .updateTable('certs.certificate')
        .set({ revoked_at: at, revocation_reason: reasonOf.get(reason) ?? 'unspecified', listed_in: list.number })
        .where('serial', '=', serial)
        .where('issuer_id', '=', root.id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) continue;
      await record(transaction, {
        type: 'certificate.revoked',
        actor,
        subject: { kind: 'certificate', id: serial },
        data: { reason: reasonOf.get(reason) ?? 'unspecified' },
      });
    }
  });
  return `${root.id} ${list.number}`;
}
