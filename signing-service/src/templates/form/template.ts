import type { DrawnTemplate } from '../template.ts';
import { transcriptPlaces } from '../transcript/places.ts';
import { makeForm } from './drawing.ts';
import type { Form, FormData } from './form.ts';

/** The principal signs, the clerk seals. */
export function formTemplate(form: Form): DrawnTemplate<FormData, 'principal' | 'school-seal'> {
  return {
    kind: form.kind,
    fileStem: form.fileStem,
    order: [
      { role: 'principal', place: transcriptPlaces.principal },
      { role: 'school-seal', place: transcriptPlaces['school-seal'] },
    ],
    publicTitle: () => form.name.vi,
    titleOf: ({ number, year, values }) =>
      [form.name.vi, form.isAboutLearner ? values.fullName : values.about, `số ${number} năm ${year}`]
        .filter(Boolean)
        .join(', '),
    make: async (fields) => ({ document: await makeForm(fields) }),
  };
}
