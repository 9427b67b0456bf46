/** The current time. */
export type Clock = () => Date;

export const later = (at: Date, ms: number): Date => new Date(at.getTime() + ms);
