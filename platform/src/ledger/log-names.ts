/**
 * `audit`: private entries, public tree heads. `signatures`: public hashes of certificates and signatures. `accesses`:
 * salted digests of who looked at whose record; the rows are the registry's and may be erased, the digests stay.
 */
export type LogName = 'audit' | 'signatures' | 'accesses';
export const logNames: readonly LogName[] = ['audit', 'signatures', 'accesses'];
