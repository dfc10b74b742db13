import type { StepRole } from '../order.ts';
import type { DrawnTemplate } from '../template.ts';
import { transcriptTemplate } from '../transcript/template.ts';
import type { SchoolReportData } from './data.ts';
import { makeSchoolReport } from './school-report.ts';

/**
 * The school report of a school year (học bạ số) in two forms, PDF and XML, signed by the same people in the same acts: the teachers of the
 * subjects, whose names stand in their rows, then the order and the places of a transcript.
 */
export const schoolReportTemplate: DrawnTemplate<SchoolReportData, Exclude<StepRole, 'signer'>> = {
  kind: 'school-report',
  fileStem: 'hoc-ba-so',
  order: [{ role: 'subject-teacher', place: undefined }, ...transcriptTemplate.order],
  publicTitle: ({ schoolYear }) => `Học bạ số${schoolYear === null ? '' : ` năm học ${schoolYear}–${schoolYear + 1}`}`,
  titleOf: ({ pupil, className, schoolYear }) => `Học bạ số ${pupil.fullName}, lớp ${className}, năm học ${schoolYear}`,
  make: makeSchoolReport,
};
