import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { sql } from 'kysely';
import {
  type AuthorityRequests,
  authorityCommonNames,
  authorityId,
  authorityName,
  type Hierarchy,
  type IssuingRole,
  makeHierarchy,
} from '../ceremony/hierarchy.ts';
import { type Certificate, encodeName, parseCertificate } from '../certificate/certificate.ts';
import { lint } from '../certificate/lint.ts';
import { makeRequest } from '../certificate/request.ts';
import { algorithmOfKey } from '../certificate/signature.ts';
import { record } from '../events.ts';
import { keepOfflineKey, keyStore } from '../key-store/key-store.ts';
import { validatePath } from '../path/path.ts';
import { keepRevocationList, listLifetimeMs, publishRevocationList } from '../revocation/revocation-list.ts';
import { certsOf } from '../tables.ts';
import { type AuthorityRole, listAuthorities } from './authorities.ts';
import { keepIssued } from './issuance.ts';
import { makeResponders } from './responders.ts';

const organisation = 'Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh';
const purposes = {
  root: 'trust anchor',
  people: 'officials and organisations',
  services: 'time stamps and status services',
} as const;
const issuingRoles = ['people', 'services'] as const satisfies readonly IssuingRole[];
const setup = { kind: 'system', name: 'setup' } as const;

/** One ceremony at a time, of however many processes. */
async function lockHierarchy(transaction: Transaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('edutrust.certs.authorities', 0))`.execute(transaction);
}

/**
 * Makes the authorities at the first start, root key included; of several processes at once one does it. Where the root
 * is to be kept apart, the ceremony comes before the first start (docs/certificates.md) and this finds them. Resolves to
 * whether it made them.
 */
export async function ensureAuthorities(context: ServiceContext): Promise<boolean> {
  return context.db.transaction().execute(async (transaction) => {
    await lockHierarchy(transaction);
    if ((await listAuthorities(transaction)).length > 0) return false;
    const keys = keyStore(context);
    const key = await keys.generate(transaction, 'ca', 'p384');
    const hierarchy = await makeHierarchy(
      await requestAuthorities(context, transaction),
      {
        publicKey: key.publicKey,
        signatureAlgorithm: 'ecdsa-sha384',
        sign: (bytes) => keys.sign(transaction, key.id, 'ca', bytes),
      },
      { now: context.clock.now(), rootListLifetimeMs: listLifetimeMs },
    );
    await installHierarchy(context, transaction, hierarchy, setup, key.id);
    return true;
  });
}

/** Makes keys for the next issuing authorities and the requests that the ceremony answers. */
export async function requestAuthorities(
  context: ServiceContext,
  transaction: Transaction,
): Promise<AuthorityRequests> {
  const roots = (await listAuthorities(transaction)).filter(({ role }) => role === 'root');
  const generation = roots.length + 1;
  const request = async (role: IssuingRole) => {
    const keys = keyStore(context);
    const { id, publicKey } = await keys.generate(transaction, 'ca');
    const name = authorityName(organisation, authorityCommonNames[role], generation);
    return makeRequest(name, publicKey, (bytes) => keys.sign(transaction, id, 'ca', bytes));
  };
  const requests = { people: await request('people'), services: await request('services') };
  return { origin: context.config.url.origin, generation, organisation, requests };
}

/**
 * Takes over what a ceremony made: the new authorities issue from now on, those before them retire, with lists and
 * answers that go on. All or nothing.
 *
 * @throws InvalidInput `authorities/bad-hierarchy`; Conflict `authorities/other-generation`.
 */
export async function installHierarchy(
  context: ServiceContext,
  transaction: Transaction,
  hierarchy: Hierarchy,
  actor: Actor,
  rootKeyId?: string,
): Promise<void> {
  await lockHierarchy(transaction);
  const { generation, root, issuing, cross, rootList } = hierarchy;
  await mustFollowOn(transaction, generation);
  const keyIds = await mustFit(context, transaction, hierarchy);
  await retireAuthorities(transaction, context.clock.now());
  const rootId = authorityId('root', generation);
  const keepMade = (authority: MadeAuthority) => keepAuthority(context, transaction, { ...authority, rootId }, actor);
  await keepMade({
    id: rootId,
    role: 'root',
    der: root,
    keyId: rootKeyId ?? (await keepOfflineRootKey(transaction, parseCertificate(root))),
  });
  for (const role of issuingRoles) {
    await keepMade({ id: authorityId(role, generation), role, der: issuing[role], keyId: keyIds[role] });
  }
  for (const der of cross) await keepCross(context, transaction, parseCertificate(der), hierarchy);
  await keepRevocationList(transaction, { issuerId: rootId, delta: null, ...rootList });
  await makeResponders(context, transaction, generation);
  for (const role of issuingRoles)
    await publishRevocationList(context, transaction, authorityId(role, generation), { isBase: true });
}

async function mustFollowOn(transaction: Transaction, generation: number): Promise<void> {
  const before = await listAuthorities(transaction);
  if (generation === before.filter(({ role }) => role === 'root').length + 1) return;
  throw new Conflict('authorities/other-generation', {
    vi: 'Hệ chứng thực này không nối tiếp hệ đang dùng: có thể đã được cài rồi.',
    en: 'These authorities do not follow the present ones: perhaps they were installed before.',
  });
}

async function retireAuthorities(transaction: Transaction, now: Date): Promise<void> {
  await certsOf(transaction)
    .updateTable('certs.authority')
    .set({ retired_at: now })
    .where('retired_at', 'is', null)
    .execute();
}

/** The root's key stays where the ceremony was; its public half is known here. */
async function keepOfflineRootKey(transaction: Transaction, root: Certificate): Promise<string> {
  const algorithm = algorithmOfKey(root.publicKey()) === 'ecdsa-sha384' ? 'p384' : 'p256';
  return (await keepOfflineKey(transaction, root.subjectPublicKeyInfo, algorithm)).id;
}

interface MadeAuthority {
  readonly id: string;
  readonly role: AuthorityRole;
  readonly der: Buffer;
  readonly keyId: string;
}

async function keepAuthority(
  context: ServiceContext,
  transaction: Transaction,
  { id, role, der, keyId, rootId }: MadeAuthority & { readonly rootId: string },
  actor: Actor,
): Promise<void> {
  const { subject, fingerprint } = parseCertificate(der);
  await certsOf(transaction)
    .insertInto('certs.authority')
    .values({
      id,
      role,
      name: subject.attributes.flat().at(-1)?.value ?? id,
      purpose: purposes[role],
      issuer_id: role === 'root' ? null : rootId,
      key_id: keyId,
      certificate: der,
      retired_at: null,
    })
    .execute();
  if (role !== 'root')
    await keepIssued(context, transaction, der, {
      profile: 'issuing-ca',
      issuerId: rootId,
      requestKey: `authority/${id}`,
    });
  await record(transaction, {
    type: 'authority.created',
    actor,
    subject: { kind: 'authority', id },
    data: { sha256: fingerprint },
  });
}

/** At a roll-over each root certifies the other: trust in either of them reaches what both have issued. */
async function keepCross(
  context: ServiceContext,
  transaction: Transaction,
  { der, fingerprint, issuer }: Certificate,
  { generation, root }: Hierarchy,
): Promise<void> {
  await certsOf(transaction)
    .insertInto('certs.cross_certificate')
    .values({ sha256: Buffer.from(fingerprint, 'hex'), certificate: der })
    .execute();
  const isByNewRoot = issuer.canonical === parseCertificate(root).subject.canonical;
  await keepIssued(context, transaction, der, {
    profile: 'cross',
    issuerId: authorityId('root', isByNewRoot ? generation : generation - 1),
    requestKey: `cross/${fingerprint}`,
  });
}

/** Every certificate is ours, linted, chained to its root, and for keys that this server holds. */
async function mustFit(
  context: ServiceContext,
  transaction: Transaction,
  { generation, root, issuing, rootList }: Hierarchy,
): Promise<Record<IssuingRole, string>> {
  const refuse = (vi: string, en: string) =>
    new InvalidInput('authorities/bad-hierarchy', {
      vi: `Không cài được: ${vi}.`,
      en: `It cannot be installed: ${en}.`,
    });
  const rootCertificate = parseCertificate(root);
  const problems = lint(root, 'root', undefined);
  if (problems.length > 0) throw refuse('chứng thư gốc sai quy tắc', `the root breaks a rule: ${problems.join('; ')}`);
  const found: Partial<Record<IssuingRole, string>> = {};
  for (const role of issuingRoles) {
    const certificate = parseCertificate(issuing[role]);
    const name = encodeName(authorityName(organisation, authorityCommonNames[role], generation));
    if (!certificate.subject.der.equals(name)) throw refuse(`“${role}” mang tên khác`, `“${role}” has another name`);
    const broken = lint(certificate.der, 'issuing-ca', rootCertificate);
    if (broken.length > 0)
      throw refuse(`chứng thư “${role}” sai quy tắc`, `“${role}” breaks a rule: ${broken.join('; ')}`);
    const verdict = validatePath({
      leaf: certificate.der,
      anchors: [root],
      crls: [rootList.der],
      at: context.clock.now(),
      keyUsage: 'keyCertSign',
      requireRevocation: true,
    });
    if (verdict.verdict !== 'valid')
      throw refuse(`chứng thư “${role}” không hợp lệ`, `“${role}”: ${verdict.refused.sentence}`);
    const key = await certsOf(transaction)
      .selectFrom('certs.key')
      .select('id')
      .where('public_key', '=', certificate.subjectPublicKeyInfo)
      .where('purpose', '=', 'ca')
      .executeTakeFirst();
    if (!key) throw refuse(`khoá của “${role}” không ở máy chủ này`, `the key of “${role}” is not on this server`);
    found[role] = key.id;
  }
  const { people, services } = found;
  if (!people || !services || people === services) throw refuse('thiếu khoá', 'a key is missing');
  return { people, services };
}
