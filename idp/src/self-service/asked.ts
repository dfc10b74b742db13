import { decidersOf, isDecidedFor } from '@edutrust/registry/guardians';
import { personClaims } from '@edutrust/registry/people';
import { guardianConsents, guardianWord } from '../consent/guardian.ts';
import type { AccountProps } from '../pages.ts';
import { releasedData } from '../provider/claims.ts';
import type { IdpTools } from '../tools.ts';

/** What a child asked for and a guardian has not agreed to; nothing for whoever decides alone. */
export async function askedProps(
  { context: { db, clock }, apps }: Pick<IdpTools, 'context' | 'apps'>,
  childId: string,
  locale: 'vi' | 'en',
): Promise<AccountProps['asked']> {
  const now = clock.now();
  const consents = await guardianConsents(db, childId);
  if (consents.length === 0 || !(await isDecidedFor(db, childId, now))) return [];
  const [claims, deciders] = await Promise.all([personClaims(db, childId), decidersOf(db, childId, now)]);
  const asked = await Promise.all(
    consents.map(async ({ clientId, scopes, askedAt }): Promise<AccountProps['asked']> => {
      const app = await apps.app(clientId);
      if (!app || (await guardianWord(db, childId, clientId, scopes, now)) !== 'asked') return [];
      return [
        {
          name: app.name,
          askedAt: askedAt.toISOString(),
          data: releasedData(claims, scopes, locale),
          waitsFor: [...new Set(deciders.map(({ relation }) => relation))],
          withdrawAction: `/account/apps/${clientId}/withdraw`,
        },
      ];
    }),
  );
  return asked.flat();
}
