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

/** Everything that is looked at, by the doctor, the metrics and a task that logs it; each by itself. */
export const alarmChecks: Readonly<Record<string, (context: ServiceContext) => Promise<Alarm[]>>> = {
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

/** What every check finds; one that fails says so, and the others go on. */
export async function findAllAlarms(context: ServiceContext): Promise<Alarm[]> {
  const found = await Promise.all(
    Object.entries(alarmChecks).map(([name, find]) =>
      find(context).catch((error: unknown): Alarm[] => {
        context.log.error({ err: error, check: name }, 'a check failed');
        return [
          {
            code: 'check-failed',
            about: name,
            sentence: { vi: `Không kiểm tra được: ${name}.`, en: `Could not be checked: ${name}.` },
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
