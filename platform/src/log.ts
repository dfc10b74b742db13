/** What every part of the program logs through; made by `createLogger` (`@edutrust/platform/logging`). */
export type { Logger } from 'pino';
