/** The current time. A parameter, so that tests can move it. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
