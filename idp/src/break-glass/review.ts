import { createHash } from 'node:crypto';
import type { PersonActor } from '@edutrust/platform/actor';
import type { Alarm } from '@edutrust/platform/alarms';
import { type AttestedFacts, attest, isAttested } from '@edutrust/platform/attestation';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database, Transaction } from '@edutrust/platform/database';
import { Conflict, Forbidden, NotFound } from '@edutrust/platform/errors';
import { type AuditEntry, listAudit } from '@edutrust/platform/ledger';
import { minuteText } from '@edutrust/platform/vietnam-time';
import { sql } from 'kysely';
import { record } from '../events.ts';
import { endOf, type GlassRow, isByGlass, isTrueGlass } from './glass.ts';

/** How many others go through what was done. */
const reviewersNeeded = 2;
const mostActs = 500;
const listedMost = 20;
const clockSkewMs = 5_000;
/** Days of the log that the alarm compares with the table. */
const comparedDays = 400;

interface ReviewRow {
  readonly glass_id: string;
  readonly reviewer_id: string;
  readonly at: Date;
  readonly acts: number;
  readonly digest: Buffer;
  readonly note: string;
  readonly attestation: Buffer;
}

const purpose = 'idp.break_glass_review';
const factsOf = (row: Pick<ReviewRow, 'glass_id' | 'reviewer_id' | 'digest' | 'at'>): AttestedFacts => ({
  glass: row.glass_id,
  reviewer: row.reviewer_id,
  digest: row.digest.toString('hex'),
  at: row.at.toISOString(),
});

export interface Glass extends GlassRow {
  readonly state: 'open' | 'to-review' | 'reviewed';
  /** What the person's account did meanwhile, the oldest first. */
  readonly acts: readonly AuditEntry[];
  /** SHA-256 of the acts, hexadecimal: what a review names. */
  readonly digest: string;
  readonly reviews: readonly Pick<ReviewRow, 'reviewer_id' | 'at' | 'note'>[];
}

type Tools = Pick<ServiceContext, 'db' | 'secrets' | 'clock'>;

/** Who got in by broken glass, the newest first, with what they did. Reviews that SQL alone wrote are none. */
export async function listGlasses({ db, secrets, clock }: Tools): Promise<Glass[]> {
  const { rows } = await sql<GlassRow>`SELECT * FROM idp.break_glass ORDER BY id DESC LIMIT ${listedMost}`.execute(db);
  return Promise.all(rows.map((row) => seen(db, { secrets, clock }, row)));
}

async function seen(db: Database, { secrets, clock }: Omit<Tools, 'db'>, row: GlassRow): Promise<Glass> {
  const end = endOf(row);
  const acts = await listAudit(db, {
    actorId: row.person_id,
    // The log goes by the database's clock.
    from: new Date(row.opened_at.getTime() - clockSkewMs),
    until: new Date(end.getTime() + clockSkewMs),
    limit: mostActs,
  });
  acts.reverse();
  const reviews = await reviewsOf(db, secrets, row);
  const state = end > clock.now() ? 'open' : reviews.length < reviewersNeeded ? 'to-review' : 'reviewed';
  return { ...row, state, acts, digest: digestOf(acts), reviews };
}

function digestOf(acts: readonly AuditEntry[]): string {
  return createHash('sha256')
    .update(JSON.stringify(acts.map(({ id, type, subject }) => [id, type, subject.id])))
    .digest('hex');
}

async function reviewsOf(
  db: Database | Transaction,
  secrets: ServiceContext['secrets'],
  glass: GlassRow,
): Promise<ReviewRow[]> {
  const { rows } = await sql<ReviewRow>`
    SELECT * FROM idp.break_glass_review WHERE glass_id = ${glass.id} ORDER BY at`.execute(db);
  return rows.filter(
    (row) => row.reviewer_id !== glass.person_id && isAttested(secrets, purpose, factsOf(row), row.attestation),
  );
}

/**
 * Keeps that somebody else went through exactly these acts, once it is over. The second one closes the matter.
 *
 * @throws NotFound; Forbidden `break-glass/own`; Conflict `break-glass/still-open`, `break-glass/acts-changed`,
 *   `break-glass/reviewed-by-you`
 */
export async function reviewGlass(
  tools: Tools,
  id: string,
  { digest, note }: { readonly digest: string; readonly note: string },
  actor: PersonActor,
): Promise<void> {
  const { db, secrets, clock } = tools;
  const { rows } = await sql<GlassRow>`SELECT * FROM idp.break_glass WHERE id = ${id}`.execute(db);
  const [row] = rows;
  if (!row) throw noGlass();
  if (row.person_id === actor.personId || isByGlass(actor)) throw own();
  const glass = await seen(db, tools, row);
  if (glass.state === 'open') throw stillOpen();
  if (glass.digest !== digest) throw actsChanged();
  await db.transaction().execute(async (transaction) => {
    await sql`SELECT FROM idp.break_glass WHERE id = ${id} FOR UPDATE`.execute(transaction);
    const facts = { glass_id: id, reviewer_id: actor.personId, digest: Buffer.from(digest, 'hex'), at: clock.now() };
    const { numAffectedRows } = await sql`
      INSERT INTO idp.break_glass_review (glass_id, reviewer_id, at, acts, digest, note, attestation)
      VALUES (${id}, ${actor.personId}, ${facts.at}, ${glass.acts.length}, ${facts.digest}, ${note.trim()},
        ${attest(secrets, purpose, factsOf(facts))})
      ON CONFLICT DO NOTHING`.execute(transaction);
    if (!numAffectedRows) throw reviewedByYou();
    await record(transaction, {
      type: 'break-glass.reviewed',
      actor,
      subject: { kind: 'person', id: row.person_id },
      organisationId: row.organisation_id,
      data: {
        glass: id,
        acts: glass.acts.length,
        digest,
        isLast: (await reviewsOf(transaction, secrets, row)).length === reviewersNeeded,
      },
    });
  });
}

/**
 * What of it must not stay unseen: one that is open, one that two have not reviewed, one that the log knows and the table
 * does not, or that was changed there.
 */
export async function findGlassAlarms(tools: Tools): Promise<Alarm[]> {
  const { db, secrets, clock } = tools;
  const glasses = await listGlasses(tools);
  const found: Alarm[] = [];
  for (const { id, state, ends_at: endsAt } of glasses) {
    if (state === 'reviewed') continue;
    const until = minuteText(endsAt);
    found.push({
      code: state === 'open' ? 'break-glass-open' : 'break-glass-unreviewed',
      about: id,
      isWarning: true,
      sentence:
        state === 'open'
          ? {
              vi: `Truy cập khẩn cấp đang mở tới ${until}. Dừng: edutrust break-glass close`,
              en: `The glass is broken until ${until}. To end it: edutrust break-glass close`,
            }
          : {
              vi: 'Một truy cập khẩn cấp chưa được hai người rà soát: «An ninh hệ thống».',
              en: 'Broken glass waits for the review of two people: “Security”.',
            },
    });
  }
  const roots = await sql<{ id: string }>`SELECT id FROM registry.organisation WHERE parent_id IS NULL`.execute(db);
  const opened = await listAudit(db, {
    type: 'break-glass.opened',
    organisationIds: roots.rows.map(({ id }) => id),
    from: new Date(clock.now().getTime() - comparedDays * 86_400_000),
    limit: listedMost,
  });
  const isThere = new Set(glasses.filter((glass) => isTrueGlass(secrets, glass)).map(({ id }) => id));
  for (const { data } of opened)
    if (!isThere.has(String(data.glass)))
      found.push({
        code: 'break-glass-altered',
        about: String(data.glass),
        sentence: {
          vi: 'Nhật ký có một truy cập khẩn cấp mà bảng dữ liệu không còn, hoặc đã bị sửa: do ai đó có quyền vào cơ sở dữ liệu.',
          en: 'The log knows of broken glass that the table has no longer, or not as it was: by somebody with rights in the database.',
        },
      });
  return found;
}

function noGlass(): NotFound {
  return new NotFound('break-glass/not-found', {
    vi: 'Không có truy cập khẩn cấp này.',
    en: 'There is no such break-glass access.',
  });
}

function own(): Forbidden {
  return new Forbidden('break-glass/own', {
    vi: 'Hai người khác rà soát việc này, không phải người đã vào.',
    en: 'Two others review this, not the person who got in.',
  });
}

function stillOpen(): Conflict {
  return new Conflict(
    'break-glass/still-open',
    { vi: 'Truy cập khẩn cấp còn đang mở.', en: 'It is still open.' },
    {
      remedy: {
        vi: 'Rà soát khi đã hết giờ, hoặc nhờ người vận hành dừng: edutrust break-glass close.',
        en: 'Review it when its time is over, or have the operator end it: edutrust break-glass close.',
      },
    },
  );
}

function actsChanged(): Conflict {
  return new Conflict(
    'break-glass/acts-changed',
    { vi: 'Danh sách việc đã làm không còn như lúc xem.', en: 'The list of acts is not the one that you saw.' },
    { remedy: { vi: 'Xem lại rồi xác nhận.', en: 'Look at it again and confirm.' } },
  );
}

function reviewedByYou(): Conflict {
  return new Conflict('break-glass/reviewed-by-you', {
    vi: 'Anh/chị đã rà soát rồi; cần thêm một người khác.',
    en: 'You have reviewed it; it takes another person.',
  });
}
