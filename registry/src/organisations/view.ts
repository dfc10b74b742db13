import type { Actor } from '@edutrust/platform/actor';
import { type Action, actionsAt } from '../permissions/permissions.ts';
import type { OrganisationSummary } from './organisations.ts';

/** What can be done to an organisation and in it. */
const organisationActions: readonly Action[] = [
  'people.read',
  'people.write',
  'organisations.read',
  'organisations.write',
  'classes.write',
  'roster.import',
  'roles.read',
  'roles.grant',
  'accounts.read',
  'accounts.invite',
  'apps.read',
  'apps.write',
  'apps.activate',
  'certificates.read',
  'certificates.request',
  'marks.read',
  'marks.write',
  'signing.request',
  'signing.copy',
  'signing.read',
  'signing.seal',
  'signing.sign',
  'sealing-machines.write',
  'sync.read',
  'sync.write',
  'audit.read',
  'data-breaches.write',
  'accounts.review',
];

/** An organisation as the API shows it to the caller: with what they may do to it. */
export function toOrganisationView(actor: Actor) {
  return <Summary extends OrganisationSummary>(summary: Summary) => ({
    ...summary,
    may: actionsAt(actor, organisationActions, { path: summary.path.map(({ id }) => id) }),
  });
}
