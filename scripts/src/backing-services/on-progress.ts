/** Gets one line for each step of a long wait. */
export type OnProgress = (text: string) => void;
