/** Told what is being done, for whoever waits. */
export type OnProgress = (text: string) => void;
