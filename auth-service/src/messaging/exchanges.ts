// Topic exchanges, by the context whose messages they carry.

export const ACCOUNTS = 'laurel.accounts';
export const REWARDS = 'laurel.rewards';
