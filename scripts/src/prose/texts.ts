/** A piece of text to be read by the prose check, and the line of its file where it begins. */
export interface Prose {
  line: number;
  text: string;
}
