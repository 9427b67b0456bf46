/**
 * Folds case, so that a search finds a text in any case. It folds there and back again, because some letters meet only
 * in the other case (ẞ, ß and SS), and normalises at each step, because changing case can leave characters decomposed
 * (İ).
 */
export function foldCase(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase().normalize('NFKC');
  const upper = lower.toUpperCase().normalize('NFKC');
  return upper.toLowerCase().normalize('NFKC');
}
