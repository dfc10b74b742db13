/**
 * Where each visible signature goes at the foot of the last page: places that nothing else is drawn on, none over another.
 * In points from the lower left corner, as `prepareSignature` takes them.
 */
export const transcriptPlaces = {
  'class-teacher': { page: 'last', rect: [196, 122, 364, 178] },
  principal: { page: 'last', rect: [373, 122, 541, 178] },
  'school-seal': { page: 'last', rect: [196, 58, 541, 98] },
} as const;
