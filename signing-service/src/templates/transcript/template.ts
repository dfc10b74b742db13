import type { StepRole } from '../order.ts';
import type { DrawnTemplate } from '../template.ts';
import type { TranscriptData } from './data.ts';
import { transcriptPlaces } from './places.ts';
import { makeTranscript } from './transcript.ts';

/** The transcript of a school year (học bạ): class teacher, principal, then the school's seal. */
export const transcriptTemplate: DrawnTemplate<TranscriptData, Exclude<StepRole, 'signer'>> = {
  kind: 'transcript',
  fileStem: 'hoc-ba',
  order: [
    { role: 'class-teacher', place: transcriptPlaces['class-teacher'] },
    { role: 'principal', place: transcriptPlaces.principal },
    { role: 'school-seal', place: transcriptPlaces['school-seal'] },
  ],
  publicTitle: ({ schoolYear }) =>
    `Bảng kết quả học tập (học bạ)${schoolYear === null ? '' : ` năm học ${schoolYear}–${schoolYear + 1}`}`,
  titleOf: ({ pupil, className, schoolYear }) => `Học bạ ${pupil.fullName}, lớp ${className}, năm học ${schoolYear}`,
  make: async (fields) => ({ document: await makeTranscript(fields) }),
};
