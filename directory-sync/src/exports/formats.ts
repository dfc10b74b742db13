/** Of people: a table that Excel opens. Of OneRoster: a ZIP of the CSV binding, whole or what changed. */
export const exportFormats = ['csv', 'csv-plain', 'xlsx', 'oneroster', 'oneroster-delta'] as const;
export type ExportFormat = (typeof exportFormats)[number];
export const exportSchedules = ['daily', 'weekly', 'none'] as const;
export type ExportSchedule = (typeof exportSchedules)[number];
