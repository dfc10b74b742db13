import type { StepRole } from '../order.ts';
import type { DrawnTemplate } from '../template.ts';
import { transcriptTemplate } from '../transcript/template.ts';
import type { SchoolReportData } from './data.ts';
import { makeSchoolReport } from './school-report.ts';

/**
 * The school report of a school year (học bạ số) in two forms, PDF and XML: signed by the same people in the same acts, in the order and at the
 * places of a transcript.
 */
export const schoolReportTemplate: DrawnTemplate<SchoolReportData, Exclude<StepRole, 'signer'>> = {
  kind: 'school-report',
  fileStem: 'hoc-ba-so',
  order: transcriptTemplate.order,
  publicTitle: ({ schoolYear }) => `Học bạ số${schoolYear === null ? '' : ` năm học ${schoolYear}–${schoolYear + 1}`}`,
  titleOf: ({ pupil, className, schoolYear }) => `Học bạ số ${pupil.fullName}, lớp ${className}, năm học ${schoolYear}`,
  make: makeSchoolReport,
};
