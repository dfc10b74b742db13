import { createHash } from 'node:crypto';
import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { Conflict, InvalidInput } from '@edutrust/platform/errors';
import { findByEducationId } from '@edutrust/registry/people';
import { placesOfOrganisations } from '@edutrust/registry/permissions';
import canonicalize from 'canonicalize';
import type { Static } from 'typebox';
import { notASigner, prepareRequest, replacedBy } from '../documents/ask.ts';
import { storeDocument } from '../documents/store.ts';
import { lookAt } from '../documents/upload.ts';
import { createRequest } from '../requests/requests.ts';
import type { ValidationPool } from '../validation/validation.ts';
import type { AskingApp, AskingAppsPort } from './port.ts';
import { findOwn } from './read.ts';
import type { AppDocumentBody } from './schemas.ts';

type Body = Static<typeof AppDocumentBody>;

/** Whom the log names: the app itself, not a person. */
export const actorOf = ({ clientId, scopes }: AskingApp): Actor => ({ kind: 'app', clientId, scopes });

/**
 * An app asks for signatures on a file. Idempotent by its key: the same question is the same document, also when two ask at
 * once; another question under the same key is refused.
 *
 * @throws InvalidInput `signing/bad-base64`, and of the file (`lookAt`); NotFound and Conflict as `prepareRequest`; Conflict
 *   `signing/other-document`, `signing/other-organisation`
 */
export async function askAsApp(
  context: ServiceContext,
  tools: { readonly pool: ValidationPool; readonly apps: AskingAppsPort },
  app: AskingApp,
  body: Body,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { db, clock } = context;
  const askedSha256 = createHash('sha256')
    .update(canonicalize(body) ?? '')
    .digest();
  const known = await sameQuestion(context, app, body.key, askedSha256);
  if (known) return { id: known, isNew: false };
  const organisationId = await organisationOf(context, app, body.organisationId);
  const file = bytesOf(body.file);
  const { pages } = await lookAt(tools.pool, file);
  const signers = await Promise.all(
    body.signers.map(async ({ sub, educationId, ...signer }, index) => {
      const personId = await personOf(context, tools.apps, app, sub, educationId);
      if (!personId) throw notASigner(index);
      return { ...signer, personId };
    }),
  );
  const { format, request } = await prepareRequest(context, file, {
    organisationId,
    title: body.title.normalize('NFC').trim(),
    format: body.format,
    signers,
    order: body.order,
    look: body.look,
    line: body.line,
    seal: body.seal,
    dueAt: body.dueAt === undefined ? undefined : new Date(body.dueAt),
  });
  const now = clock.now();
  const { clientId } = app;
  const id = await db.transaction().execute(async (transaction) => {
    const replaces = body.replacesId
      ? await replacedBy(transaction, organisationId, body.replacesId, clientId)
      : undefined;
    const whole = format.enclose(file, body.fileName.normalize('NFC'));
    const document = await storeDocument(transaction, whole, { pages: pages.length, now });
    const ofApp = { clientId, key: body.key, askedSha256 };
    return createRequest(
      transaction,
      { ...request, document, ofApp, ...(replaces ? { replaces } : {}) },
      { actor: actorOf(app), now },
    );
  });
  if (id) return { id, isNew: true };
  const meanwhile = await sameQuestion(context, app, body.key, askedSha256);
  if (!meanwhile) throw otherDocument(); // another correction of the same document was first
  return { id: meanwhile, isNew: false };
}

/** @throws Conflict `signing/other-document` */
async function sameQuestion(
  { db }: ServiceContext,
  { clientId }: AskingApp,
  key: string,
  askedSha256: Buffer,
): Promise<string | undefined> {
  const found = await findOwn(db, clientId, { key });
  if (!found) return undefined;
  if (!found.askedSha256.equals(askedSha256)) throw otherDocument();
  return found.id;
}

/** @throws Conflict `signing/other-organisation` for one that is not the app's own or below it */
async function organisationOf({ db }: ServiceContext, app: AskingApp, wished = app.organisationId): Promise<string> {
  const place = (await placesOfOrganisations(db, [wished])).get(wished);
  if (place?.path.includes(app.organisationId)) return wished;
  throw new Conflict('signing/other-organisation', {
    vi: 'Ứng dụng chỉ trình ký cho đơn vị của mình và đơn vị trực thuộc.',
    en: 'An app asks for its own organisation and those below it.',
  });
}

async function personOf(
  { db }: ServiceContext,
  apps: AskingAppsPort,
  { clientId }: AskingApp,
  sub: string | undefined,
  educationId: string | undefined,
): Promise<string | undefined> {
  if ((sub === undefined) === (educationId === undefined)) {
    throw new InvalidInput('signing/who-signs', {
      vi: 'Mỗi người ký được nêu bằng sub hoặc educationId, đúng một trong hai.',
      en: 'Each signer is named by sub or by educationId, exactly one of the two.',
    });
  }
  if (sub !== undefined) return apps.personOf(clientId, sub);
  return (await findByEducationId(db, educationId ?? ''))?.id;
}

function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') === base64) return bytes;
  throw new InvalidInput('signing/bad-base64', {
    vi: 'Tệp phải là base64 (RFC 4648 §4), đủ ký tự «=» ở cuối.',
    en: 'The file has to be base64 (RFC 4648 §4), with its padding.',
  });
}

function otherDocument(): Conflict {
  return new Conflict('signing/other-document', {
    vi: 'Ứng dụng đã dùng khoá này cho một văn bản khác.',
    en: 'The app used this key for another document.',
  });
}
