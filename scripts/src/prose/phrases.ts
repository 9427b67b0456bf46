/** Words that make a text hard to read here, and what to write in their place. */
export interface Phrase {
  rule: string;
  pattern: RegExp;
  instead: string;
}

/** Sentence patterns that a reader has to read twice. */
const riddles: Phrase[] = [
  { rule: 'who', pattern: /\bwhom?ever\b/giu, instead: 'name the actor: "a player who …", "the caller"' },
  { rule: 'whatever', pattern: /\bwhatever\b/giu, instead: '"any …", "even if …", or name the thing' },
  { rule: 'whichever', pattern: /\bwhichever\b/giu, instead: '"the one that …", or "no matter which …"' },
  { rule: 'none', pattern: /(?<!\bthere )\b(?:is|are) none\b/giu, instead: '"is not a …", "there is no …"' },
  { rule: 'of-which', pattern: /\bof which\b/giu, instead: 'a second sentence, or "whose"' },
  {
    rule: 'where-for-if',
    pattern: /\bwhere there (?:is|are) (?:none|no|not)\b/giu,
    instead: '"if there is no …"',
  },
  { rule: 'but-for', pattern: /\bbut for\b/giu, instead: '"except"' },
  { rule: 'but-for', pattern: /\b(?:nothing|none) but\b/giu, instead: '"only"' },
  { rule: 'place-of', pattern: /\bin (?:the|its|their) place of\b/giu, instead: '"instead of"' },
  { rule: 'be-it', pattern: /\bbe it\b/giu, instead: '"whether …"' },
  { rule: 'as-can-be', pattern: /\bas can be\b/giu, instead: 'say how much' },
  {
    rule: 'archaic',
    pattern: /\b(?:lest|thereof|therein|whereof|wherein|hitherto|amid)\b/giu,
    instead: 'a common word',
  },
  {
    rule: 'somebody',
    pattern: /\bsomebody(?: else)?\b/giu,
    instead: 'name the actor: "a player", "an operator", "a client"',
  },
];

/** Home-made words for things that have a name; `docs/glossary.md` lists the names. */
const oldWords: Phrase[] = [
  { rule: 'old-word', pattern: /\b(?:take|takes|taken|taking|took) apart\b/giu, instead: '"bisect"' },
  { rule: 'old-word', pattern: /\blanes?\b/giu, instead: '"channel consumer"' },
  { rule: 'old-word', pattern: /\bbooks\b/giu, instead: '"snapshot"' },
  { rule: 'old-word', pattern: /\bscenes?\b/giu, instead: '"context"' },
  { rule: 'old-word', pattern: /\baim(?:s|ed|ing)?\b/giu, instead: '"resolve", or "target"' },
  {
    rule: 'old-word',
    pattern: /\b(?:rests|rested|resting)\b|\brest (?:after|between|ratio)\b/giu,
    instead: '"pause", or "depends on"',
  },
  { rule: 'old-word', pattern: /\bstretch(?:es)?\b/giu, instead: '"range"' },
  { rule: 'old-word', pattern: /\bculprits?\b/giu, instead: '"the item that fails"' },
  {
    rule: 'old-word',
    pattern: /\b(?:shares?|parts?|slots?) of (?:a|the|its|one) (?:stock|counter)\b/giu,
    instead: '"shard"',
  },
  { rule: 'old-word', pattern: /\b(?:in|at) hand\b/giu, instead: '"in progress", "unacknowledged"' },
  { rule: 'old-word', pattern: /\b(?:ask|asks|asked|asking) back\b/giu, instead: '"revoke"' },
  { rule: 'old-word', pattern: /\b(?:tell|tells|told) of\b/giu, instead: '"log", "report", "describe"' },
  { rule: 'old-word', pattern: /\bheard of\b/giu, instead: '"known", "received"' },
  { rule: 'old-word', pattern: /\b(?:go|goes|went) by\b/giu, instead: '"uses", "follows"' },
  {
    rule: 'old-word',
    pattern: /\b(?:is|are|was|were|be|stays) away\b/giu,
    instead: '"unavailable", "down"',
  },
];

export const phrases: readonly Phrase[] = [...riddles, ...oldWords];
