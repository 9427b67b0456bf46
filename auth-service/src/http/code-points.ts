/** The characters of a text as Unicode counts them, which is how lengths of names and passwords are meant. */
export const codePoints = (text: string): string[] => Array.from(text);
