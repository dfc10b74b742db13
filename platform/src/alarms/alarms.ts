export type { Alarm } from './alarm.ts';
export {
  findDiskAlarms,
  findJobAlarms,
  findLagAlarms,
  findMemoryAlarms,
  findProxyAlarms,
  freeBytes,
} from './ground.ts';
