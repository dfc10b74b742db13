import Type from 'typebox';

/** What a document is signed in. */
export const FormatName = Type.Enum(['PAdES', 'ASiC-E', 'XAdES']);
