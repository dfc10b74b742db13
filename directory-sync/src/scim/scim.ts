import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { ClientRow } from '../clients/clients.ts';
import { Lists } from '../lists/lists.ts';
import { createGroup, deleteGroup, getGroup, listGroups, patchGroup, replaceGroup } from './groups.ts';
import type { Listed, Page, Preconditions, Resource } from './resource.ts';
import { createUser, deleteUser, getUser, listUsers, patchUser, replaceUser } from './users.ts';

export type Endpoint = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ScimRequest {
  readonly id: string;
  readonly body: unknown;
  readonly preconditions: Preconditions;
}

export interface Changed {
  readonly status: 200 | 201 | 204;
  readonly resource?: Resource;
}

type Query = Readonly<Record<string, unknown>>;

/** What can be asked of users and groups, whether it comes alone or in a bulk. */
export interface Scim {
  readonly Users: Reading;
  readonly Groups: Reading;
  change(client: ClientRow, method: Endpoint, type: 'Users' | 'Groups', request: ScimRequest): Promise<Changed>;
}

interface Reading {
  list(client: ClientRow, page: Page, query: Query): Promise<Listed>;
  get(client: ClientRow, id: string, query: Query): Promise<Resource>;
}

export function createScim(context: ServiceContext): Scim {
  const lists = new Lists(context.clock);
  const today = () => dateInVietnam(context.clock.now());
  const withMembers = ({ attributes, excludedAttributes }: Query) => {
    const names = (value: unknown) => [value].flat().join(',').toLowerCase();
    return (
      (attributes === undefined || names(attributes).includes('members')) &&
      !names(excludedAttributes ?? '')
        .split(',')
        .some((name) => name.trim() === 'members')
    );
  };
  return {
    Users: {
      list: (client, page) => listUsers({ ...context, lists }, client, page),
      get: (client, id) => getUser(context, client, id),
    },
    Groups: {
      list: (client, page, query) => listGroups(context, client, page, { withMembers: withMembers(query) }),
      get: (client, id, query) => getGroup(context, client, id, { withMembers: withMembers(query) }),
    },
    change: async (client, method, type, { id, body, preconditions }) => {
      if (type === 'Users') {
        switch (method) {
          case 'POST':
            return { status: 201, resource: await createUser(context, client, body, today()) };
          case 'PUT':
            return { status: 200, resource: await replaceUser(context, client, id, body, today(), preconditions) };
          case 'PATCH':
            return { status: 200, resource: await patchUser(context, client, id, body, today(), preconditions) };
          case 'DELETE':
            await deleteUser(context, client, id, today(), preconditions);
            return { status: 204 };
        }
      }
      switch (method) {
        case 'POST':
          return { status: 201, resource: await createGroup(context, client, body) };
        case 'PUT':
          await replaceGroup(context, client, id, body, preconditions);
          return { status: 200, resource: await getGroup(context, client, id, { withMembers: true }) };
        case 'PATCH':
          // Large groups are not sent back (RFC 7644 §3.5.2 allows 204).
          await patchGroup(context, client, id, body, preconditions);
          return { status: 204 };
        case 'DELETE':
          await deleteGroup(context, client, id, preconditions);
          return { status: 204 };
      }
    },
  };
}
