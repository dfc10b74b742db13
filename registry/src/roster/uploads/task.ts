import type { ServiceContext } from '@edutrust/platform/context';
import type { TaskHandlers } from '@edutrust/platform/jobs';
import { removeEndedUploads } from './uploads.ts';

export const uploadTask = 'registry.end-roster-uploads';

export const uploadTasks = (context: ServiceContext): TaskHandlers => ({
  [uploadTask]: async () => {
    await removeEndedUploads(context);
  },
});
