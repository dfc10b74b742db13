import type { ServiceContext } from '@edutrust/platform/context';
import type { TaskHandlers } from '@edutrust/platform/jobs';
import { lapseTransfers } from './transfers.ts';

export const lapseTask = 'registry.lapse-transfers';

export const transferTasks = (context: ServiceContext): TaskHandlers => ({
  [lapseTask]: async () => {
    await lapseTransfers(context);
  },
});
