export type { Alarm } from './alarm.ts';
export { findDiskAlarms, findJobAlarms, findLagAlarms, findProxyAlarms, freeBytes } from './ground.ts';
