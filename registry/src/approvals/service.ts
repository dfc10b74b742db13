import type { ServiceContext } from '@edutrust/platform/context';
import type { Service } from '@edutrust/platform/service';
import { expireApprovals, expireTask } from './close.ts';
import type { ApprovalPorts } from './kind.ts';
import { approvalRoutes } from './routes.ts';

/** Acts that take two people, over HTTP, with the kinds of every service and the passkeys of those who sign in. */
export function createApprovals(context: ServiceContext, ports: ApprovalPorts): Service {
  return {
    name: 'approvals',
    routes: () => approvalRoutes(context, ports),
    tasks: { [expireTask]: () => expireApprovals(context, ports) },
    schedule: { [expireTask]: '*/10 * * * *' },
  };
}
