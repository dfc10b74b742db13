import type { JudgedFormat } from '../format.ts';
import { validateAsic } from './validate.ts';

/** Containers, as they are judged (ETSI EN 319 162-1): any ZIP, since it is for `validate` to say what is wrong with one. */
export const judgedAsic: JudgedFormat = {
  recognises: (file) => local.every((byte, index) => file[index] === byte),
  validate: validateAsic,
};

/** The first local header of a ZIP. */
const local = [0x50, 0x4b, 0x03, 0x04];
