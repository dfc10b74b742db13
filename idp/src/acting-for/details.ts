import type { ServiceContext } from '@edutrust/platform/context';
import { type AuthorizationDetail, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { sourceOf } from '../provider/grant-source.ts';
import { actingForScope, actsFor } from './children.ts';

/** The type of authorization details (RFC 9396 §2) by which an app acts for a child: `{ type, sub? }`. */
export const actingForType = 'acting_for';

/** As it is granted: the child as the app knows it, and who the person is to it. */
export interface ActingFor extends AuthorizationDetail {
  readonly type: typeof actingForType;
  readonly sub: string;
  readonly relation: string;
}

export interface Subjects {
  readonly context: Pick<ServiceContext, 'db' | 'clock'>;
  readonly apps: AppDirectory;
  readonly subjectOf: (sector: string, personId: string) => Promise<string>;
}

/** A child of theirs as we know it. */
export interface Acting extends ActingFor {
  readonly childId: string;
  readonly fullName: string;
}

/** For whom the person acts in the app now. */
export async function actingIn(
  { context: { db, clock }, apps, subjectOf }: Subjects,
  { personId, clientId }: { readonly personId: string; readonly clientId: string },
): Promise<Acting[]> {
  const app = await apps.app(clientId);
  if (!app?.scopes.includes(actingForScope)) return [];
  const children = await actsFor(db, { personId, clientId }, clock.now());
  return Promise.all(
    children.map(async ({ id: childId, fullName, relation }) => ({
      type: actingForType,
      sub: await subjectOf(app.sector, childId),
      relation,
      childId,
      fullName,
    })),
  );
}

/** Those of the details that the request names; one without a `sub` names all. */
const named = <One extends ActingFor>(acting: readonly One[], asked: readonly AuthorizationDetail[]): One[] =>
  acting.filter(({ sub }) => asked.some((one) => one.sub === undefined || one.sub === sub));

const askedOf = (ctx: KoaContextWithOIDC): AuthorizationDetail[] => {
  const { authorization_details: text } = ctx.oidc.params ?? {};
  return typeof text === 'string' ? JSON.parse(text) : []; // the library has judged it
};

const bare = ({ type, sub, relation }: ActingFor): ActingFor => ({ type, sub, relation });

/** What the details stand in: a code, a refresh token, an access token. */
export interface Source {
  readonly accountId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly rar?: AuthorizationDetail[] | undefined;
}

/** What acts for a child is asked about and not believed: its token is opaque, whereas others for APIs are JWTs. */
export function formOf({ oidc: { params, entities } }: KoaContextWithOIDC): { accessTokenFormat?: 'opaque' } {
  const isDetailed = params?.authorization_details !== undefined || sourceOf(entities)?.rar !== undefined;
  return isDetailed ? { accessTokenFormat: 'opaque' } : {};
}

/**
 * Rich authorization requests (RFC 9396) of one type, for acting for a child. What is granted is looked at again whenever a
 * token is made or asked about.
 */
export function actingForDetails(parts: Subjects) {
  const now = async (
    personId: string | undefined,
    clientId: string | undefined,
    asked: readonly AuthorizationDetail[],
  ) => named(await actingIn(parts, { personId: personId ?? '', clientId: clientId ?? '' }), asked).map(bare);
  return {
    enabled: true as const,
    types: {
      [actingForType]: {
        validate: async (_ctx: KoaContextWithOIDC, detail: AuthorizationDetail) => {
          const { type: _type, sub, ...others } = detail;
          const isText = sub === undefined || (typeof sub === 'string' && sub.length > 0 && sub.length <= 200);
          if (!isText || Object.keys(others).length > 0)
            throw new errors.InvalidAuthorizationDetails(`${actingForType} has the member sub alone, a text`);
        },
      },
    },
    authorizationDetailsForGrantSource: async (ctx: KoaContextWithOIDC, source: Source) => {
      const { accountId = ctx.oidc.session?.accountId, clientId } = source;
      const granted = await now(accountId, clientId, askedOf(ctx));
      if (granted.length === 0) throw new errors.AccessDenied('there is no child that the person acts for');
      return granted;
    },
    authorizationDetailsForAccessToken: async (
      ctx: KoaContextWithOIDC,
      { accountId, clientId }: Source,
      source?: Source,
    ) => {
      const narrower = askedOf(ctx);
      const still = await now(accountId, clientId, source?.rar ?? []);
      return narrower.length > 0 ? named(still, narrower) : still;
    },
    // the one who asks hears the names that it knows: the API its own, the app its own
    authorizationDetailsForIntrospection: async (ctx: KoaContextWithOIDC, token: Source) => {
      const { accountId: personId = '', clientId = '', rar = [] } = token;
      const asking = await parts.apps.app(ctx.oidc.client?.clientId ?? '');
      const acting = named(await actingIn(parts, { personId, clientId }), rar);
      if (!asking || asking.clientId === clientId) return acting.map(bare);
      return Promise.all(
        acting.map(async ({ childId, ...one }) => ({
          ...bare(one),
          sub: await parts.subjectOf(asking.sector, childId),
        })),
      );
    },
  };
}
