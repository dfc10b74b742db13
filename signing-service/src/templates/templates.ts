import type { DocumentKind, Template } from './template.ts';
import { transcriptTemplate } from './transcript/template.ts';

/** Every kind of document. */
const templates: Readonly<Record<DocumentKind, Template>> = { transcript: transcriptTemplate };

export function templateOf(kind: DocumentKind): Template {
  return templates[kind];
}
