import { extractTemplate } from './extract/template.ts';
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
};

export function templateOf(kind: DocumentKind): Template {
  return templates[kind];
}
