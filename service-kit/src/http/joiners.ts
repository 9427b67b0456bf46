/** Scripts in which a joiner between two letters changes their shape: joined scripts, and those of India and its region. */
const SCRIPTS = [
  'Arab Syrc Mand Nkoo Mong Phag Adlm Rohg',
  'Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Tibt Mymr Khmr Lana Bali Java Sund Cham Newa Tirh Gran Mtei Saur Cakm',
].flatMap((row) => row.split(' '));

/** Viramas (canonical combining class 9), also of further scripts. */
const VIRAMAS = [
  String.raw`\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D3B\u0D3C\u0D4D\u0DCA\u0F84\u1039\u103A\u17D2\u1A60`,
  String.raw`\u1B44\u1BAA\u1BAB\uA8C4\uA9C0\uAAF6\uABED\u{11133}\u{11134}\u{1134D}\u{11442}\u{114C2}`,
].join('');

/** Matches after a joiner between two letters of this script. */
function isBetween(script: string): string {
  const part = String.raw`[[\p{L}\p{M}]&&\p{scx=${script}}]`;
  return `(?<=${part}.)(?=${part})`;
}

/**
 * Joiners that change what is seen. Source: RFC 5892, appendix A (CONTEXTJ), which requires a virama or letters that join.
 * Here two letters of one such script are enough, because Persian and Bengali use joiners in more places.
 */
export const WITH_JOINERS = new RegExp(
  String.raw`[\u200C\u200D](?:${[`(?<=[${VIRAMAS}].)`, ...SCRIPTS.map(isBetween)].join('|')})`,
  'gv',
);
