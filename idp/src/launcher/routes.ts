import type { Database } from '@edutrust/platform/database';
import { type App, anyone } from '@edutrust/platform/http';
import { listChildren } from '@edutrust/registry/guardians';
import { personClaims } from '@edutrust/registry/people';
import { sql } from 'kysely';
import { listTiles } from '../apps/tiles.ts';
import { sendPage, viewOf } from '../page-reply.ts';
import { placeOf } from '../provider/claims.ts';
import { signedInOr } from '../self-service/pages.ts';
import type { IdpTools } from '../tools.ts';

const ownPages = [
  {
    roles: ['department-administrator', 'security-officer', 'auditor', 'school-administrator', 'clerk', 'app-owner'],
    label: { vi: 'Quản trị', en: 'Administration' },
    href: '/admin',
  },
  { roles: ['teacher'], label: { vi: 'Lớp của tôi', en: 'My class' }, href: '/teach' },
  { roles: ['signer', 'clerk'], label: { vi: 'Ký số', en: 'Signing' }, href: '/sign' },
] as const;

const childrenPage = { label: { vi: 'Con của tôi', en: 'My children' }, href: '/account/children' } as const;

async function isSharedSession(db: Database, uid: string): Promise<boolean> {
  const { rows } = await sql<{ shared: boolean }>`
    SELECT coalesce((payload->>'transient')::boolean, false) AS shared FROM idp.session WHERE uid = ${uid}`.execute(db);
  return rows[0]?.shared === true;
}

/** `/`: the apps of whoever is signed in. */
export function addLauncher(app: App, { context, pages }: IdpTools): void {
  app.get('/', { config: { access: anyone }, schema: { hide: true } }, async (request, reply) => {
    const actor = signedInOr(request, reply);
    if (!actor) return reply;
    const view = viewOf(request);
    const [claims, apps, children] = await Promise.all([
      personClaims(context.db, actor.personId),
      listTiles(context.db, actor.personId),
      listChildren(context.db, actor.personId, context.clock.now()),
    ]);
    const roles = new Set(actor.roles.map(({ role }) => role));
    const html = pages.launcher(
      {
        name: claims.name,
        givenName: claims.given_name,
        place: placeOf(claims, view.locale),
        apps: apps.flatMap(({ clientId, name, purpose, homeUri: href }) =>
          href ? [{ clientId, name, purpose: purpose[view.locale], href }] : [],
        ),
        ownPages: [
          ...(children.length > 0 ? [{ label: childrenPage.label[view.locale], href: childrenPage.href }] : []),
          ...ownPages.flatMap((page) =>
            page.roles.some((role) => roles.has(role)) ? [{ label: page.label[view.locale], href: page.href }] : [],
          ),
        ],
        accountPath: '/account',
        signOutAction: '/sign-out',
        isShared: await isSharedSession(context.db, actor.sessionId),
        isPupil: claims.affiliations.length > 0 && claims.affiliations.every(({ role }) => role === 'learner'),
      },
      view,
    );
    return sendPage(reply, html);
  });
}
