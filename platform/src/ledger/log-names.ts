/** `audit`: private entries, public tree heads. `signatures`: public hashes of certificates and signatures. */
export type LogName = 'audit' | 'signatures';
export const logNames: readonly LogName[] = ['audit', 'signatures'];
