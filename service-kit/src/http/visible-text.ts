import type { z } from 'zod';
import { WITH_JOINERS } from './joiners.ts';

export interface VisibleTextOptions {
  /** Whether it may have several lines, and tabs. Default: one line. */
  multiline?: boolean;
}

/** More are no script's, and reach into the lines above and below. */
const MOST_MARKS = 4;

const PICTOGRAPH = String.raw`\p{Extended_Pictographic}[\uFE0E\uFE0F\p{Emoji_Modifier}]?`;
/**
 * Emoji with what joins and varies them (UTS #51, 1.4.9): keycaps, flags of regions within a country, and pictographs, joined
 * or alone. It is wider than what is in general use, since phones know new emoji before this program does.
 */
const EMOJI = new RegExp(
  String.raw`[0-9#*]\uFE0F?\u20E3|\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{2,6}\u{E007F}|${PICTOGRAPH}(?:\u200D${PICTOGRAPH})*`,
  'gv',
);

/** Variants of ideographs (UTS #37), and of Mongolian letters. */
const VARIANTS = /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}](?<=\p{scx=Han}.)|[\u180B-\u180F](?<=\p{scx=Mong}.)/gv;
const JOINED_TWICE = /[\u200C\u200D]{2}/v;

/** Without its own picture: unassigned, for private use, formats, controls, surrogates, and separators of lines. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/v;
const UNPRINTABLE_IN_LINES = /[[\p{C}\p{Zl}\p{Zp}]--[\t\n\r]]/v;
/** Nothing is to be seen of these: ignored by rule, or drawn as a blank (braille, music, an object that is not there). */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{1D159}]/v;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/v;
const INVISIBLE_THERE = 'must not have invisible characters';
/** Marks that are drawn over their base; those that take a place of their own (`Mc`) cannot be piled up. */
const PILED = new RegExp(String.raw`(?:[\p{Mn}\p{Me}]\p{Mc}*){${MOST_MARKS + 1}}`, 'v');
const BASELESS = /^\p{M}/v;

/**
 * What is wrong with a text that people read; undefined where nothing is. One that is empty is fine here.
 *
 * Joiners and variation selectors pass where they change what is seen: in emoji, after ideographs and Mongolian
 * letters, and in scripts that are joined ({@link WITH_JOINERS}).
 */
export function visibleTextProblem(
  given: string,
  { multiline = false }: VisibleTextOptions = {},
): string | undefined {
  if (given === '') return undefined;
  if (!given.isWellFormed()) return 'must be well-formed Unicode, without half a surrogate pair';
  // A name is often stored composed: what passes now must pass then.
  const text = given.normalize('NFC');
  if (JOINED_TWICE.test(text)) return INVISIBLE_THERE;
  // An emoji is one visible character.
  const plain = text.replaceAll(EMOJI, '\u263A').replaceAll(VARIANTS, '').replaceAll(WITH_JOINERS, '');
  if ((multiline ? UNPRINTABLE_IN_LINES : UNPRINTABLE).test(plain)) {
    return multiline ? 'must have printable characters only' : 'must be one line of printable characters';
  }
  if (INVISIBLE.test(plain)) return INVISIBLE_THERE;
  if (!VISIBLE.test(plain)) return 'must have a visible character';
  if (BASELESS.test(plain)) return 'must not begin with a combining mark';
  if (PILED.test(plain)) return `must have at most ${MOST_MARKS} combining marks on a character`;
  return undefined;
}

/**
 * Text that people read, as a check of a schema: `z.string().trim().min(1).max(64).check(visibleText())`. Lengths are the
 * schema's own.
 */
export function visibleText(options: VisibleTextOptions = {}): z.core.CheckFn<string> {
  return (payload) => {
    // What is wrong already, its length perhaps, is enough: nobody's text may keep the process busy.
    if (payload.issues.length > 0) return;
    const message = visibleTextProblem(payload.value, options);
    if (message !== undefined) payload.issues.push({ code: 'custom', input: payload.value, message });
  };
}
