// Topic exchanges, by the context whose messages they carry.

export const REWARDS = 'laurel.rewards';
export const ACCOUNTS = 'laurel.accounts';
export const ACTIVITY = 'laurel.activity';
