import type { Actor } from '@edutrust/platform/actor';
import type { Database } from '@edutrust/platform/database';
import { type Action, actionsAt, ofDepartment, placesOfOrganisations } from '@edutrust/registry/permissions';
import type { App } from './app.ts';

/** Apps as the caller sees them: with what they may do to each. */
export async function viewsOf(db: Database, actor: Actor, apps: readonly App[]) {
  const { organisationId: top = '' } = await ofDepartment(db)();
  const places = await placesOfOrganisations(db, [top, ...apps.map(({ organisationId }) => organisationId)]);
  const may = <One extends Action>(action: One, organisationId: string) =>
    actionsAt(actor, [action], places.get(organisationId) ?? { path: [] });
  return apps.map(({ sector: _sector, createdAt, ...app }) => ({
    ...app,
    createdAt: createdAt.toISOString(),
    may: [...may('apps.write', app.organisationId), ...may('apps.approve', top)],
  }));
}

/** One app as the caller sees it. */
export async function viewOf(db: Database, actor: Actor, app: App) {
  const [view] = await viewsOf(db, actor, [app]);
  if (!view) throw new TypeError('one app has one view');
  return view;
}
