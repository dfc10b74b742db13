import type { Transaction } from '@edutrust/platform/database';
import { NotFound } from '@edutrust/platform/errors';
import { nullable, strict } from '@edutrust/platform/schemas';
import type { ApprovalKind } from '@edutrust/registry/approvals';
import Type from 'typebox';
import { parseCertificate } from '../certificate/certificate.ts';
import { certsOf } from '../tables.ts';
import { addAnchor, anchorPurposes, endAnchor, readAuthority } from './anchors.ts';

const Added = Type.Object(
  {
    name: Type.String(),
    certificatePem: Type.String(),
    subject: Type.String(),
    sha256: Type.String(),
    purposes: Type.Array(Type.Enum([...anchorPurposes])),
    from: nullable(Type.String()),
    until: nullable(Type.String()),
    permittedNames: Type.Array(Type.String()),
  },
  strict,
);
type Added = Type.Static<typeof Added>;
const Ended = Type.Object({ anchorId: Type.String(), name: Type.String(), sha256: Type.String() }, strict);
type Ended = Type.Static<typeof Ended>;

const both = (text: string) => ({ vi: text, en: text });
const fingerprint = (sha256: string) => ({
  label: { vi: 'SHA-256 của chứng thư gốc', en: 'SHA-256 of the root' },
  value: both(sha256),
});
const purposeNames = {
  documents: { vi: 'chữ ký trên văn bản', en: 'signatures of documents' },
  'time-stamps': { vi: 'dấu thời gian', en: 'time stamps' },
} as const;

/** Somebody else's root is trusted by everybody's verification: by two people. */
export const addAnchorKind: ApprovalKind<Added> = {
  kind: 'trust-anchor.add',
  isEvidence: true,
  content: Added,
  approve: 'approvals.approve',
  describe: ({ name, subject, sha256, purposes, from, until, permittedNames }) => ({
    title: { vi: `Tin cậy chứng thư gốc «${name}»`, en: `Trust the root “${name}”` },
    facts: [
      { label: { vi: 'Chủ thể', en: 'Subject' }, value: both(subject) },
      fingerprint(sha256),
      {
        label: { vi: 'Dùng cho', en: 'For' },
        value: {
          vi: purposes.map((purpose) => purposeNames[purpose].vi).join(', '),
          en: purposes.map((purpose) => purposeNames[purpose].en).join(', '),
        },
      },
      {
        label: { vi: 'Chỉ cho tên', en: 'Only for names' },
        value: permittedNames.length > 0 ? both(permittedNames.join(', ')) : { vi: 'mọi tên', en: 'any name' },
      },
      {
        label: { vi: 'Trong thời gian', en: 'Within' },
        value: both(`${from ?? '…'} – ${until ?? '…'}`),
      },
    ],
  }),
  concerns: () => undefined,
  apply: async (transaction, content, { approver }) => {
    const { from, until, name, certificatePem, purposes, permittedNames } = content;
    const day = (text: string | null) => (text === null ? null : new Date(text));
    const wanted = { name, certificatePem, purposes, permittedNames, from: day(from), until: day(until) };
    await addAnchor(transaction, wanted, approver);
    return undefined;
  },
};

/** What was verified with a root is verified without it from then on: by two people. */
export const endAnchorKind: ApprovalKind<Ended> = {
  kind: 'trust-anchor.end',
  isEvidence: true,
  content: Ended,
  approve: 'approvals.approve',
  describe: ({ name, sha256 }) => ({
    title: { vi: `Thôi tin cậy chứng thư gốc «${name}»`, en: `No longer trust the root “${name}”` },
    facts: [fingerprint(sha256)],
  }),
  concerns: () => undefined,
  apply: async (transaction, { anchorId }, { context, approver }) => {
    await endAnchor(transaction, anchorId, context.clock.now(), approver);
    return undefined;
  },
};

/** What adding covers. @throws InvalidInput for what is no authority's certificate. */
export function describeAdding(wanted: Omit<Added, 'subject' | 'sha256'>): Added {
  const { subject, fingerprint: sha256 } = readAuthority(wanted.certificatePem);
  return { ...wanted, name: wanted.name.normalize('NFC'), subject: subject.toString(), sha256 };
}

/** What ending covers. @throws NotFound */
export async function describeEnding(transaction: Transaction, anchorId: string): Promise<Ended> {
  const found = await certsOf(transaction)
    .selectFrom('certs.anchor')
    .select(['name', 'certificate'])
    .where('id', '=', anchorId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (!found) {
    throw new NotFound('anchors/not-found', {
      vi: 'Không có chứng thư gốc này, hoặc đã thôi tin cậy.',
      en: 'There is no such root, or it is no longer trusted.',
    });
  }
  return { anchorId, name: found.name, sha256: parseCertificate(found.certificate).fingerprint };
}
