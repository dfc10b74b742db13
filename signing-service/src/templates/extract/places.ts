/** Of the seal on the last page of an extract, in points from the lower left corner. */
export const extractSealPlace = { page: 'last', rect: [323, 96, 541, 152] } as const;
