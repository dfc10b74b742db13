import type { ServiceContext } from '@edutrust/platform/context';
import type { KeptData } from '@edutrust/platform/personal';
import type { Service } from '@edutrust/platform/service';
import { checkTask, checkTasks } from './accesses/check.ts';
import { accessRoutes } from './accesses/routes.ts';
import type { SubjectNames } from './audit/names.ts';
import { auditRoutes } from './audit/routes.ts';
import { applyTasks } from './changes/apply.ts';
import { classRoutes } from './classes/routes.ts';
import { dataBreachRoutes } from './data-breaches/routes.ts';
import { ownDataRequestRoutes } from './data-requests/own-routes.ts';
import { dataRequestRoutes } from './data-requests/routes.ts';
import { registryErasures } from './erasure/erasures.ts';
import { type ErasurePorts, eraseTasks } from './erasure/task.ts';
import { guardianRoutes } from './guardians/routes.ts';
import { homeRoutes } from './home/routes.ts';
import { archiveTask, archiveTasks } from './lifecycle/archive.ts';
import { lifecycleRoutes } from './lifecycle/routes.ts';
import { mailRoutes } from './mail/routes.ts';
import { matchingRoutes } from './matching/routes.ts';
import { noticeTasks } from './notices/notices.ts';
import { noticeRoutes } from './notices/routes.ts';
import { organisationChangeRoutes } from './organisations/change.ts';
import { organisationRoutes } from './organisations/routes.ts';
import { peopleRoutes } from './people/routes.ts';
import { roleRoutes } from './permissions/routes.ts';
import { registryRetention } from './retention.ts';
import { rosterNames } from './roster/names.ts';
import { rosterRoutes } from './roster/routes.ts';
import { uploadTask, uploadTasks } from './roster/uploads/task.ts';
import { transferRoutes } from './transfers/routes.ts';
import { lapseTask, transferTasks } from './transfers/tasks.ts';
import { yearPlanTasks } from './year-plan/apply.ts';
import { yearPlanRoutes } from './year-plan/routes.ts';

export { registryKinds } from './kinds.ts';
export { migrations } from './migrations.ts';
export { registryPersonal } from './own-data/own-data.ts';
export { registryRetention } from './retention.ts';

/** Of a registry that stands alone. */
const ownErasure = { erasures: registryErasures, kept: [], evidenceKinds: [], recipientsOf: async () => [] };

/**
 * People, organisations, rosters, roles, the audit explorer and the desk for personal data over HTTP; `names` of what other
 * workspaces keep, and what they erase of a person.
 */
export function createRegistry(
  context: ServiceContext,
  names: SubjectNames,
  { kept, ...erasure }: ErasurePorts & { readonly kept: readonly KeptData[] } = ownErasure,
): Service {
  return {
    name: 'registry',
    routes: () => [
      ...homeRoutes(context),
      ...peopleRoutes(context, kept),
      ...guardianRoutes(context),
      ...organisationRoutes(context),
      ...organisationChangeRoutes(context),
      ...classRoutes(context),
      ...roleRoutes(context),
      ...rosterRoutes(context),
      ...matchingRoutes(context),
      ...lifecycleRoutes(context),
      ...yearPlanRoutes(context),
      ...transferRoutes(context),
      ...auditRoutes(context, { ...names, 'roster-plan': rosterNames }),
      ...accessRoutes(context),
      ...mailRoutes(context),
      ...noticeRoutes(context),
      ...dataRequestRoutes(context, kept),
      ...ownDataRequestRoutes(context),
      ...dataBreachRoutes(context),
    ],
    retention: registryRetention,
    tasks: {
      ...noticeTasks(context),
      ...applyTasks(context),
      ...archiveTasks(context),
      ...transferTasks(context),
      ...uploadTasks(context),
      ...yearPlanTasks(context),
      ...checkTasks(context),
      ...eraseTasks(context, erasure),
    },
    // Every hour; 0:10, 2:20 and 2:40 in Vietnam
    schedule: {
      [uploadTask]: '25 * * * *',
      [lapseTask]: '10 17 * * *',
      [archiveTask]: '20 19 * * *',
      [checkTask]: '40 19 * * *',
    },
  };
}
