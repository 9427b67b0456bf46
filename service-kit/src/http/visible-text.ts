import type { z } from 'zod';
import { WITH_JOINERS } from './joiners.ts';

export interface VisibleTextOptions {
  /** Whether line breaks and tabs are allowed. Default false. */
  multiline?: boolean;
}

/** No script needs more; they would reach into the lines above and below. */
const MOST_MARKS = 4;

const PICTOGRAPH = String.raw`\p{Extended_Pictographic}[\uFE0E\uFE0F\p{Emoji_Modifier}]?`;
/**
 * Emoji with their joiners and variation selectors (UTS #51, 1.4.9): keycaps, flags of regions, and pictographs, alone or
 * joined. It accepts more than today's emoji, because phones have new ones before this program is updated.
 */
const EMOJI = new RegExp(
  String.raw`[0-9#*]\uFE0F?\u20E3|\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{2,6}\u{E007F}|${PICTOGRAPH}(?:\u200D${PICTOGRAPH})*`,
  'gv',
);

/** Variants of ideographs (UTS #37) and of Mongolian letters. */
const VARIANTS = /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}](?<=\p{scx=Han}.)|[\u180B-\u180F](?<=\p{scx=Mong}.)/gv;
const JOINED_TWICE = /[\u200C\u200D]{2}/v;

/** Characters without a glyph: unassigned, private use, format, control, surrogates, line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/v;
const UNPRINTABLE_IN_LINES = /[[\p{C}\p{Zl}\p{Zp}]--[\t\n\r]]/v;
/** Invisible characters: default-ignorable, or drawn as a blank (braille, music, missing object). */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{1D159}]/v;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/v;
const INVISIBLE_THERE = 'must not have invisible characters';
/** Marks that are drawn over their base. Spacing marks (`Mc`) do not pile up. */
const PILED = new RegExp(String.raw`(?:[\p{Mn}\p{Me}]\p{Mc}*){${MOST_MARKS + 1}}`, 'v');
const BASELESS = /^\p{M}/v;

/**
 * Checks a text that people read. Joiners and variation selectors pass where they change what is seen: in emoji, after
 * ideographs and Mongolian letters, and in joined scripts ({@link WITH_JOINERS}).
 *
 * @returns the problem; undefined for a valid or an empty text
 */
export function visibleTextProblem(
  given: string,
  { multiline = false }: VisibleTextOptions = {},
): string | undefined {
  if (given === '') return undefined;
  if (!given.isWellFormed()) return 'must be well-formed Unicode, without half a surrogate pair';
  // A name is often stored composed, and must still pass then.
  const text = given.normalize('NFC');
  if (JOINED_TWICE.test(text)) return INVISIBLE_THERE;
  // Each emoji counts as one visible character.
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
 * A check for text that people read: `z.string().trim().min(1).max(64).check(visibleText())`. The schema limits the
 * length.
 */
export function visibleText(options: VisibleTextOptions = {}): z.core.CheckFn<string> {
  return (payload) => {
    // A text with an earlier problem, such as its length, is not checked: a long one would take too much time.
    if (payload.issues.length > 0) return;
    const message = visibleTextProblem(payload.value, options);
    if (message !== undefined) payload.issues.push({ code: 'custom', input: payload.value, message });
  };
}
