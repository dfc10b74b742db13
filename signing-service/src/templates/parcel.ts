import type { Template } from './template.ts';

/** School reports of a class in one container, which the clerk seals: who signed the reports signed what is in it. */
export const parcelTemplate = {
  kind: 'parcel',
  fileStem: 'goi-hoc-ba-so',
  order: [{ role: 'school-seal', place: undefined }],
  publicTitle: () => 'Gói học bạ số',
} as const satisfies Template;
