import type { ServiceContext } from '@edutrust/platform/context';
import { disclose, localeOf, longAnswerMs, refersTo } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, Time, Uuid } from '@edutrust/platform/schemas';
import { tells } from '@edutrust/registry/accesses';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { explainPerson } from '../engine/explain.ts';
import { bringOne } from '../engine/live.ts';
import type { Values } from '../model/change.ts';
import { ChangeView, FieldView } from './schemas.ts';
import { findTarget } from './store.ts';

const tags = ['sync'];
const params = Type.Object({ id: Uuid, person: refersTo('person', 'people.read') });
const url = '/api/v1/sync/targets/:id/people/:person';

const Explanation = Type.Object({
  scope: Type.Enum(['in', 'left', 'role', 'elsewhere'], {
    description:
      'Whether the target gets this person: yes; no longer active; in none of its roles; not below its organisation',
  }),
  fields: Type.Array(FieldView),
  connectMs: nullable(Type.Integer()),
  failure: nullable(Type.String({ description: 'Why the target could not be asked' })),
  isThere: nullable(Type.Boolean()),
  changes: Type.Array(ChangeView),
  isHeld: Type.Boolean({ description: 'It would wait for a second person' }),
  pendingSince: nullable(Time),
  refusal: nullable(Type.String({ description: 'What the target answered in the last run' })),
  isPaused: Type.Boolean(),
});

const explain = (context: ServiceContext) =>
  route({
    method: 'GET',
    url,
    access: requires('sync.read'),
    discloses: tells('sync.open'),
    schema: {
      tags,
      summary: 'Why a person is, or is not, at a target as they should be: asks the target, writes nothing',
      params,
      response: { 200: Explanation },
    },
    resource: async ({ params: { id } }) => ({ organisationId: (await findTarget(context.db, id)).organisation_id }),
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const { id, person } = request.params;
      const { failure, pendingSince, fields, changes, ...found } = await explainPerson(context, id, person);
      disclose(request, [person]);
      return {
        ...found,
        fields: fields.map(({ values, ...field }) => ({ ...field, values: [...values] })),
        changes: changes.map(({ kind, action, key, before, after }) => ({
          kind,
          action,
          key,
          before: copyOf(before),
          after: copyOf(after),
        })),
        failure: failure?.[localeOf(request)] ?? null,
        pendingSince: pendingSince?.toISOString() ?? null,
      };
    },
  });

const copyOf = (values: Values) => Object.fromEntries(Object.entries(values).map(([field, all]) => [field, [...all]]));

const bringNow = (context: ServiceContext) =>
  route({
    method: 'POST',
    url,
    access: requires('sync.write'),
    discloses: tells('sync.open'),
    schema: {
      tags,
      summary: 'Brings one person to a target now and says what came of it',
      params,
      response: {
        200: Type.Object({ state: Type.Enum(['done', 'held', 'refused']), why: nullable(Type.String()) }),
      },
    },
    resource: async ({ params: { id } }) => ({ organisationId: (await findTarget(context.db, id)).organisation_id }),
    limits: { handlerTimeout: longAnswerMs },
    handle: async (request) => {
      const { id, person } = request.params;
      const brought = await bringOne(context, id, person);
      disclose(request, [person]); // what a target says when it refuses often repeats what it was sent
      return { state: brought.state, why: brought.state === 'refused' ? brought.why : null };
    },
  });

/** One person at one target. */
export const personRoutes = (context: ServiceContext): Route[] => [explain(context), bringNow(context)];
