/**
 * What a text is found by, whatever its case. There and back again, because some letters meet only in the other
 * case (ẞ, ß and SS), and normalised at each step, because changing case can leave characters decomposed (İ).
 */
export function foldCase(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase().normalize('NFKC');
  const upper = lower.toUpperCase().normalize('NFKC');
  return upper.toLowerCase().normalize('NFKC');
}
