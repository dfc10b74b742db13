import type { JudgedFormat } from '../format.ts';
import { validateAsic } from './validate.ts';

/** Files with their signatures in one ZIP (ETSI EN 319 162-1): `.asice`, `.asics`, `.sce`, `.scs`. */
export const asic: JudgedFormat = {
  recognises: (file) => local.every((byte, index) => file[index] === byte),
  validate: validateAsic,
};

/** The first local header of a ZIP. */
const local = [0x50, 0x4b, 0x03, 0x04];
