import type { ServiceContext } from '@edutrust/platform/context';
import type { Service } from '@edutrust/platform/service';
import { addAnchorRoutes } from './anchors/routes.ts';
import { renewResponders } from './authority/responders.ts';
import { addAuthorityRoutes } from './authority/routes.ts';
import type { CertsPages } from './pages.ts';
import { addRepositoryPage } from './revocation/page.ts';
import { refreshRevocationLists } from './revocation/revocation-list.ts';
import { addRepositoryRoutes } from './revocation/routes.ts';

export { migrations } from './migrations.ts';

const refreshTask = 'certs.refresh-revocation-lists';
const renewTask = 'certs.renew-services';

/** The certificate authority: its public repository, status and time-stamp services, and its administration. */
export function createCerts(context: ServiceContext, pages?: CertsPages): Service {
  return {
    name: 'certs',
    routes: (app) => {
      addRepositoryRoutes(app, context);
      addAuthorityRoutes(app, context);
      addAnchorRoutes(app, context);
      if (pages) addRepositoryPage(app, context, pages);
    },
    tasks: {
      [refreshTask]: () => refreshRevocationLists(context),
      [renewTask]: () => renewResponders(context),
    },
    schedule: { [refreshTask]: '*/10 * * * *', [renewTask]: '17 3 * * *' },
    start: () => refreshRevocationLists(context),
  };
}
