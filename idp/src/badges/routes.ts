import type { Database, Transaction } from '@edutrust/platform/database';
import { Forbidden } from '@edutrust/platform/errors';
import { disclose, personActor, type Resource } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { IdParams, nullable, PersonRef, strict, Time, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { getPerson } from '@edutrust/registry/people';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import type { IdpTools } from '../tools.ts';
import { issueBadge, ownerOfSerial, voidBadge } from './badges.ts';
import { listClassBadges, makeClassBadges, makeClassPins, type Skipped, whyNot } from './class-badges.ts';

const tags = ['badges'];
const SerialParams = Type.Object({ serial: Type.String({ pattern: '^[0-9]{8}$' }) });

const PinKind = Type.Enum(['pictures', 'digits']);
const SkippedItems = Type.Array(
  Type.Object({ personId: Uuid, reason: Type.Enum(['has-one', 'not-yours', 'not-a-pupil']) }),
);
const Made = Type.Object({ serial: Type.String(), address: Type.String(), code: Type.String(), expiresAt: Time });
const Sheet = Type.Object(
  { personIds: Type.Array(Uuid, { minItems: 1, maxItems: 100 }), replaces: Type.Optional(Type.Boolean()) },
  strict,
);

const summaryOf = ({ id, fullName, educationId }: { id: string; fullName: string; educationId: string }) => ({
  id,
  fullName,
  educationId,
});

const inTransaction = <Value>(db: Database, work: (transaction: Transaction) => Promise<Value>) =>
  db.transaction().execute(work);

/** Whose the badge is; nobody's when there is none: refused as another's would be. */
async function ownerOf(db: Database, serial: string): Promise<Resource> {
  const personId = await ownerOfSerial(db, serial);
  return personId ? { personId } : {};
}

const listOfClass = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/classes/:id/badges',
    access: requires('accounts.read'),
    discloses: tells('badges.list'),
    schema: {
      tags,
      summary: 'Who of the class has a badge and a PIN',
      params: IdParams,
      response: {
        200: Type.Object({
          items: Type.Array(
            Type.Object({
              person: PersonRef,
              badge: nullable(Type.Object({ serial: Type.String(), issuedAt: Time, lastUsedAt: nullable(Time) })),
              pin: nullable(Type.Object({ kind: PinKind, isLocked: Type.Boolean() })),
            }),
          ),
        }),
      },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async ({ params }) => ({
      items: (await listClassBadges(tools, params.id)).map(({ learner, badge, pin }) => ({
        person: summaryOf(learner),
        badge: badge
          ? {
              serial: badge.serial,
              issuedAt: badge.issuedAt.toISOString(),
              lastUsedAt: badge.lastUsedAt?.toISOString() ?? null,
            }
          : null,
        pin: pin ? { kind: pin.kind, isLocked: pin.isLocked } : null,
      })),
    }),
  });

const makeBadges = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/classes/:id/badges',
    access: requires('accounts.invite'),
    discloses: tells('badges.print'),
    schema: {
      tags,
      summary: 'Badges for the printed sheet of a class: new ones, or instead of those in use when that is meant',
      params: IdParams,
      body: Sheet,
      response: {
        201: Type.Object({
          made: Type.Array(Type.Object({ person: PersonRef, badge: Made })),
          skipped: SkippedItems,
        }),
      },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request, reply) => {
      const { personIds, replaces = false } = request.body;
      const input = { classId: request.params.id, personIds, replaces };
      const sheet = await inTransaction(tools.context.db, (transaction) =>
        makeClassBadges(transaction, tools, input, personActor(request)),
      );
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({
        made: sheet.made.map(({ learner, badge }) => ({ person: summaryOf(learner), badge: shown(badge) })),
        skipped: sheet.skipped,
      });
    },
  });

const makePins = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/classes/:id/pins',
    access: requires('accounts.invite'),
    discloses: tells('badges.print'),
    schema: {
      tags,
      summary: 'Pictures or digits for the badges of a class, on a sheet of their own',
      params: IdParams,
      body: Sheet,
      response: {
        201: Type.Object({
          made: Type.Array(Type.Object({ person: PersonRef, kind: PinKind, pin: Type.String() })),
          skipped: SkippedItems,
        }),
      },
    },
    resource: ({ params }) => ({ classId: params.id }),
    handle: async (request, reply) => {
      const { personIds, replaces = false } = request.body;
      const input = { classId: request.params.id, personIds, replaces };
      const sheet = await inTransaction(tools.context.db, (transaction) =>
        makeClassPins(transaction, tools, input, personActor(request)),
      );
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({
        made: sheet.made.map(({ learner, kind, pin }) => ({ person: summaryOf(learner), kind, pin })),
        skipped: sheet.skipped,
      });
    },
  });

const standIn = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/people/:id/stand-in-badge',
    access: requires('accounts.invite'),
    discloses: tells('badges.print'),
    schema: {
      tags,
      summary: 'A badge for one hour, for a child who left theirs at home; the PIN stays the same',
      params: IdParams,
      response: { 201: Made },
    },
    resource: ({ params }) => ({ personId: params.id }),
    handle: async (request, reply) => {
      const { id: personId } = request.params;
      const actor = personActor(request);
      const badge = await inTransaction(context.db, async (transaction) => {
        const reason = await whyNot(transaction, actor, personId, false);
        if (reason) throw notForThem(reason);
        return issueBadge(transaction, context, { personId, isStandIn: true }, actor);
      });
      disclose(request, [personId]);
      reply.header('cache-control', 'no-store');
      return reply.code(201).send(shown(badge));
    },
  });

const findBySerial = ({ context: { db } }: IdpTools) =>
  route({
    method: 'GET',
    url: '/api/v1/badges/:serial',
    access: requires('accounts.read'),
    discloses: tells('badges.find'),
    schema: {
      tags,
      summary: 'Whose badge was found, by the serial that is printed on it',
      params: SerialParams,
      response: { 200: Type.Object({ person: PersonRef }) },
    },
    resource: ({ params }) => ownerOf(db, params.serial),
    handle: async ({ params }) => ({
      person: summaryOf(await getPerson(db, (await ownerOfSerial(db, params.serial)) ?? '')),
    }),
  });

const voidBySerial = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/api/v1/badges/:serial/void',
    access: requires('accounts.invite'),
    schema: {
      tags,
      summary: 'Ends a badge that was lost or found: it opens nothing from now on',
      params: SerialParams,
      response: { 204: Type.Null() },
    },
    resource: ({ params }) => ownerOf(context.db, params.serial),
    handle: async (request, reply) => {
      const { serial } = request.params;
      const personId = (await ownerOfSerial(context.db, serial)) ?? '';
      await inTransaction(context.db, (transaction) =>
        voidBadge(transaction, context, { personId, serial }, personActor(request)),
      );
      return reply.code(204).send(null);
    },
  });

/** Children's badges and their PINs: made by the class teacher or the school, void by the serial that is printed on them. */
export const badgeRoutes = (tools: IdpTools): Route[] => [
  listOfClass(tools),
  makeBadges(tools),
  makePins(tools),
  standIn(tools),
  findBySerial(tools),
  voidBySerial(tools),
];

function shown({
  serial,
  address,
  code,
  expiresAt,
}: {
  serial: string;
  address: string;
  code: string;
  expiresAt: Date;
}) {
  return { serial, address, code, expiresAt: expiresAt.toISOString() };
}

function notForThem(reason: Skipped['reason']): Forbidden {
  if (reason === 'not-a-pupil') {
    return new Forbidden('badges/not-a-pupil', {
      vi: 'Chỉ học sinh dùng thẻ.',
      en: 'Badges are for pupils only.',
    });
  }
  return new Forbidden('badges/not-yours', {
    vi: 'Anh/chị không được cấp thẻ cho người này.',
    en: 'You may not give this person a badge.',
  });
}
