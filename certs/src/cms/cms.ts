/**
 * The door of CMS and time-stamp tokens: the one reader, the one writer, the one judge of signature values and tokens.
 * It reaches no database, so that a thread that judges files of strangers may import it.
 */
export { cmsOids } from './oid.ts';
export { type CmsSignedData, readCms, SignerCountError } from './read.ts';
export { verifyTimeStampToken } from './time-stamp-token.ts';
export { checkContent, checkValue, findSigner } from './verify.ts';
export { assembleSignedData, attribute, buildSignedAttributes } from './write.ts';
