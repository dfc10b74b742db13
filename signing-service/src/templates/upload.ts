import type { Template } from './template.ts';

/** A file that somebody sent: what stands in it nobody here knows, so nobody but its signers learns its title. */
export const uploadTemplate: Template = {
  kind: 'upload',
  fileStem: 'van-ban',
  order: 'chosen',
  publicTitle: () => 'Văn bản được ký số',
};
