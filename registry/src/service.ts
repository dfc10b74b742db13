import type { ServiceContext } from '@edutrust/platform/context';
import { addRoutes } from '@edutrust/platform/route';
import type { Service } from '@edutrust/platform/service';
import { addAuditRoutes } from './audit/routes.ts';

import { classRoutes } from './classes/routes.ts';
import { addGuardianRoutes } from './guardians/routes.ts';

import { addHomeRoutes } from './home/routes.ts';

import { addMailRoutes } from './mail/routes.ts';
import { noticeTasks } from './notices/notices.ts';
import { addNoticeRoutes } from './notices/routes.ts';
import { organisationChangeRoutes } from './organisations/change.ts';
import { organisationRoutes } from './organisations/routes.ts';
import { peopleRoutes } from './people/routes.ts';
import { roleRoutes } from './permissions/routes.ts';
import { addRosterRoutes } from './roster/routes.ts';

export { registryKinds } from './kinds.ts';
export { migrations } from './migrations.ts';

/** People, organisations, rosters, roles and the audit explorer over HTTP. */
export function createRegistry(context: ServiceContext): Service {
  return {
    name: 'registry',
    routes: (app) => {
      addHomeRoutes(app, context);
      addRoutes(app, peopleRoutes(context));
      addGuardianRoutes(app, context);
      addRoutes(app, organisationRoutes(context));
      addRoutes(app, organisationChangeRoutes(context));
      addRoutes(app, classRoutes(context));
      addRoutes(app, roleRoutes(context));
      addRosterRoutes(app, context);
      addAuditRoutes(app, context);
      addMailRoutes(app, context);
      addNoticeRoutes(app, context);
    },
    tasks: noticeTasks(context),
  };
}
