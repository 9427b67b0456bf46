import { CheckIn } from '../../client/messages.ts';
import { type LoadContext, untilKnown } from './attempts.ts';

export async function checkIn(
  { eventId, accountId, token }: { eventId: string; accountId: string; token: string },
  context: LoadContext,
): Promise<void> {
  const { journal } = context;
  const record = journal.checkIn(eventId, accountId);
  const request = { method: 'POST', path: `/v1/events/${eventId}/check-in`, token } as const;
  const answer = await untilKnown(
    'check-in',
    () => request,
    context,
    () => (record.unknown += 1),
  );
  if (!answer) return;
  if (answer.status === 200) {
    const { day, counted } = CheckIn.parse(answer.body);
    record.days.add(day);
    if (counted) record.counted.set(day, (record.counted.get(day) ?? 0) + 1);
    journal.succeeded('check-in');
  } else if (answer.code !== 'account_banned') {
    journal.surprise(`a check-in was answered with ${answer.status} ${answer.code ?? ''}`, {
      eventId,
      accountId,
      body: answer.body,
    });
  }
}
