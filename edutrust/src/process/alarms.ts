import { findAlarms as ofCertificates } from '@edutrust/certs/alarms';
import { findAlarms as ofSync } from '@edutrust/directory-sync/alarms';
import { findGlassAlarms } from '@edutrust/idp/break-glass';
import type { Alarm } from '@edutrust/platform/alarms';
import {
  findDiskAlarms,
  findJobAlarms,
  findLagAlarms,
  findMemoryAlarms,
  findProxyAlarms,
} from '@edutrust/platform/alarms';
import type { ServiceContext } from '@edutrust/platform/context';
import { findWitnessAlarms } from '@edutrust/platform/witness';
import { findAccessAlarms } from '@edutrust/registry/accesses';
import { findAlarms as ofSigning } from '@edutrust/signing-service/alarms';

/** What is looked at, as people call it. */
export const checkNames = {
  disk: { vi: 'dung lượng đĩa', en: 'disk' },
  memory: { vi: 'bộ nhớ của cơ sở dữ liệu', en: 'memory of the database' },
  proxy: { vi: 'proxy', en: 'proxy' },
  jobs: { vi: 'công việc nền và thư', en: 'jobs and mail' },
  events: { vi: 'sự kiện', en: 'events' },
  witness: { vi: 'nơi làm chứng', en: 'witness' },
  certificates: { vi: 'chứng thư', en: 'certificates' },
  signatures: { vi: 'chữ ký', en: 'signatures' },
  sync: { vi: 'đồng bộ', en: 'sync' },
  accesses: { vi: 'ai đã xem hồ sơ', en: 'who looked at records' },
  'break-glass': { vi: 'truy cập khẩn cấp', en: 'break-glass' },
} as const;
export type CheckName = keyof typeof checkNames;

/** Everything that is looked at, by the doctor, the metrics and a task that logs it; each by itself. */
const alarmChecks: Readonly<Record<CheckName, (context: ServiceContext) => Promise<Alarm[]>>> = {
  disk: findDiskAlarms,
  memory: findMemoryAlarms,
  proxy: findProxyAlarms,
  jobs: findJobAlarms,
  events: findLagAlarms,
  witness: findWitnessAlarms,
  certificates: ofCertificates,
  signatures: ofSigning,
  sync: ofSync,
  accesses: findAccessAlarms,
  'break-glass': findGlassAlarms,
};

/** Each check with its name. */
export const namedChecks = (Object.keys(checkNames) as CheckName[]) // the keys of the literal above
  .map((name) => [name, alarmChecks[name]] as const);

/** What every check finds; one that fails says so, and the others go on. */
export async function findAllAlarms(context: ServiceContext): Promise<Alarm[]> {
  const found = await Promise.all(
    namedChecks.map(([name, find]) =>
      find(context).catch((error: unknown): Alarm[] => {
        context.log.error({ err: error, check: name }, 'a check failed');
        return [
          {
            code: 'check-failed',
            about: name,
            sentence: {
              vi: `Không kiểm tra được: ${checkNames[name].vi}.`,
              en: `Could not be checked: ${checkNames[name].en}.`,
            },
          },
        ];
      }),
    ),
  );
  return found.flat();
}

/** Says in the log what nobody may be looking at. */
export async function raiseAlarms(context: ServiceContext): Promise<void> {
  for (const { code, about, isWarning, sentence } of await findAllAlarms(context)) {
    if (isWarning) context.log.warn({ alarm: code, about }, sentence.en);
    else context.log.error({ alarm: code, about }, sentence.en);
  }
}
