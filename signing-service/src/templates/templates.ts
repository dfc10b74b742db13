import { extractTemplate } from './extract/template.ts';
import { forms } from './form/kinds.ts';
import { formTemplate } from './form/template.ts';
import { parcelTemplate } from './parcel.ts';
import { schoolReportTemplate } from './school-report/template.ts';
import type { DocumentKind, Template } from './template.ts';
import { transcriptTemplate } from './transcript/template.ts';
import { uploadTemplate } from './upload.ts';

/** Every kind of document. */
const templates: Readonly<Record<DocumentKind, Template>> = {
  transcript: transcriptTemplate,
  'school-report': schoolReportTemplate,
  upload: uploadTemplate,
  extract: extractTemplate,
  parcel: parcelTemplate,
  'study-confirmation': formTemplate(forms['study-confirmation']),
  'graduation-certificate': formTemplate(forms['graduation-certificate']),
  decision: formTemplate(forms.decision),
  diploma: formTemplate(forms.diploma),
};

export function templateOf(kind: DocumentKind): Template {
  return templates[kind];
}
